"""Defaults of the client that lose records or stall are overridden, each of them."""

import inspect

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import kafka

CONSUMER = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "rebalance_timeout_ms": 60_000,
    "session_timeout_ms": 30_000,
    "heartbeat_interval_ms": 5_000,
    "max_poll_interval_ms": 300_000,
    "request_timeout_ms": 15_000,
}
PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "request_timeout_ms": 15_000,
    "max_request_size": 2**20,
}


def test_consumers_skip_nothing_and_commit_nothing_by_themselves() -> None:
    options = kafka.consumer_options(kafka.Cluster("localhost:1"), "group")
    assert {name: options[name] for name in CONSUMER} == CONSUMER
    assert options["group_id"] == "group"


def test_producers_wait_for_all_replicas_and_send_nothing_twice() -> None:
    options = kafka.producer_options(kafka.Cluster("localhost:1"), "me")
    assert {name: options[name] for name in PRODUCER} == PRODUCER


@pytest.mark.parametrize(
    ("client", "options"),
    [
        (AIOKafkaConsumer, kafka.consumer_options(kafka.Cluster("localhost:1"), "group")),
        (AIOKafkaProducer, kafka.producer_options(kafka.Cluster("localhost:1"), "me")),
    ],
)
def test_the_client_knows_every_option(client: type, options: dict[str, object]) -> None:
    assert options.keys() <= inspect.signature(client).parameters.keys()


async def test_a_producer_that_reached_no_broker_is_closed_and_says_so() -> None:
    with pytest.raises(KafkaError):
        await kafka.Producer(kafka.Cluster("127.0.0.1:1"), "tests").start()


@given(st.binary(), st.integers(1, 64))
def test_a_key_has_the_partition_that_every_other_writer_gives_it(key: bytes, count: int) -> None:
    partitions = list(range(count))
    assert kafka.partition(key, count) == DefaultPartitioner()(key, partitions, partitions)


def test_without_a_key_any_partition_that_is_there_will_do() -> None:
    assert {kafka.partition(None, 3) for _ in range(200)} == {0, 1, 2}
