"""What only the real database can show: races, leases, indexes that are used, deadlines, lost replies."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, PyMongoError

from services.kernel import clock as clocks
from services.kernel.mongo import Aggregates, Cause, Database, Ref, Save, attempts, pending
from tests.kernel.tally import NOON, TALLIES, Opened, Tally, add

pytestmark = pytest.mark.servers
HERE = Ref("acme", "one")


async def test_changes_that_race_all_count(database: Database, stored_tallies: Aggregates[Tally]) -> None:
    """Two stores stand for two replicas: only the version guard is between them."""
    replica = database.aggregates(TALLIES)
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    await asyncio.gather(
        *(
            store.change(HERE, add(1), Cause(f"{name}-{number}"))
            for name, store in (("one", stored_tallies), ("two", replica))
            for number in range(20)
        )
    )
    stored = await stored_tallies.get(HERE)
    assert (stored.state.total, stored.version) == (40, 41)


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
    """A collection whose updates are applied but whose first `times` replies never come."""

    def __init__(self, real: Any, times: int) -> None:
        self._real = real
        self._times = times

    async def update_one(self, *args: Any) -> Any:
        result = await self._real.update_one(*args)
        if self._times:
            self._times -= 1
            raise AutoReconnect("the reply was lost")
        return result


async def test_a_lost_reply_does_not_apply_a_change_twice(stored_tallies: Aggregates[Tally]) -> None:
    await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))
    stored_tallies.collection = LosesReplies(stored_tallies.collection, times=2)  # type: ignore[assignment]
    assert (await stored_tallies.change(HERE, add(1), Cause("c"))).state.total == 1
    assert (await stored_tallies.change(HERE, add(1), Cause("d"))).state.total == 2


async def test_a_command_gives_up_at_the_deadline_of_its_call(stored_tallies: Aggregates[Tally]) -> None:
    with deadline_in(-1), pytest.raises(TimeoutError):
        await stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open"))


async def test_waiting_for_a_turn_ends_at_the_deadline() -> None:
    turns = attempts.Turns()
    async with turns.take("key", time.monotonic() + 10):
        with pytest.raises(TimeoutError):
            async with turns.take("key", time.monotonic() - 1):
                pytest.fail("two had the turn")
    async with turns.take("key", time.monotonic() + 10):
        pass


async def test_without_a_server_the_error_is_the_drivers() -> None:
    async with Database(
        "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", "none", clocks.SystemClock()
    ) as gone:
        clocks.deadline.set(time.monotonic() + 0.5)
        with pytest.raises((PyMongoError, TimeoutError)):
            await gone.aggregates(TALLIES).change(HERE, add(1), Cause("c"))


async def test_one_holds_a_lease_until_it_lets_go(database: Database) -> None:
    first, second = database.lease("relay", 30), database.lease("relay", 30)
    assert await first.acquire()
    assert not await second.acquire()
    assert second.left < 0 < first.left
    assert await first.acquire()
    assert first.epoch == 1
    await first.release()
    assert await second.acquire()
    assert second.epoch == 2
    assert not await first.acquire()


async def test_a_lease_that_was_not_renewed_is_free(database: Database) -> None:
    """The first holder sleeps past its time; the stale one cannot tell itself the leader."""
    first, second = database.lease("relay", 0.05), database.lease("relay", 30)
    assert await first.acquire()
    async with asyncio.timeout(10):
        while not await second.acquire():  # each asks the server, whose clock decides
            pass
    assert (second.epoch, first.left < 0) == (2, True)
    await first.release()
    assert await second.acquire()
    assert second.epoch == 2


async def test_of_many_exactly_one_gets_a_lease(database: Database) -> None:
    leases = [database.lease("relay", 30) for _ in range(8)]
    took = await asyncio.gather(*(_taken(lease) for lease in leases))
    assert took.count(True) == 1


async def _taken(lease: Any) -> bool:
    try:
        return bool(await lease.acquire())
    except PyMongoError:  # two first-time upserts met: the loser asks again later
        return False


async def test_the_bell_rings_at_once_for_own_saves(
    database: Database, stored_tallies: Aggregates[Tally]
) -> None:
    bell = database.news.bell
    for save in (
        stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open")),
        stored_tallies.change(HERE, add(1), Cause("c")),
        stored_tallies.apply_many("acme", [Save(Ref("acme", "two"), _opened, Cause("d"))]),
    ):
        bell.clear()
        await save
        assert bell.is_set()


def _opened(_: Tally | None) -> tuple[Tally, list[Any]]:
    return Tally("bob"), [Opened()]


async def test_the_bell_rings_for_saves_of_other_processes_and_for_nothing_else(
    mongo_url: str, database: Database, stored_tallies: Aggregates[Tally]
) -> None:
    """Neither what the listener saves itself nor what a relay removes rings through the stream."""
    async with Database(mongo_url, database.name, clocks.FixedClock(NOON)) as replica:
        bell = replica.news.bell
        listening = asyncio.create_task(replica.listen(["tallies"]))
        await asyncio.wait_for(bell.wait(), 10)  # it listens
        for step in (
            stored_tallies.create(HERE, Tally("ann"), [Opened()], Cause("open")),
            stored_tallies.change(HERE, add(1), Cause("c")),
        ):
            bell.clear()
            await step
            await asyncio.wait_for(bell.wait(), 10)
        await replica.aggregates(TALLIES).change(HERE, add(1), Cause("own"))
        await pending.remove(stored_tallies, await pending.events(stored_tallies, 1))
        bell.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bell.wait(), 0.3)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
