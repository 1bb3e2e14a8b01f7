"""The embedded broker lets its readers wait, as Apache Kafka does, and stops with all it was given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.fetch import FetchRequest_v11, FetchResponse_v11

from deploy.local import kafka, ports
from deploy.local.embedded import CORRELATION_BYTES, Peer

pytestmark = pytest.mark.servers

TOPIC = "news"
AN_HOUR_MS = 3_600_000


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[kafka.Embedded]:
    """Run an embedded broker with one topic of one partition."""
    embedded = kafka.Embedded(tmp_path / "data", tmp_path / "kafka.log")
    await embedded.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=embedded.address)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    yield embedded
    await embedded.kill()


@asynccontextmanager
async def connected(broker: kafka.Embedded) -> AsyncIterator[Peer]:
    """Open a connection and speak the protocol itself: a client would ask again unseen."""
    peer = Peer(*await asyncio.open_connection(ports.LOOPBACK, broker.port))
    yield peer
    peer.writer.close()


async def fetched(peer: Peer, wait_ms: int) -> bytes:
    """Ask once for the topic's records and return them."""
    everything = [(0, -1, 0, 0, 1 << 20)]
    request = FetchRequest_v11(-1, wait_ms, 1, 1 << 20, 0, 0, -1, [(TOPIC, everything)], [], "")
    answer = await peer.ask(RequestHeader_v1(request).encode() + request.encode())
    ((_, ((*_, records),)),) = FetchResponse_v11.decode(answer[CORRELATION_BYTES:]).topics
    return bytes(records or b"")


async def publish(broker: kafka.Embedded, text: bytes) -> None:
    """Store one record."""
    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        await producer.send_and_wait(TOPIC, text)


async def test_a_reader_waits_for_the_next_record(broker: kafka.Embedded) -> None:
    async with connected(broker) as patient, connected(broker) as hasty:
        waiting = asyncio.create_task(fetched(patient, AN_HOUR_MS))
        assert await fetched(hasty, 0) == b""
        assert not waiting.done()
        await publish(broker, b"at last")
        assert b"at last" in await waiting


async def test_a_restart_keeps_address_and_records(broker: kafka.Embedded) -> None:
    await publish(broker, b"kept")
    assert await broker.stop() == 0
    await broker.start()
    async with connected(broker) as peer:
        assert b"kept" in await fetched(peer, 0)
