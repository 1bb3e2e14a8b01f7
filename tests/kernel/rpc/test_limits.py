import pytest

from services.kernel.errors import Exhausted
from services.kernel.rpc.limits import BURST, PER_SECOND, Strikes
from tests.kernel.conftest import Seconds

PEER = "ipv4:10.0.0.1:4711"


@pytest.fixture
def strikes(seconds: Seconds) -> Strikes:
    made = Strikes(seconds)
    for _ in range(int(BURST)):
        made.check(PEER)
        made.add(PEER)
    return made


def test_after_a_burst_the_address_waits_from_whatever_port(strikes: Strikes) -> None:
    with pytest.raises(Exhausted):
        strikes.check("ipv4:10.0.0.1:4712")


def test_other_addresses_are_not_held_up(strikes: Strikes) -> None:
    strikes.check("ipv4:10.0.0.2:4711")
    strikes.check("ipv6:[::1]:4711")


def test_strikes_are_forgiven_with_time(strikes: Strikes, seconds: Seconds) -> None:
    seconds.now += 1.02
    for _ in range(int(PER_SECOND) + 1):
        strikes.check(PEER)
        strikes.add(PEER)
    with pytest.raises(Exhausted):
        strikes.check(PEER)


def test_a_flood_of_addresses_takes_bounded_memory(strikes: Strikes) -> None:
    for number in range(11_000):
        strikes.add(f"ipv4:10.1.{number // 250}.{number % 250}:1")
    assert len(strikes._hosts) == 10_000
