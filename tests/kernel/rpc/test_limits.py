import pickle
from contextlib import suppress

import pytest

from services.kernel.allowances import LimitSettings
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted
from services.kernel.rates import Rate
from services.kernel.rpc.limits import Strikes, Throttle
from tests.kernel.conftest import Seconds

ADDRESS = "10.0.0.1"
SETTINGS = LimitSettings(
    rate_address=Rate(20, 100), rate_caller=Rate(1, 3), rate_tenant=Rate(1, 4), rate_service=Rate(1, 10)
)


@pytest.fixture
def strikes(seconds: Seconds) -> Strikes:
    made = Strikes(SETTINGS, seconds)
    for _ in range(100):
        made.check(ADDRESS)
        made.add(ADDRESS)
    return made


@pytest.fixture
def throttle(seconds: Seconds) -> Throttle:
    return Throttle(SETTINGS, seconds)


def person(subject: str, org: str = "acme") -> Caller:
    return Caller(org, subject, frozenset({"mentee"}))


def test_after_a_burst_the_address_waits_and_others_do_not(strikes: Strikes) -> None:
    with pytest.raises(Exhausted) as refused:
        strikes.check(ADDRESS)
    assert refused.value.retry_after == pytest.approx(0.05)
    strikes.check("10.0.0.2")


def test_strikes_are_forgiven_with_time(strikes: Strikes, seconds: Seconds) -> None:
    seconds.now += 1.02
    for _ in range(20):
        strikes.check(ADDRESS)
        strikes.add(ADDRESS)
    with pytest.raises(Exhausted):
        strikes.check(ADDRESS)


def test_a_caller_who_is_too_fast_is_told_when_to_come_back(throttle: Throttle, seconds: Seconds) -> None:
    for _ in range(3):
        throttle.admit(person("ada"))
    with pytest.raises(Exhausted) as refused:
        throttle.admit(person("ada"))
    assert refused.value.reason == "CALLER_RATE_EXCEEDED"
    assert refused.value.retry_after == pytest.approx(1)
    seconds.now += 1
    throttle.admit(person("ada"))


def test_people_of_one_organization_share_its_rate_and_others_have_their_own(throttle: Throttle) -> None:
    for name in ("ada", "bob", "cy", "dee"):
        throttle.admit(person(name))
    with pytest.raises(Exhausted) as refused:
        throttle.admit(person("eve"))
    assert refused.value.reason == "TENANT_RATE_EXCEEDED"
    throttle.admit(person("ada", "globex"))


def test_the_inside_of_the_platform_goes_on_when_its_people_are_held_up(throttle: Throttle) -> None:
    for name in ("ada", "bob", "cy", "dee"):
        throttle.admit(person(name))
    service = Caller("acme", "matching", frozenset({"service"}))
    for _ in range(10):
        throttle.admit(service)
    with pytest.raises(Exhausted) as refused:
        throttle.admit(service)
    assert refused.value.reason == "SERVICE_RATE_EXCEEDED"


def test_when_to_come_back_crosses_process_borders() -> None:
    copied = pickle.loads(pickle.dumps(Exhausted("TOO_MANY", "too many").after(7.5)))
    assert (copied.reason, copied.message, copied.retry_after) == ("TOO_MANY", "too many", 7.5)


def test_replicas_that_share_the_rates_let_through_together_what_one_would(seconds: Seconds) -> None:
    shared = SETTINGS.model_copy(
        update={"rate_caller": Rate(1, 8), "rate_tenant": Rate(1, 400), "rate_shares": 4}
    )
    replicas = [Throttle(shared, seconds) for _ in range(4)]
    through = 0
    for replica in replicas:
        with suppress(Exhausted):
            for _ in range(100):
                replica.admit(person("ada"))
                through += 1
    assert through == 8
