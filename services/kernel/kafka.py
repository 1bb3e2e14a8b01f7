"""Records in and out of Kafka, with every setting whose default loses data or stalls written down."""

import asyncio
import random
import ssl
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from services.kernel import tracing
from services.kernel.password import Password

LARGEST_REQUEST: Final = 1_048_576
"""Bytes; brokers refuse more by default."""
_REQUEST_MS: Final = 15_000

TRACE: Final = "ce_traceparent"
"""The header that names the place in a trace from which a record was told."""

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent. The key chooses the partition, as Java clients do."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Received(Protocol):
    """What came: any of it may be missing or no text. `timestamp` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, by which SASL mechanism."""

    mechanism: str
    username: str
    password: Password


@dataclass(frozen=True, slots=True)
class Cluster:
    """How to reach the brokers at `bootstrap` (host:port[,host:port]); by default in the clear, unnamed."""

    bootstrap: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    login: Login | None = None

    def options(self) -> dict[str, Any]:
        """Return the settings of every client, admin clients included."""
        transport = "PLAINTEXT" if self.tls is None else "SSL"
        given = {"bootstrap_servers": self.bootstrap, "ssl_context": self.tls}
        if self.login is None:
            return {**given, "security_protocol": transport}
        return {
            **given,
            "security_protocol": f"SASL_{transport}",
            "sasl_mechanism": self.login.mechanism,
            "sasl_plain_username": self.login.username,
            "sasl_plain_password": self.login.password,
        }


def producer_options(cluster: Cluster, client_id: str) -> dict[str, Any]:
    """Return the settings of every producer: acknowledged by all replicas, in order, without duplicates."""
    return {
        **cluster.options(),
        "client_id": client_id,
        "acks": "all",
        "enable_idempotence": True,
        # Whoever publishes hands over whole batches: waiting for more would only delay them.
        "linger_ms": 0,
        # aiokafka sets lz4 to its slowest level: zstd takes a quarter of that time, two thirds of that space.
        "compression_type": "zstd",
        "max_batch_size": 131_072,
        "max_request_size": LARGEST_REQUEST,
        "request_timeout_ms": _REQUEST_MS,
    }


def partition(key: bytes | None, count: int) -> int:
    """Return the partition of a key as Java clients choose it; keys repeat, and the hash is slow here."""
    if key is None:
        return random.randrange(count)  # noqa: S311 -- spreads records, hides nothing
    return _hashed(key) % count


@lru_cache(maxsize=65_536)
def _hashed(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def consumer_options(cluster: Cluster, group: str) -> dict[str, Any]:
    """Return the settings of every consumer: nothing skipped, and nothing committed but by us."""
    return {
        **cluster.options(),
        "client_id": group,
        "group_id": group,
        "enable_auto_commit": False,
        # New partitions and new groups would skip what was written before they were seen.
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        # Work in hand is finished inside the rebalance, which must take shorter than this.
        "rebalance_timeout_ms": 60_000,
        "session_timeout_ms": 30_000,
        "heartbeat_interval_ms": 5_000,
        "max_poll_interval_ms": 300_000,
        "max_partition_fetch_bytes": LARGEST_REQUEST,
        "request_timeout_ms": _REQUEST_MS,
    }


class Producer:
    """Sends records in the order given. After an error close it: what it queued may still be sent."""

    def __init__(self, cluster: Cluster, client_id: str) -> None:
        self.cluster = cluster
        self._producer = AIOKafkaProducer(**producer_options(cluster, client_id))

    async def start(self) -> None:
        """Connect. KafkaError when no broker answers."""
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise

    async def stop(self) -> None:
        """Send what is queued and disconnect."""
        await self._producer.stop()

    async def publish(self, records: Sequence[Record]) -> None:
        """Return when the brokers have acknowledged all. KafkaError: some may be stored, some not.

        Whole batches are handed over: for each record by itself the client keeps a future and an answer,
        which takes several times as long as to write it.
        """
        started = time.perf_counter_ns()
        lanes = await self._lanes(records)
        sending = (self._send(*place, lane) for place, lane in lanes.items())
        for result in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        _note(records, time.perf_counter_ns() - started)

    async def _lanes(self, records: Sequence[Record]) -> dict[tuple[str, int], list[Record]]:
        """Return the records of each topic and partition, in their order."""
        topics = {record.topic for record in records}
        counts = {topic: len(await self._producer.partitions_for(topic)) for topic in topics}
        lanes: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
        for record in records:
            lanes[record.topic, partition(record.key, counts[record.topic])].append(record)
        return lanes

    async def _send(self, topic: str, number: int, records: Iterable[Record]) -> None:
        """Send the records of one partition, each batch once the one before it is acknowledged."""
        for batch in self._packed(records):
            await (await self._producer.send_batch(batch, topic, partition=number))

    def _packed(self, records: Iterable[Record]) -> Iterator[BatchBuilder]:
        """Write records into as few batches as hold them. MessageSizeTooLargeError."""
        batch = self._producer.create_batch()
        for record in records:
            if (written := _append(batch, record)) is None:
                yield batch
                batch = self._producer.create_batch()
                written = _append(batch, record)
            if written.size > LARGEST_REQUEST:
                raise MessageSizeTooLargeError(f"a record of {written.size} bytes for {record.topic}")
        yield batch


def _append(batch: BatchBuilder, record: Record) -> Any:
    """Write a record into a batch and return how it is written there; None when the batch is full."""
    return batch.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers))


def _note(records: Sequence[Record], nanoseconds: int) -> None:
    """Write down the sampled ones among records that were acknowledged together."""
    for record in records:
        if (place := _place(record.headers)) is not None:
            tracing.record(_sent(record, place, nanoseconds))


def _place(headers: Headers) -> tracing.Trace | None:
    for name, value in reversed(headers):  # ours is the last one
        if name == TRACE:
            return tracing.sampled(None if value is None else value.decode(errors="replace"))
    return None


def _sent(record: Record, place: tracing.Trace, nanoseconds: int) -> tracing.Span:
    """Return what OpenTelemetry says of a record that was sent."""
    texts = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
    about = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": record.topic,
        "cloudevents.event_id": texts.get("ce_id", ""),
        "cloudevents.event_type": texts.get("ce_type", ""),
    }
    here = tracing.child(place)
    return tracing.Span(
        f"send {record.topic}", here, place.span_id, nanoseconds, tracing.Kind.PRODUCER, about
    )
