"""Slot search reads other calendars once, and always sees them as they are stored."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling import store
from services.scheduling.app import others
from services.scheduling.app.others import Others
from services.scheduling.domain import calendars
from services.scheduling.domain.calendars import Busy, Calendar
from tests.fakes import Aggregates
from tests.scheduling.factories import MENTEE, MENTOR, MINUTE, NOON, ORG

HOUR = 60 * MINUTE
BUSY = Busy(NOON, NOON + HOUR)
ELSEWHERE = "globex"


class Counting(Aggregates[Calendar]):
    """Notes which calendars are read in full."""

    def __init__(self) -> None:
        super().__init__(store.CALENDARS, FixedClock(NOON))
        self.read: list[str] = []

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[Calendar]]:
        self.read += ids
        return await super().get_many(tenant, ids)

    async def add(self, person: str, key: str, *busy: Busy, tenant: str = ORG) -> None:
        new = Calendar(person, "work", busy, NOON + HOUR, NOON + HOUR)
        await self.create(Ref(tenant, key), *calendars.imported(None, new), Cause(f"{tenant}-{key}"))


@pytest.fixture
def kept() -> Counting:
    return Counting()


@pytest.fixture
def known(kept: Counting) -> Others:
    return Others(kept)


async def test_a_calendar_that_did_not_change_is_read_once(kept: Counting, known: Others) -> None:
    await kept.add(MENTOR, "one", BUSY)
    await kept.add(MENTEE, "two")
    first = await known.of(ORG, [MENTOR, MENTEE])
    assert await known.of(ORG, [MENTOR, MENTEE]) == first
    assert [(one.person, one.busy) for one in first] == [(MENTOR, (BUSY,)), (MENTEE, ())]
    assert sorted(kept.read) == ["one", "two"]


async def test_what_changed_is_seen_at_once(kept: Counting, known: Others) -> None:
    await kept.add(MENTOR, "one", BUSY)
    await known.of(ORG, [MENTOR])
    later = replace(BUSY, end=BUSY.end + HOUR)
    new = Calendar(MENTOR, "work", (later,), NOON + HOUR, NOON + HOUR)
    await kept.change(Ref(ORG, "one"), lambda one: calendars.imported(one, new), Cause("again"))
    assert [one.busy for one in await known.of(ORG, [MENTOR])] == [(later,)]
    await kept.change(Ref(ORG, "one"), calendars.remove, Cause("gone"))
    assert await known.of(ORG, [MENTOR]) == []


async def test_calendars_of_one_name_in_two_organizations_are_not_mixed_up(
    kept: Counting, known: Others
) -> None:
    await kept.add(MENTOR, "one", BUSY)
    await kept.add(MENTOR, "one", tenant=ELSEWHERE)
    assert [one.busy for one in await known.of(ORG, [MENTOR])] == [(BUSY,)]
    assert [one.busy for one in await known.of(ELSEWHERE, [MENTOR])] == [()]


async def test_a_name_and_an_address_are_not_remembered(kept: Counting, known: Others) -> None:
    await kept.add(MENTOR, "one", BUSY)
    [calendar] = await known.of(ORG, [MENTOR])
    assert (calendar.name, calendar.feed) == ("", None)


async def test_of_very_many_times_those_asked_for_last_are_remembered(
    kept: Counting, known: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "MOST_TIMES", 3)
    await kept.add(MENTOR, "one", BUSY)
    await kept.add(MENTEE, "two", BUSY)
    for person in (MENTOR, MENTEE, MENTEE, MENTOR):
        assert [one.busy for one in await known.of(ORG, [person])] == [(BUSY,)]
    assert kept.read == ["one", "two", "one"]
