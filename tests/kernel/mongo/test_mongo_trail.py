"""The audit log on a real database: pages, chains, several who chain, and a user who may only add."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from services.kernel.audit.chaining import Chainer
from services.kernel.audit.checking import Ages, check
from services.kernel.audit.entry import Entry
from services.kernel.errors import Invalid
from services.kernel.mongo import Database
from services.kernel.mongo.model import Query
from services.kernel.mongo.trail import Trail
from tests.kernel.audit.chain import entry

pytestmark = pytest.mark.servers


@pytest.fixture
async def trail(database: Database) -> Trail:
    await database.migrate()
    return database.trail


def recent(number: int, **changes: Any) -> Entry:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(milliseconds=100 - number)
    return entry(number, at=at, **changes)


async def chained(database: Database) -> Chainer:
    """Return a chainer that looks every five seconds, as it seems to it, and so goes back that far."""
    return Chainer(database.trail, database.lease("audit", 5.0), count(0.0, 5.0).__next__)


async def problems(trail: Trail, tenant: str = "acme") -> Sequence[str]:
    now = datetime.now(UTC)
    report = await check(trail, tenant, Ages(now - timedelta(days=400), now))
    return [f"{one.problem} {one.entry}" for one in report.findings]


async def test_entries_of_one_moment_are_all_there_latest_first(trail: Trail) -> None:
    await asyncio.gather(*(trail.record(recent(number)) for number in range(30)))
    first, token = await trail.list("acme", Query(page_size=20))
    rest, end = await trail.list("acme", Query(page_size=20, page_token=token))
    assert [one.id for one in [*first, *rest]] == [f"e{number}" for number in range(29, -1, -1)]
    assert (len(first), end) == (20, "")


async def test_a_page_is_of_one_organization_and_of_one_question(trail: Trail) -> None:
    await asyncio.gather(*(trail.record(recent(number, tenant=f"t{number % 2}")) for number in range(6)))
    first, token = await trail.list("t0", Query({"code": "OK"}, page_size=2))
    assert {one.tenant for one in first} == {"t0"}
    for tenant, where in (("t1", {"code": "OK"}), ("t0", {"code": "ABORTED"})):
        with pytest.raises(Invalid):
            await trail.list(tenant, Query(where, page_size=2, page_token=token))


async def test_a_repeated_write_is_one_entry(trail: Trail) -> None:
    await trail.record(recent(1))
    await trail.record(recent(1))
    assert len((await trail.list("acme", Query()))[0]) == 1


async def test_what_was_written_is_chained_once_in_order_per_organization(
    database: Database, trail: Trail
) -> None:
    chainer = await chained(database)
    for number in range(6):
        await trail.record(recent(number, tenant=f"t{number % 2}"))
    assert (await chainer.chain(), await chainer.chain()) == (6, 0)
    await trail.record(recent(8, tenant="t0"))
    await chainer.chain()
    blocks = [block async for block in trail.blocks("t0")]
    assert [(block.number, block.first, list(block.ids)) for block in blocks] == [
        (1, 1, ["e0", "e2", "e4"]),
        (2, 4, ["e8"]),
    ]
    assert (await problems(trail, "t0"), await problems(trail, "t1")) == ([], [])


async def test_what_comes_to_light_late_is_chained_late(database: Database, trail: Trail) -> None:
    chainer = await chained(database)
    await trail.record(recent(5))
    await chainer.chain()
    await trail.record(recent(2))
    assert await chainer.chain() == 1
    assert [list(block.ids) async for block in trail.blocks("acme")] == [["e5"], ["e2"]]


async def test_another_process_goes_on_where_the_last_one_stopped(database: Database, trail: Trail) -> None:
    await trail.record(recent(1))
    assert await (await chained(database)).chain() == 1
    await trail.record(recent(2))
    assert await (await chained(database)).chain() == 1
    assert await problems(trail) == []


async def test_two_who_chain_at_once_cannot_fork_a_chain(database: Database, trail: Trail) -> None:
    """As after a lease that its holder slept through: one writes the block, the other looks again."""
    chainers = [await chained(database) for _ in range(4)]
    for turn in range(5):
        await asyncio.gather(*(trail.record(recent(turn * 10 + step)) for step in range(5)))
        await asyncio.gather(*(one.chain() for one in chainers), return_exceptions=True)
    for one in chainers:
        one._forget()
    await chainers[0].chain()
    ids = [key async for block in trail.blocks("acme") for key in block.ids]
    assert sorted(ids) == sorted(set(ids))
    assert (len(ids), await problems(trail)) == (25, [])


async def test_a_process_chains_until_it_is_told_to_stop_and_what_was_written_by_then(
    database: Database, trail: Trail
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task((await chained(database)).run(stop))
    await trail.record(recent(1))
    stop.set()
    await asyncio.wait_for(running, 30)
    assert [list(block.ids) async for block in trail.blocks("acme")] == [["e1"]]


async def test_an_edit_and_a_deletion_in_the_database_are_found(database: Database, trail: Trail) -> None:
    await asyncio.gather(*(trail.record(recent(number)) for number in range(4)))
    await (await chained(database)).chain()
    entries = database.client[f"{database.name}_audit"]["entries"]
    await entries.update_one({"_id": "e1"}, {"$set": {"caller": "eve"}})
    await entries.delete_one({"_id": "e2"})
    assert await problems(trail) == ["ENTRY_CHANGED e1", "ENTRY_MISSING e2"]


async def test_what_is_no_entry_stops_nobody(database: Database, trail: Trail) -> None:
    stray = {"_id": "e0", "at": datetime.now(UTC)}
    await database.client[f"{database.name}_audit"]["entries"].insert_one(stray)
    await trail.record(recent(1))
    assert await (await chained(database)).chain() == 1


async def test_how_long_entries_are_kept_can_be_changed(database: Database, trail: Trail) -> None:
    for days in (30, 400):
        await trail.migrate(timedelta(days=days))
        indexes = await database.client[f"{database.name}_audit"]["entries"].index_information()
        assert indexes["ttl"]["expireAfterSeconds"] == days * 86_400
