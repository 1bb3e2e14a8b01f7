"""A group reads again what came since a moment, and nothing is ever skipped."""

import argparse
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.kafka import rewind, topics
from deploy.kafka.rewind import Move, RewindError
from deploy.kafka.topics import Topic
from services.kernel.kafka import Cluster, consumer_options

pytestmark = pytest.mark.servers
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Heard(NamedTuple):
    """A topic of two partitions, with a record a minute from noon on in each, all read by `group`."""

    brokers: Cluster
    topic: str
    group: str

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AIOKafkaConsumer]:
        """Yield a member of the group once it was given partitions."""
        consumer = AIOKafkaConsumer(self.topic, **consumer_options(self.brokers, self.group))
        await consumer.start()
        try:
            await consumer.getmany(timeout_ms=10_000)
            yield consumer
        finally:
            await consumer.stop()

    async def positions(self) -> list[int | None]:
        consumer = AIOKafkaConsumer(**consumer_options(self.brokers, self.group))
        await consumer.start()
        try:
            return [await consumer.committed(TopicPartition(self.topic, number)) for number in (0, 1)]
        finally:
            await consumer.stop()


@pytest.fixture
async def heard(kafka_bootstrap: str) -> Heard:
    brokers, name = Cluster(kafka_bootstrap), f"test.{uuid.uuid4().hex}"
    await topics.apply(brokers, [Topic(name, 2, "test", ())])
    producer = AIOKafkaProducer(**brokers.options())
    await producer.start()
    for minute in range(5):
        stamp = int((NOON + timedelta(minutes=minute)).timestamp() * 1000)
        for partition in (0, 1):
            await producer.send_and_wait(name, b"told", partition=partition, timestamp_ms=stamp)
    await producer.stop()
    made = Heard(brokers, name, f"group-{name}")
    async with made.reading() as consumer:
        await consumer.commit({TopicPartition(name, 0): 5, TopicPartition(name, 1): 1})
    return made


async def test_a_group_goes_back_to_the_first_record_of_a_moment_and_never_forward(heard: Heard) -> None:
    moves = await rewind.rewind(heard.brokers, heard.group, NOON + timedelta(minutes=1, seconds=30))
    assert moves == [Move(heard.topic, 0, 5, 2)]
    assert await heard.positions() == [2, 1]


async def test_a_dry_run_moves_nothing(heard: Heard) -> None:
    moves = await rewind.rewind(heard.brokers, heard.group, NOON, dry_run=True)
    assert [str(move) for move in moves] == [
        f"{heard.topic}/0: 5 -> 0 (5 again)",
        f"{heard.topic}/1: 1 -> 0 (1 again)",
    ]
    assert await heard.positions() == [5, 1]


async def test_after_the_last_record_there_is_nothing_to_read_again(heard: Heard) -> None:
    assert await rewind.rewind(heard.brokers, heard.group, NOON + timedelta(days=1)) == []
    assert await heard.positions() == [5, 1]


async def test_a_group_that_runs_is_left_alone(heard: Heard) -> None:
    async with heard.reading():
        with pytest.raises(RewindError, match="stop its processes first"):
            await rewind.rewind(heard.brokers, heard.group, NOON)
    assert await heard.positions() == [5, 1]


async def test_a_group_that_nobody_knows_is_named(heard: Heard) -> None:
    with pytest.raises(RewindError, match="nobody has no positions"):
        await rewind.rewind(heard.brokers, "nobody", NOON)


@pytest.mark.parametrize(("text", "complaint"), [("soon", "is no time"), ("2026-03-02T12:00", "no zone")])
def test_a_moment_is_a_time_with_its_zone(text: str, complaint: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=complaint):
        rewind.moment(text)
    assert rewind.moment("2026-03-02T14:00:00+02:00") == NOON
