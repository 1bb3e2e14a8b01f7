"""Timers of aggregates: fired once, at the platform's time, and never in each other's way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.due import POSTPONED, Due, StuckTimer, fired
from services.kernel.mongo import Aggregates, Cause, Database, Kind, Ref
from services.kernel.mongo.documents import Documents
from tests.kernel.tally import NOON, TALLIES, Added, Mood, Opened, Tally, add

LATER = NOON + timedelta(hours=1)
HERE = Ref("acme", "one")

pytestmark = pytest.mark.servers


@pytest.fixture
def due(database: Database, stored_tallies: Aggregates[Tally], clock: FixedClock) -> Due:
    return Due(database, [stored_tallies], clock)


async def opened(tallies: Aggregates[Tally], key: str, state: Tally) -> None:
    await tallies.create(Ref("acme", key), state, [Opened()], Cause(key))


async def state_of(tallies: Aggregates[Tally], key: str = "one") -> Tally:
    return (await tallies.get(Ref("acme", key))).state


async def test_a_timer_fires_when_its_time_has_come_and_only_once(
    due: Due, stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    await opened(stored_tallies, "one", Tally("ann", wake=LATER))
    assert await due.fire(stored_tallies) == 0
    clock.advance(timedelta(hours=1))
    assert await due.fire(stored_tallies) == 1
    assert await due.fire(stored_tallies) == 0
    stored = await stored_tallies.get(HERE)
    assert (stored.state.total, stored.state.wake, stored.version) == (1, None, 2)
    assert stored.update_time == clock.now()


async def test_a_timer_may_set_the_next(
    due: Due, stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    await opened(stored_tallies, "one", Tally("ann", mood=Mood.LOUD, wake=NOON))
    for _ in range(3):
        assert await due.fire(stored_tallies) == 1
        clock.advance(timedelta(days=1))
    assert (await state_of(stored_tallies)).total == 3


async def test_changing_the_timer_moves_it(
    due: Due, stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    await opened(stored_tallies, "one", Tally("ann", wake=NOON))
    await stored_tallies.change(HERE, lambda old: (replace(old, wake=LATER), [Added(0)]), Cause("c"))
    assert await due.fire(stored_tallies) == 0
    await stored_tallies.change(HERE, lambda old: (replace(old, wake=None), [Added(0)]), Cause("d"))
    clock.advance(timedelta(days=9))
    assert await due.fire(stored_tallies) == 0


async def test_loops_that_race_fire_each_timer_once(
    database: Database, stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    """The lease spares work; without it the version guard alone still holds."""
    for number in range(60):
        await opened(stored_tallies, str(number), Tally("ann", wake=NOON))
    loops = [Due(database, [stored_tallies], clock) for _ in range(4)]
    await asyncio.gather(
        *(loop.fire(stored_tallies) for loop in loops),
        *(stored_tallies.change(Ref("acme", str(number)), add(10), Cause("c")) for number in range(20)),
    )
    await loops[0].fire(stored_tallies)
    totals = [(await state_of(stored_tallies, str(number))).total for number in range(60)]
    assert totals == [11] * 20 + [1] * 40


async def test_it_runs_by_itself_until_told_to_stop(
    database: Database, stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    await opened(stored_tallies, "one", Tally("ann", wake=NOON))
    database.news.bell.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(Due(database, [stored_tallies], clock, interval=0.01).run(stop))
    await asyncio.wait_for(database.news.bell.wait(), 10)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert (await state_of(stored_tallies)).total == 1
    assert await database.lease("due", 30).acquire()  # it let go


def broken(state: Tally, now: datetime) -> tuple[Tally, Sequence[Any]]:
    if state.owner == "broken":
        raise KeyError("a defect")
    if state.owner == "stuck":
        return state, []
    if state.owner == "greedy":
        return replace(state, slots=("taken",), wake=None), [Added(0)]
    return replace(state, total=1, wake=None), [Added(1)]


async def test_a_timer_that_fails_waits_and_keeps_no_other_from_firing(
    database: Database, clock: FixedClock
) -> None:
    kind: Kind[Tally] = replace(TALLIES, fire=broken)
    tallies = database.aggregates(kind)
    await database.migrate()
    await opened(tallies, "holder", Tally("holder", slots=("taken",)))
    for owner in ("broken", "stuck", "greedy", "good"):
        await opened(tallies, owner, Tally(owner, wake=NOON))
    due = Due(database, [tallies], clock)
    assert await due.fire(tallies) == 4
    assert (await state_of(tallies, "good")).total == 1
    assert await due.fire(tallies) == 0
    clock.advance(POSTPONED)
    assert await due.fire(tallies) == 3


def test_without_events_a_timer_may_only_move() -> None:
    """Otherwise the same documents would fill every page."""
    documents = Documents(TALLIES)
    document = documents.created(HERE, Tally("ann", wake=NOON), [Opened()], Cause("c"), NOON)
    later: Kind[Tally] = replace(TALLIES, fire=lambda state, _: (replace(state, wake=LATER), []))
    save = fired(later, Documents(later), document, NOON)
    assert (save.update["$set"]["due_at"], save.version) == (LATER, 1)
    assert "$push" not in save.update
    cleared: Kind[Tally] = replace(TALLIES, fire=lambda state, _: (replace(state, wake=None), []))
    assert fired(cleared, Documents(cleared), document, NOON).update["$unset"] == {"due_at": ""}
    stuck: Kind[Tally] = replace(TALLIES, fire=lambda state, _: (state, []))
    with pytest.raises(StuckTimer):
        fired(stuck, Documents(stuck), document, NOON)


def test_a_save_clears_every_timer_there_may_be() -> None:
    """A kind without timers writes nothing about them, unless an older build left one."""
    none: Kind[Tally] = replace(TALLIES, fire=None)
    assert unset(TALLIES, Tally("ann")) == {"due_at": ""}
    assert unset(none, Tally("ann", wake=NOON)) == {"due_at": ""}
    assert unset(none, Tally("ann")) is None


def unset(kind: Kind[Tally], stored: Tally) -> Any:
    """Return what a save of a state without a timer takes away from a stored one."""
    documents = Documents(kind)
    document = documents.created(HERE, stored, [Opened()], Cause("c"), NOON)
    save = documents.changed(document, Tally("ann"), [Added(1)], Cause("d"), NOON)
    return save.update.get("$unset")


async def test_without_timers_it_waits_for_the_end(database: Database, clock: FixedClock) -> None:
    stop = asyncio.Event()
    stop.set()
    tallies = database.aggregates(replace(TALLIES, fire=None))
    await Due(database, [tallies], clock).run(stop)
