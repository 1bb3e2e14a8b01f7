from collections.abc import Mapping

import pytest
from pymongo.errors import AutoReconnect

from services.kernel.allowances import LimitSettings, allowances
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted, Refused
from services.kernel.mongo.usage import Use
from services.kernel.rpc.quotas import Allowances, Meter
from tests import fakes

SETTINGS = LimitSettings(
    daily_calls_caller=3, daily_calls_tenant=5, daily_calls_service=2, daily_quotas=allowances("kudos=2:3")
)
ADA = Caller("acme", "ada", frozenset({"mentee"}))
BOB = Caller("acme", "bob", frozenset({"mentee"}))
CY = Caller("globex", "ada", frozenset({"mentee"}))
SERVICE = Caller("acme", "matching", frozenset({"service"}))


class Away(fakes.Usage):
    """A database that is away until told otherwise."""

    away = True

    async def add(self, day: str, counts: Mapping[Use, int]) -> Mapping[Use, int]:
        if self.away:
            raise AutoReconnect("gone")
        return await super().add(day, counts)


def spent(meter: Meter, caller: Caller) -> str:
    try:
        meter.count(caller)
    except Exhausted as refused:
        return f"{refused.reason} {refused.metadata['scope']}"
    return ""


def test_callers_and_organizations_have_so_many_calls_a_day() -> None:
    meter = Meter(fakes.Usage(), SETTINGS)
    assert [spent(meter, ADA) for _ in range(4)] == ["", "", "", "DAILY_CALLS_EXCEEDED caller"]
    assert [spent(meter, BOB) for _ in range(3)] == ["", "", "DAILY_CALLS_EXCEEDED organization"]
    assert [spent(meter, CY) for _ in range(3)] == ["", "", ""]
    assert [spent(meter, SERVICE) for _ in range(3)] == ["", "", "DAILY_CALLS_EXCEEDED service"]


async def test_processes_learn_of_each_others_calls_and_a_new_one_of_all() -> None:
    usage = fakes.Usage()
    first, second = Meter(usage, SETTINGS), Meter(usage, SETTINGS)
    for meter in (first, second, second):
        meter.count(ADA)
        await meter.flush()
    assert [spent(second, ADA)] == ["DAILY_CALLS_EXCEEDED caller"]
    started = Meter(usage, SETTINGS)
    started.count(BOB)
    await started.flush()
    assert spent(started, BOB) == ""
    assert spent(started, BOB) == "DAILY_CALLS_EXCEEDED organization"


async def test_what_could_not_be_told_is_told_later_and_counts_meanwhile() -> None:
    usage = Away()
    meter = Meter(usage, SETTINGS)
    for _ in range(3):
        meter.count(ADA)
        await meter.flush()
    assert spent(meter, ADA) == "DAILY_CALLS_EXCEEDED caller"
    usage.away = False
    await meter.flush()
    await meter.flush()
    assert usage.counts[Use("acme", "calls/ada")] == 3
    assert spent(meter, ADA) == "DAILY_CALLS_EXCEEDED caller"


def test_a_day_ends_at_midnight() -> None:
    meter = Meter(fakes.Usage(), SETTINGS)
    for _ in range(3):
        meter.count(ADA)
    with pytest.raises(Exhausted) as refused:
        meter.count(ADA)
    assert 0 < refused.value.retry_after <= 86_400


async def test_each_kind_has_its_own_number_for_callers_and_organization() -> None:
    given = Allowances(fakes.Usage(), SETTINGS)

    async def once(caller: Caller, kind: str = "kudos") -> str:
        try:
            async with given.taken(kind, caller):
                return ""
        except Exhausted as refused:
            return f"{refused.metadata['quota']} {refused.metadata['scope']}"

    assert [await once(ADA) for _ in range(3)] == ["", "", "kudos caller"]
    assert [await once(BOB) for _ in range(2)] == ["", "kudos organization"]
    assert [await once(SERVICE), await once(ADA, "reports"), await once(CY)] == ["kudos organization", "", ""]


async def test_what_was_refused_is_given_back_and_what_broke_is_not() -> None:
    usage = fakes.Usage()
    given = Allowances(usage, SETTINGS)
    with pytest.raises(Refused):
        async with given.taken("kudos", ADA):
            raise Refused("NO", "no")
    assert usage.counts[Use("acme", "kudos/ada")] == 0
    with pytest.raises(OSError, match="gone"):
        async with given.taken("kudos", ADA):
            raise OSError("gone")
    assert usage.counts[Use("acme", "kudos/ada")] == usage.counts[Use("acme", "kudos/")] == 1
