"""Two builds work on one database while an upgrade lasts: the newer one knows a field and an index more."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.due import Due
from services.kernel.mongo import Aggregates, Cause, Database, Kind, Ref, Save, pending
from tests.kernel.tally import NOON, TALLIES, Added, Mood, Opened, Tally, add

pytestmark = pytest.mark.servers
HERE = Ref("acme", "one")
TENANTS = ("acme", "other")
CHANGES = 25
"""By each writer of each tally."""


@dataclass(frozen=True, slots=True)
class Placed(Tally):
    """The newer build's: a tally is somewhere."""

    place: str = ""


PLACED: Kind[Any] = replace(TALLIES, state=Placed, indexes=(*TALLIES.indexes, ("place",)))


def go_to(place: str) -> Callable[[Placed], tuple[Placed, Sequence[Any]]]:
    """Decide to move; it counts as one."""
    return lambda tally: (replace(tally, place=place, total=tally.total + 1), [Added(1)])


@pytest.fixture
async def older(database: Database) -> Aggregates[Tally]:
    made = database.aggregates(TALLIES)
    await database.migrate()
    return made


@pytest.fixture
async def upgraded(mongo_url: str, database: Database, clock: FixedClock) -> AsyncIterator[Database]:
    """The same database as the newer build sees it."""
    async with Database(mongo_url, database.name, clock) as made:
        yield made


@pytest.fixture
def newer(upgraded: Database) -> Aggregates[Placed]:
    return upgraded.aggregates(PLACED)


async def test_an_older_build_reads_what_a_newer_one_stored(
    older: Aggregates[Tally], newer: Aggregates[Placed]
) -> None:
    await newer.create(HERE, Placed("ann", place="york"), [Opened()], Cause("open"))
    assert (await older.get(HERE)).state == Tally("ann")


async def test_a_newer_build_reads_and_changes_what_an_older_one_stored(
    older: Aggregates[Tally], newer: Aggregates[Placed]
) -> None:
    await older.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    assert (await newer.get(HERE)).state == Placed("ann", place="")
    await newer.change(HERE, go_to("york"), Cause("move"))
    assert (await newer.get(HERE)).state == Placed("ann", 1, place="york")


async def test_a_change_by_an_older_build_keeps_what_only_the_newer_one_knows(
    older: Aggregates[Tally], newer: Aggregates[Placed]
) -> None:
    await newer.create(HERE, Placed("ann", place="york"), [Opened()], Cause("open"))
    await older.change(HERE, add(1), Cause("one"))
    await older.change(HERE, add(1), Cause("two"), known=await older.get(HERE))
    many: Save[Tally] = Save(HERE, lambda old: add(1)(old or Tally("nobody")), Cause("many"))
    await older.apply_many("acme", [many])
    assert (await newer.get(HERE)).state == Placed("ann", 3, place="york")


@pytest.mark.parametrize("mood", Mood, ids=["the last", "with another one after it"])
async def test_a_timer_that_an_older_build_fires_keeps_it_too(
    database: Database, older: Aggregates[Tally], newer: Aggregates[Placed], mood: Mood
) -> None:
    await newer.create(HERE, Placed("ann", mood=mood, wake=NOON, place="york"), [Opened()], Cause("open"))
    assert await Due(database, [older], FixedClock(NOON + timedelta(hours=1))).fire(older) == 1
    state = (await newer.get(HERE)).state
    assert (state.total, state.place) == (1, "york")


async def test_a_copy_that_an_older_build_brings_up_to_date_keeps_it_too(
    database: Database, upgraded: Database
) -> None:
    older, newer = database.projection("copies", Tally), upgraded.projection("copies", Placed)
    await newer.put(HERE, Placed("ann", place="york"), 1)
    await older.put(HERE, Tally("ann", 2), 2)
    await older.fold(HERE, 3, lambda old: replace(old or Tally(""), total=3))
    assert await newer.get(HERE) == Placed("ann", 3, place="york")
    assert await older.get(HERE) == Tally("ann", 3)


async def test_a_migration_beside_both_builds_at_work_loses_nothing_and_finds_nothing_more_to_do(
    older: Aggregates[Tally], newer: Aggregates[Placed], upgraded: Database
) -> None:
    tallies = [Ref(tenant, f"t{number}") for tenant in TENANTS for number in range(2)]
    for ref in tallies:
        await older.create(ref, Tally("ann"), [Opened()], Cause("open"))
    assert await upgraded.missing_indexes() != []

    async def count(ref: Ref) -> None:
        for number in range(CHANGES):
            await older.change(ref, add(1), Cause(f"older-{number}"))

    async def move(ref: Ref) -> None:
        for number in range(CHANGES):
            await newer.change(ref, go_to(f"place-{number}"), Cause(f"newer-{number}"))

    writers = asyncio.gather(*(work(ref) for ref in tallies for work in (count, move)))
    while not writers.done():
        await asyncio.gather(upgraded.migrate(), upgraded.migrate())  # two Jobs, or a Job and a process
    await writers

    expected = 2 * CHANGES
    for ref in tallies:
        stored = await newer.get(ref)
        assert (stored.state.total, stored.version) == (expected, expected + 1)
        assert stored.state.place == f"place-{CHANGES - 1}"
    told = [[event["ver"] for event in item.events] for item in await pending.events(newer, 10)]
    assert told == [list(range(1, expected + 2))] * len(tallies)
    indexes = await newer.collection.index_information()
    assert await upgraded.missing_indexes() == []
    await upgraded.migrate()
    assert await newer.collection.index_information() == indexes
