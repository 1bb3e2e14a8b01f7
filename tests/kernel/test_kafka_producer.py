"""What is handed over as batches arrives as if each record had been sent by itself."""

import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from deploy.kafka import topics
from services.kernel import kafka
from tests.kernel.topic import tail

pytestmark = pytest.mark.servers

KEYS = 7


@pytest.fixture
async def topic(kafka_bootstrap: str) -> str:
    """A topic of the test's own, with three partitions."""
    name = f"tests.batches-{uuid.uuid4()}"
    await topics.apply(kafka.Cluster(kafka_bootstrap), [topics.Topic(name, 3, "tests", ())])
    return name


@pytest.fixture
async def producer(kafka_bootstrap: str) -> AsyncIterator[kafka.Producer]:
    """A started producer."""
    made = kafka.Producer(kafka.Cluster(kafka_bootstrap), "tests")
    await made.start()
    yield made
    await made.stop()


def numbered(topic: str, count: int, size: int) -> list[kafka.Record]:
    """Return records of a few keys in turn, each with its number as a header."""
    return [
        kafka.Record(topic, b"%d" % (number % KEYS), b"x" * size, (("number", b"%d" % number),))
        for number in range(count)
    ]


async def test_more_than_one_batch_keeps_the_order_of_every_key(
    producer: kafka.Producer, topic: str, kafka_bootstrap: str
) -> None:
    records = numbered(topic, 400, 4_096)  # a batch holds some thirty
    async with tail(kafka_bootstrap, topic) as log:
        await producer.publish(records[:200])
        await producer.publish(records[200:])
        found = await log.until(lambda all_: len(all_) >= len(records))
    assert len(found) == len(records)
    for key in {record.key for record in records}:
        mine = [record for record in found if record.key == key]
        assert [one.headers for one in mine] == [one.headers for one in records if one.key == key]
        assert len({one.partition for one in mine}) == 1


async def test_a_record_larger_than_brokers_take_is_refused_here_and_others_go_on(
    producer: kafka.Producer, topic: str, kafka_bootstrap: str
) -> None:
    async with tail(kafka_bootstrap, topic) as log:
        with pytest.raises(MessageSizeTooLargeError):
            await producer.publish(numbered(topic, 1, kafka.LARGEST_REQUEST))
        await producer.publish(numbered(topic, KEYS, 1))
        found = await log.until(lambda all_: len(all_) >= KEYS)
    assert [one.value for one in found] == [b"x"] * KEYS


async def test_nothing_to_publish_is_done_at_once(producer: kafka.Producer) -> None:
    await producer.publish([])
