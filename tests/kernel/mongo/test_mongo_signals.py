"""How processes of one service agree: who leads, and that there is news."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from services.kernel import clock as clocks
from services.kernel import metrics
from services.kernel.mongo import Aggregates, Cause, Database, Ref, Save, pending
from tests.kernel.tally import NOON, TALLIES, Opened, Tally, add

pytestmark = pytest.mark.servers
HERE = Ref("acme", "one")


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


async def test_who_holds_a_lease_is_a_metric_that_ends_with_it(database: Database) -> None:
    """Asked at the time of a scrape: a holder that no longer renews shows as none."""
    held = metrics.LEASE_HELD.labels("relay")
    lease = database.lease("relay", 30)
    assert await lease.acquire()
    assert [sample.value for family in held.collect() for sample in family.samples] == [1]
    await lease.release()
    assert [sample.value for family in held.collect() for sample in family.samples] == [0]
