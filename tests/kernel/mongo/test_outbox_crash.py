"""A relay that dies or freezes at the worst moments loses nothing and leaves no gap for a reader."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.kernel.mongo import Aggregates, Cause, Database, Ref, pending
from tests.kernel.mongo.test_outbox_relay import new_tenant, of_tenant, relay_of, running, sequences
from tests.kernel.tally import TOPIC, Opened, Tally, add
from tests.kernel.topic import PATIENCE, tail

pytestmark = [pytest.mark.servers, pytest.mark.chaos]


@pytest.fixture
def tallies(stored_tallies: Aggregates[Tally]) -> Aggregates[Tally]:
    return stored_tallies


@asynccontextmanager
async def relay_process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a relay in a process of its own; it is dead when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kernel.relay_process", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def write(tallies: Aggregates[Tally], tenant: str, step: str) -> None:
    """Give each of five aggregates two more events."""
    for number in range(5):
        ref = Ref(tenant, f"n{number}")
        await tallies.create(ref, Tally("ann"), [Opened()], Cause("open"))
        await tallies.change(ref, add(1, times=2), Cause(step))


def high_water(records: Sequence[Any]) -> dict[bytes, int]:
    """Return what a reader that drops old sequences has seen; a gap fails the test."""
    seen: dict[bytes, int] = {}
    for subject, numbers in sequences(records).items():
        for number in numbers:
            assert number <= seen.get(subject, 0) + 1
            seen[subject] = max(number, seen.get(subject, 0))
    return seen


def complete(records: Sequence[Any], tenant: str, version: int) -> bool:
    seen = high_water(of_tenant(records, tenant))
    return len(seen) == 5 and set(seen.values()) == {version}


async def test_killed_between_publishing_and_removing_it_repeats_and_loses_nothing(
    database: Database, tallies: Aggregates[Tally], mongo_url: str, kafka_bootstrap: str
) -> None:
    tenant = new_tenant()
    await write(tallies, tenant, "before")
    async with tail(kafka_bootstrap, TOPIC) as topic:
        crash = ("after_publish_before_pull",)
        async with relay_process(mongo_url, database.name, kafka_bootstrap, *crash) as process:
            assert await asyncio.wait_for(process.wait(), PATIENCE) == -signal.SIGKILL
        await topic.until(lambda records: complete(records, tenant, 3))
        assert len(await pending.events(tallies, 10)) == 5
        await write(tallies, tenant, "after")
        async with running(relay_of(database, tallies, kafka_bootstrap)):
            records = await topic.until(lambda records: complete(records, tenant, 5))
    mine = of_tenant(records, tenant)
    assert len(mine) == 5 * (3 + 5)
    assert len({dict(record.headers)["ce_id"] for record in mine}) == 5 * 5


async def test_a_leader_that_froze_and_woke_up_does_no_harm(
    database: Database, tallies: Aggregates[Tally], mongo_url: str, kafka_bootstrap: str
) -> None:
    """While it is frozen its lease runs out and another leads; awake again it does no harm."""
    tenant = new_tenant()
    async with (
        tail(kafka_bootstrap, TOPIC) as topic,
        relay_process(mongo_url, database.name, kafka_bootstrap) as process,
    ):
        await write(tallies, tenant, "1")
        await topic.until(lambda records: complete(records, tenant, 3))
        process.send_signal(signal.SIGSTOP)
        await write(tallies, tenant, "2")
        async with running(relay_of(database, tallies, kafka_bootstrap)):
            await topic.until(lambda records: complete(records, tenant, 5))
            process.send_signal(signal.SIGCONT)
            for step in ("3", "4", "5"):
                await write(tallies, tenant, step)
            records = await topic.until(lambda records: complete(records, tenant, 11))
    assert complete(records, tenant, 11)
    assert await pending.events(tallies, 1) == []


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP])
async def test_another_takes_over_from_a_dead_or_frozen_leader(
    database: Database, tallies: Aggregates[Tally], mongo_url: str, kafka_bootstrap: str, stop: signal.Signals
) -> None:
    """A follower is waiting already, as in a deployment with two replicas."""
    tenant = new_tenant()
    async with (
        tail(kafka_bootstrap, TOPIC) as topic,
        relay_process(mongo_url, database.name, kafka_bootstrap) as process,
    ):
        await write(tallies, tenant, "1")
        await topic.until(lambda records: complete(records, tenant, 3))
        async with running(relay_of(database, tallies, kafka_bootstrap)):
            process.send_signal(stop)
            await write(tallies, tenant, "2")
            records = await topic.until(lambda records: complete(records, tenant, 5))
    assert complete(records, tenant, 5)
