"""Which addresses are of the internet, in whatever disguise, and that names are looked at each time."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from services.kernel.egress import PublicOnly, is_public, refusal


class Names(AbstractResolver):
    """Every name means the first addresses, the next time the next ones."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self._answers.pop(0)
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "::10.0.0.1",
    "fec0::1",
    "64:ff9b:1::1",
    "192.88.99.1",
    "240.0.0.1",
    "2001::1",
    "no address",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_this_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="127.0.0.0/8"))
def test_no_disguise_makes_an_inner_address_public(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]  # an IPv4Address
    high, low = number >> 16, number & 0xFFFF
    disguises = (
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{high:x}:{low:x}",
        f"64:ff9b:1::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
    )
    assert not any(is_public(one) for one in disguises)


async def test_a_name_that_changes_its_meaning_is_looked_at_each_time() -> None:
    """What was public a moment ago says nothing: each request resolves once and connects to what it saw."""
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    guarded = PublicOnly(names)
    assert [one["host"] for one in await guarded.resolve("hooks.example", 443)] == ["8.8.8.8"]
    with pytest.raises(OSError, match=r"hooks\.example"):
        await guarded.resolve("hooks.example", 443)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://hooks.example/", None),
        ("https://8.8.8.8/", None),
        ("http://hooks.example/", "URL_REFUSED"),
        ("file:///etc/passwd", "URL_REFUSED"),
        ("https://127.0.0.1/", "ADDRESS_NOT_PUBLIC"),
        ("https://[::ffff:10.0.0.1]/", "ADDRESS_NOT_PUBLIC"),
    ],
)
def test_only_https_to_names_and_public_addresses_is_asked(url: str, reason: str | None) -> None:
    assert refusal(URL(url)) == reason
