"""What tests do with the broker: tell events, run workers, read decisions of their own pairs.

The topics are the platform's and shared with every other test of the run, so a stream begins where they end
now, and only records under keys it gave out count.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.kafka import topics
from deploy.kafka.topics import Topic
from services.kernel.clock import FixedClock
from services.kernel.events import Event, decode, encode
from services.kernel.kafka import Producer
from services.processor.agents.policies import Policies
from services.processor.agents.reading import TELLS, TOLD
from services.processor.agents.station import changelog
from services.processor.agents.watch import Watch
from services.processor.agents.worker import HEARD, Tools, Worker, verdicts, waiting
from tests.processor.factories import NOON

PATIENCE = 90.0
Offsets = dict[TopicPartition, int]


def own_topics(app: str, partitions: int | None = None) -> list[Topic]:
    """Return the topics of a group's own, by default with the partitions of what it hears."""
    count = partitions or len(_partitions(HEARD[0]))
    logs = [changelog(app, table) for table in ("pairs", "people")]
    between = [Topic(name, count, "processor", ()) for name in (waiting(app), verdicts(app))]
    buried = [Topic(f"{topic.name}.dlq", 1, "processor", ()) for topic in between]
    return [*between, *buried, *(Topic(name, count, "processor", (), cleanup="compact") for name in logs)]


class Stream:
    """The platform's topics from `begin` on, for one consumer group."""

    def __init__(self, bootstrap: str, app: str, producer: Producer) -> None:
        self.bootstrap = bootstrap
        self.app = app
        self.producer = producer
        self.clock = FixedClock(NOON)
        self.policies = Policies()
        self._keys: set[bytes] = set()
        self._begin: dict[str, Offsets] = {}

    async def begin(self) -> None:
        """Note where every topic ends now, and let the group start there."""
        for topic in (*HEARD, TOLD, *(f"{name}.dlq" for name in HEARD)):
            self._begin[topic] = await self.ends(topic)
        await self.join_from_begin(self.app)

    async def ends(self, topic: str) -> Offsets:
        """Return where the partitions of a topic end now."""
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap) as consumer:
            return dict(await consumer.end_offsets(_partitions(topic)))

    async def join_from_begin(self, app: str) -> None:
        """Let a group that never committed start where this stream began."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=app, enable_auto_commit=False)
        async with consumer:
            for topic in HEARD:
                consumer.assign(list(self._begin[topic]))
                await consumer.commit(self._begin[topic])

    def pair(self) -> str:
        """Return the id of a new pair whose decisions will be read."""
        made = str(uuid.uuid4())
        self._keys.add(made.encode())
        return made

    def follow(self, key: str) -> None:
        """Read the decisions about a pair that somebody else named."""
        self._keys.add(key.encode())

    async def tell(self, *events: Event[Any]) -> None:
        """Publish events as their writers would, in order."""
        await self.producer.publish([encode(event) for event in events])

    @asynccontextmanager
    async def worker(self, app: str = "") -> AsyncIterator[Worker]:
        """Run a member of the group (or of the group `app`) until the block ends; a graceful stop."""
        tools = Tools(self.producer.publish, self.policies, Watch(self.app, self.clock), self.clock)
        worker = Worker(self.producer.cluster, tools, app or self.app)
        try:
            await worker.start()
            yield worker
        finally:
            await _stopped(worker)

    async def following(self, topic: str) -> AsyncGenerator[ConsumerRecord, None]:
        """Go through the records under own keys, also those to come. TimeoutError when it takes long."""
        async with (
            AIOKafkaConsumer(bootstrap_servers=self.bootstrap) as consumer,
            asyncio.timeout(PATIENCE),
        ):
            consumer.assign(list(self._begin[topic]))
            for place, offset in self._begin[topic].items():
                consumer.seek(place, offset)
            while True:
                record = await consumer.getone()
                if record.key in self._keys:
                    yield record

    async def records(self, topic: str, count: int) -> list[ConsumerRecord]:
        """Return the first `count` records under own keys, waiting for them. TimeoutError if too few come."""
        found: list[ConsumerRecord] = []
        async with aclosing(self.following(topic)) as records:
            async for record in records:
                found.append(record)
                if len(found) == count:
                    break
        return found

    async def decisions(self, count: int) -> list[Event[Any]]:
        """Return the first `count` decisions told of own pairs."""
        return read(await self.records(TOLD, count))


async def _stopped(worker: Worker) -> None:
    """Stop it in order, or raise what it failed with: stopping would wait for what it held then."""
    if worker.failed.done():
        await worker.failed
    await worker.stop()


def _partitions(name: str) -> list[TopicPartition]:
    known = {topic.name: topic.partitions for topic in topics.load()}
    return [TopicPartition(name, number) for number in range(known.get(name, known[HEARD[0]]))]


def read(records: Sequence[ConsumerRecord]) -> list[Event[Any]]:
    """Decode decisions."""
    return [event for record in records if (event := decode(record, TELLS)) is not None]
