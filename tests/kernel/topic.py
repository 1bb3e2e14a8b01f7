"""Reads and writes whole topics in tests."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.kernel import kafka

PATIENCE = 60.0
"""Seconds until a test that waits for records gives up."""


@dataclass
class Arrived:
    """A record as the client hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: kafka.Headers


class Tail:
    """Sees every record that comes to a topic after it was opened."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.records: list[Any] = []

    async def until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """Return all records as soon as they are enough. TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not enough(self.records):
                for batch in (await self._client.getmany(timeout_ms=1000)).values():
                    self.records += batch
        return self.records


@asynccontextmanager
async def tail(bootstrap: str, topic: str) -> AsyncIterator[Tail]:
    """Open a tail at the present end of a topic."""
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await client.start()
    try:
        partitions = await _partitions(client, topic)
        client.assign(partitions)
        await client.seek_to_end(*partitions)
        for partition in partitions:
            await client.position(partition)
        yield Tail(client)
    finally:
        await client.stop()


async def new_group(bootstrap: str, topic: str) -> str:
    """Return the name of a consumer group that begins at the present end of a topic.

    Topics are shared by all tests: a group without offsets would begin with what others left there.
    """
    name = f"tests-{uuid.uuid4()}"
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=name, enable_auto_commit=False)
    await client.start()
    try:
        partitions = await _partitions(client, topic)
        client.assign(partitions)
        await client.commit(await client.end_offsets(partitions))
    finally:
        await client.stop()
    return name


async def _partitions(client: Any, topic: str) -> list[Any]:
    await client._client.set_topics([topic])  # loads the topic's metadata without subscribing
    return [TopicPartition(topic, number) for number in client.partitions_for_topic(topic) or ()]


async def publish(bootstrap: str, records: Sequence[kafka.Record]) -> None:
    """Write records, acknowledged."""
    producer = kafka.Producer(kafka.Cluster(bootstrap), "tests")
    await producer.start()
    try:
        await producer.publish(records)
    finally:
        await producer.stop()
