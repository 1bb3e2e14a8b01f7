"""What only the real database can show: races, leases, indexes that are used, deadlines, lost replies."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from pymongo import UpdateOne
from pymongo.errors import AutoReconnect, PyMongoError

from services.kernel import clock as clocks
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Refused
from services.kernel.mongo import Aggregates, Cause, Database, Ref, attempts, pending
from tests.kernel.tally import NOON, TALLIES, Added, Opened, Tally, add

pytestmark = pytest.mark.servers
HERE = Ref("acme", "one")


async def test_changes_that_race_all_count(database: Database, stored_tallies: Aggregates[Tally]) -> None:
    """Two stores stand for two replicas: only the version guard is between them."""
    replica = database.aggregates(TALLIES)
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    with deadline_in(60):
        await asyncio.gather(
            *(
                store.change(HERE, add(1), Cause(f"{name}-{number}"))
                for name, store in (("one", stored_tallies), ("two", replica))
                for number in range(20)
            )
        )
    stored = await stored_tallies.get(HERE)
    assert (stored.state.total, stored.version) == (40, 41)


async def test_indexes_are_made_however_long_that_takes(
    mongo_url: str, database: Database, clock: FixedClock
) -> None:
    """A command of this client has a millisecond, and making a collection takes more."""
    database.aggregates(TALLIES)
    async with Database(mongo_url, database.name, clock, options={"timeoutMS": 1}) as hurried:
        hurried.aggregates(TALLIES)
        await hurried.migrate()
    assert await database.missing_indexes() == []


async def test_what_a_process_remembers_is_never_the_answer(
    database: Database, stored_tallies: Aggregates[Tally]
) -> None:
    """A replica changes what this process remembers: refusals, etags and repeats follow what is stored."""
    replica = database.aggregates(TALLIES)
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    await replica.change(HERE, add(5), Cause("theirs"))

    def at_most_once(old: Tally) -> tuple[Tally, list[Any]]:
        if not old.total:
            raise Refused("TOO_EARLY", "not yet")
        return replace(old, total=old.total + 1), [Added(1)]

    assert (await stored_tallies.change(HERE, at_most_once, Cause("a"))).state.total == 6
    await replica.change(HERE, add(1), Cause("b"))
    with pytest.raises(Conflict):
        await stored_tallies.change(HERE, add(1), Cause("c"), etag='"3"')
    await stored_tallies.get(HERE)
    await replica.change(HERE, add(1), Cause("d"))
    assert (await stored_tallies.change(HERE, add(0), Cause("e"))).state.total == 8
    await replica.change(HERE, add(1), Cause("f"))
    assert (await stored_tallies.change(HERE, add(1), Cause("f"))).state.total == 9
    assert (await stored_tallies.change(HERE, add(1), Cause("g"), etag='"6"')).version == 7


async def test_a_timer_that_moved_meanwhile_is_not_brought_back(stored_tallies: Aggregates[Tally]) -> None:
    """A timer that tells nothing moves without a new version."""
    await stored_tallies.create(HERE, Tally("ann", wake=NOON), [Opened()], Cause("open"))
    before = await stored_tallies.get(HERE)
    ((document, _),) = await pending.timers(stored_tallies, NOON, 10, 0)
    moved = stored_tallies.documents.moved(document, replace(before.state, wake=NOON + timedelta(days=1)))
    await pending.save(stored_tallies, [UpdateOne(moved.guard, moved.update)])
    changed = await stored_tallies.change(HERE, add(1), Cause("c"), known=before)
    assert (changed.state.total, changed.state.wake) == (1, NOON + timedelta(days=1))


async def test_one_of_many_equal_creates_wins(database: Database) -> None:
    replicas = [database.aggregates(TALLIES) for _ in range(4)]
    await database.migrate()
    stored = await asyncio.gather(
        *(replica.create(HERE, Tally("ann"), [Opened()], Cause("open")) for replica in replicas)
    )
    assert {found.version for found in stored} == {1}
    (item,) = await pending.events(replicas[0], 10)
    assert len(item.events) == 1


async def test_events_wait_in_order_until_they_are_removed(stored_tallies: Aggregates[Tally]) -> None:
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    (before,) = await pending.events(stored_tallies, 10)
    await stored_tallies.change(HERE, add(1, times=2), Cause("c"))
    await pending.remove(stored_tallies, [before])
    (after,) = await pending.events(stored_tallies, 10)
    assert [event["ver"] for event in after.events] == [2, 3]
    assert (await stored_tallies.get(HERE)).version == 3


async def test_the_indexes_are_used(stored_tallies: Aggregates[Tally]) -> None:
    queries = {
        "pending": stored_tallies.committed.find(pending.PENDING).sort("outbox.0.at", 1),
        "due": stored_tallies.committed.find({"due_at": {"$type": "date", "$lte": NOON}}).sort("due_at", 1),
        "list": stored_tallies.committed.find({"tenant_id": "acme"}).sort([("create_time", 1), ("id", 1)]),
        "filtered": stored_tallies.committed.find({"tenant_id": "acme", "state.owner": "ann"}).sort(
            [("create_time", 1), ("id", 1)]
        ),
    }
    plans = {
        name: str((await query.explain())["queryPlanner"]["winningPlan"]) for name, query in queries.items()
    }
    assert {name for name, plan in plans.items() if "IXSCAN" not in plan or "'SORT'" in plan} == set()


async def test_migrating_again_changes_nothing(database: Database, stored_tallies: Aggregates[Tally]) -> None:
    before = await stored_tallies.collection.index_information()
    await database.migrate()
    assert await stored_tallies.collection.index_information() == before


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Act as a call that has so much time left."""
    token = clocks.deadline.set(time.monotonic() + seconds)
    yield
    clocks.deadline.reset(token)


class LosesReplies:
    """A collection whose writes are applied but whose first `times` replies never come."""

    def __init__(self, real: Any, times: int) -> None:
        self._real = real
        self._times = times

    async def bulk_write(self, *args: Any, **options: Any) -> Any:
        return self._told(await self._real.bulk_write(*args, **options))

    async def update_many(self, *args: Any) -> Any:
        return self._told(await self._real.update_many(*args))

    def _told(self, result: Any) -> Any:
        if self._times:
            self._times -= 1
            raise AutoReconnect("the reply was lost")
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


async def test_a_lost_reply_does_not_apply_a_change_twice(
    stored_tallies: Aggregates[Tally], clock: clocks.FixedClock
) -> None:
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    real = stored_tallies.collection
    losing = Aggregates(cast("Any", LosesReplies(real, times=2)), TALLIES, clock, stored_tallies.news)
    assert (await losing.change(HERE, add(1), Cause("c"))).state.total == 1
    assert (await losing.change(HERE, add(1), Cause("d"))).state.total == 2


async def test_published_events_are_forgotten_even_when_the_replies_are_lost(
    stored_tallies: Aggregates[Tally], clock: clocks.FixedClock
) -> None:
    """The driver repeats no update of many documents; without a repeat the relay would publish again."""
    real = stored_tallies.collection
    losing = Aggregates(cast("Any", LosesReplies(real, times=2)), TALLIES, clock, stored_tallies.news)
    for name in ("one", "two"):
        await stored_tallies.create(Ref("acme", name), Tally("ann"), [Opened()], Cause(name))
    published = await pending.events(stored_tallies, 10)
    await stored_tallies.change(HERE, add(1), Cause("c"))
    await pending.remove(losing, published)
    (left,) = await pending.events(stored_tallies, 10)
    assert (left.key, [event["ver"] for event in left.events]) == (HERE.key, [2])


async def test_a_command_gives_up_at_the_deadline_of_its_call(stored_tallies: Aggregates[Tally]) -> None:
    with deadline_in(-1), pytest.raises(TimeoutError):
        await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))


async def test_waiting_for_a_turn_ends_at_the_deadline() -> None:
    turns = attempts.Turns()
    turn = await turns.take("key", time.monotonic() + 10)
    with pytest.raises(TimeoutError):
        await turns.take("key", time.monotonic() - 1)
    assert await turns.take("another", time.monotonic() + 10) is not turn
    turn.release()
    assert await turns.take("key", time.monotonic() + 10) is turn


async def test_without_a_server_the_error_is_the_drivers() -> None:
    async with Database(
        "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", "none", clocks.SystemClock()
    ) as gone:
        clocks.deadline.set(time.monotonic() + 0.5)
        with pytest.raises((PyMongoError, TimeoutError)):
            await gone.aggregates(TALLIES).change(HERE, add(1), Cause("c"))
