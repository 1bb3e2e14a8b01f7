"""What the relay promises: events at least once, in order per aggregate, by one leader; on real servers."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from services.kernel import clock as clocks
from services.kernel import kafka, outbox
from services.kernel.mongo import Aggregates, Cause, Database, Ref, pending
from tests.kernel.tally import NOON, TALLIES, TOPIC, Opened, Tally, add
from tests.kernel.topic import tail

pytestmark = pytest.mark.servers

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def tallies(stored_tallies: Aggregates[Tally]) -> Aggregates[Tally]:
    return stored_tallies


@asynccontextmanager
async def running(relay: outbox.Relay) -> AsyncIterator[asyncio.Event]:
    """Run a relay; leaving stops it in order."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


def relay_of(database: Database, tallies: Aggregates[Tally], bootstrap: str) -> outbox.Relay:
    return outbox.Relay(database, [tallies], lambda: kafka.Producer(kafka.Cluster(bootstrap), "tests"))


def of_tenant(records: Sequence[Any], tenant: str) -> list[Any]:
    return [record for record in records if dict(record.headers).get("ce_tenant") == tenant.encode()]


def sequences(records: Sequence[Any]) -> dict[bytes, list[int]]:
    """Return the sequences of each subject in the order they lie in their partition."""
    found = defaultdict(list)
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        headers = dict(record.headers)
        found[headers["ce_subject"]].append(int(headers["ce_sequence"]))
    return found


def new_tenant() -> str:
    return f"t-{uuid.uuid4()}"


async def test_events_arrive_with_all_their_headers(
    database: Database, tallies: Aggregates[Tally], kafka_bootstrap: str
) -> None:
    tenant = new_tenant()
    async with tail(kafka_bootstrap, TOPIC) as topic, running(relay_of(database, tallies, kafka_bootstrap)):
        await tallies.create(Ref(tenant, "one"), Tally("ann"), [Opened()], Cause("c", trace=TRACE))
        (record,) = of_tenant(await topic.until(lambda all_: bool(of_tenant(all_, tenant))), tenant)
    headers = dict(record.headers)
    assert record.key == b"one"
    assert headers.pop("ce_id")
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_source": b"/mentoring/mentorships",
        "ce_type": b"mentoring.mentorships.v1.GoalCreated",
        "ce_time": b"2026-03-02T12:00:00.000Z",
        "ce_subject": f"organizations/{tenant}/tallies/one".encode(),
        "ce_sequence": b"1",
        "ce_tenant": tenant.encode(),
        "ce_traceparent": TRACE.encode(),
        "content-type": b"application/protobuf",
    }


async def test_all_events_come_in_order_and_none_stays_behind(
    database: Database, tallies: Aggregates[Tally], kafka_bootstrap: str
) -> None:
    """Twenty aggregates are changed at once while the relay runs, one with more events than a page holds."""
    tenant = new_tenant()

    async def work(number: int) -> None:
        ref = Ref(tenant, f"n{number}")
        await tallies.create(ref, Tally("ann"), [Opened()], Cause("open"))
        for step in range(5):
            await tallies.change(ref, add(1, times=2), Cause(f"{step}"))

    await tallies.create(Ref(tenant, "many"), Tally("ann"), [Opened()] * 250, Cause("open"))
    async with tail(kafka_bootstrap, TOPIC) as topic, running(relay_of(database, tallies, kafka_bootstrap)):
        await asyncio.gather(*(work(number) for number in range(20)))
        records = await topic.until(lambda all_: len(of_tenant(all_, tenant)) >= 20 * 11 + 250)
    found = sequences(of_tenant(records, tenant))
    assert len(found) == 21
    assert found.pop(f"organizations/{tenant}/tallies/many".encode()) == list(range(1, 251))
    assert all(each == list(range(1, 12)) for each in found.values())
    assert await pending.events(tallies, 1) == []


async def test_what_is_pending_when_told_to_stop_is_still_published(
    database: Database, tallies: Aggregates[Tally], kafka_bootstrap: str
) -> None:
    tenant = new_tenant()
    relay = relay_of(database, tallies, kafka_bootstrap)
    async with tail(kafka_bootstrap, TOPIC) as topic:
        async with running(relay) as stop:
            await tallies.create(Ref(tenant, "one"), Tally("ann"), [Opened()], Cause("c"))
            await topic.until(lambda all_: bool(of_tenant(all_, tenant)))  # it leads
            for step in range(5):
                await tallies.change(Ref(tenant, "one"), add(1), Cause(str(step)))
            stop.set()
        assert await pending.events(tallies, 1) == []
        records = await topic.until(lambda all_: len(of_tenant(all_, tenant)) == 6)
    assert list(sequences(of_tenant(records, tenant)).values()) == [[1, 2, 3, 4, 5, 6]]


async def test_a_change_stream_is_opened_only_once_another_process_has_saved(
    mongo_url: str, database: Database, tallies: Aggregates[Tally], kafka_bootstrap: str
) -> None:
    tenant = new_tenant()
    async with (
        tail(kafka_bootstrap, TOPIC) as topic,
        running(relay_of(database, tallies, kafka_bootstrap)),
        Database(mongo_url, database.name, clocks.FixedClock(NOON)) as other,
    ):
        await tallies.create(Ref(tenant, "own"), Tally("ann"), [Opened()], Cause("c"))
        await topic.until(lambda all_: len(of_tenant(all_, tenant)) == 1)
        assert await streams(database) == 0
        await other.aggregates(TALLIES).create(Ref(tenant, "theirs"), Tally("bob"), [Opened()], Cause("c"))
        await topic.until(lambda all_: len(of_tenant(all_, tenant)) == 2)
        async with asyncio.timeout(10):
            while await streams(database) == 0:  # each asks the server
                pass


async def streams(database: Database) -> int:
    """Return how many change streams of a database the server keeps open."""
    opened = {
        "ns": {"$regex": f"^{database.name}[.]"},
        "cursor.originatingCommand.pipeline.0.$changeStream": {"$exists": True},
    }
    asked: list[dict[str, Any]] = [{"$currentOp": {"idleCursors": True}}, {"$match": opened}]
    return len(await database.client["admin"].aggregate(asked).to_list(None))


class FailsAfter:
    """A producer that stores everything and then loses the acknowledgement `failures` times."""

    def __init__(self, bootstrap: str, failures: int) -> None:
        self._bootstrap = bootstrap
        self._failures = failures
        self._real: kafka.Producer | None = None

    def __call__(self) -> kafka.Producer:
        self._real = kafka.Producer(kafka.Cluster(self._bootstrap), "tests")
        return self  # type: ignore[return-value]

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    async def publish(self, records: Sequence[kafka.Record]) -> None:
        await self._producer.publish(records)
        if self._failures:
            self._failures -= 1
            raise KafkaConnectionError

    @property
    def _producer(self) -> kafka.Producer:
        assert self._real
        return self._real


async def test_a_lost_acknowledgement_repeats_events_under_their_ids_and_loses_none(
    database: Database, tallies: Aggregates[Tally], kafka_bootstrap: str
) -> None:
    """As after a crash between publishing and pulling: a reader above its high-water mark sees no gap."""
    tenant, one = new_tenant(), "one"
    await tallies.create(Ref(tenant, one), Tally("ann"), [Opened()], Cause("c"))
    await tallies.change(Ref(tenant, one), add(1, times=2), Cause("d"))
    relay = outbox.Relay(database, [tallies], FailsAfter(kafka_bootstrap, failures=1))
    async with tail(kafka_bootstrap, TOPIC) as topic, running(relay):
        records = await topic.until(lambda all_: len(of_tenant(all_, tenant)) == 6)
    mine = of_tenant(records, tenant)
    assert list(sequences(mine).values()) == [[1, 2, 3, 1, 2, 3]]
    assert len({dict(record.headers)["ce_id"] for record in mine}) == 3
    assert await pending.events(tallies, 1) == []
