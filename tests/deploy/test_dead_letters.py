"""What was set aside can be counted by its reason and put back as it was."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from deploy.kafka import dead_letters, topics
from deploy.kafka.dead_letters import DeadLettersError, Kind, Wanted
from deploy.kafka.topics import Topic
from services.kernel.events.dead_letters import DeadLetters, Failure
from services.kernel.kafka import Cluster, Producer

pytestmark = pytest.mark.servers
HEADERS = [("ce_id", b"e-1"), ("ce_type", b"mentoring.test.v1.Told"), ("strange", b"\xff")]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Aside(NamedTuple):
    """A topic with three dead letters: two that `one` could not handle, one that `two` could not read."""

    brokers: Cluster
    topic: str

    async def back(self, count: int) -> list[ConsumerRecord]:
        """Wait for the first `count` records of the topic itself."""
        options = self.brokers.options()
        async with AIOKafkaConsumer(self.topic, **options, auto_offset_reset="earliest") as consumer:
            return [await consumer.getone() for _ in range(count)]


@pytest.fixture
async def aside(kafka_bootstrap: str) -> AsyncIterator[Aside]:
    brokers, name = Cluster(kafka_bootstrap), f"test.{uuid.uuid4().hex}"
    await topics.apply(brokers, [Topic(name, 1, "test", ()), Topic(f"{name}.dlq", 2, "readers", ())])
    producer = Producer(brokers, "tests")
    await producer.start()
    for group, reason in (("one", "HANDLER_FAILED"), ("one", "HANDLER_FAILED"), ("two", "BAD_VALUE")):
        record = SimpleNamespace(
            topic=name,
            partition=0,
            offset=7,
            timestamp=0,
            key=group.encode(),
            value=b"\x00\xfe",
            headers=HEADERS,
        )
        await DeadLetters(producer.publish, group).bury(record, Failure(reason, NOON))
    yield Aside(brokers, name)
    await producer.stop()


async def test_they_are_counted_by_reader_and_reason(aside: Aside) -> None:
    found = await dead_letters.kinds(aside.brokers, aside.topic, Wanted())
    assert found == {Kind("one", "HANDLER_FAILED", ""): 2, Kind("two", "BAD_VALUE", ""): 1}


async def test_a_record_comes_back_as_it_was(aside: Aside) -> None:
    assert await dead_letters.replay(aside.brokers, aside.topic, Wanted(group="two")) == 1
    (record,) = await aside.back(1)
    assert (record.key, record.value, list(record.headers)) == (b"two", b"\x00\xfe", HEADERS)


async def test_only_those_meant_are_put_back_and_all_stay_where_they_were_set_aside(aside: Aside) -> None:
    assert await dead_letters.replay(aside.brokers, aside.topic, Wanted(reason="HANDLER_FAILED")) == 2
    assert [record.key for record in await aside.back(2)] == [b"one", b"one"]
    assert (await dead_letters.kinds(aside.brokers, aside.topic, Wanted())).total() == 3


async def test_a_topic_that_sets_nothing_aside_is_named(aside: Aside) -> None:
    with pytest.raises(DeadLettersError, match=r"there is no topic test\.nowhere\.dlq"):
        await dead_letters.replay(aside.brokers, "test.nowhere", Wanted())


def test_the_command_says_what_is_wrong_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    with pytest.raises(SystemExit, match=r"^dead letters: "):
        dead_letters.main(["list", "--bootstrap", "127.0.0.1:1", "--topic", "test.nowhere"])
