import pytest

from services.kernel.allowances import networks
from services.kernel.rpc import peers

PROXIES = networks("10.0.0.0/8,::1/128")


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:4711", "192.0.2.7"),
        ("ipv6:[2001:db8::7]:4711", "2001:db8::7"),
        ("ipv6:%5B2001:db8::7%5D:4711", "2001:db8::7"),
        ("ipv6:%5Bfe80::1%25eth0%5D:4711", "fe80::1"),
        ("unix:/run/socket", "unix"),
        ("", ""),
    ],
)
def test_the_address_is_that_of_the_connection(peer: str, address: str) -> None:
    assert peers.address(peer, {}) == address


def test_a_caller_who_is_no_proxy_cannot_say_where_it_comes_from() -> None:
    told = {"x-forwarded-for": "203.0.113.9"}
    assert peers.address("ipv4:192.0.2.7:1", told) == "192.0.2.7"
    assert peers.address("ipv4:192.0.2.7:1", told, PROXIES) == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("made up, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("10.9.9.9, 10.1.1.1", "10.9.9.9"),
        ("", "10.0.0.1"),
        ("203.0.113.9, nonsense", "10.0.0.1"),
        ("203.0.113.9, 10.1.1.1, nonsense\n", "10.0.0.1"),
    ],
)
def test_behind_proxies_the_last_hop_that_is_none_counts(forwarded: str, address: str) -> None:
    assert peers.address("ipv4:10.0.0.1:1", {"x-forwarded-for": forwarded}, PROXIES) == address
