"""A rolling restart under load: one replica after the other stops and comes back, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import grpc
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.issuer import Issuer
from deploy.local.services import UNLIMITED
from services.kernel.mongo import Ref
from services.kernel.rpc import client
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from services.profiles.wire.people import person as encoded
from tests.processes import PATIENCE_SECONDS, READY_SECONDS, Make, Place, Started, making, place_for
from tests.profiles.factories import person

pytestmark = [
    pytest.mark.servers,
    pytest.mark.chaos,
    pytest.mark.apache,
]  # two members of one group rebalance
TOPIC = "mentoring.profiles.v1"
CALLERS = 4
DRAINING = {**UNLIMITED, "DRAIN_PAUSE_SECONDS": "0.5"}
"""One caller is a whole organization here; who balances calls needs a moment to see that a replica goes."""


@pytest.fixture
def place(mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path) -> Place:
    return place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)


@pytest.fixture
async def make(place: Place) -> AsyncIterator[Make]:
    async with making(place) as function:
        yield function


class Load:
    """People made without a pause by callers that balance and retry as our own services do."""

    def __init__(self, place: Place, stub: PersonServiceStub) -> None:
        self.made: set[str] = set()
        self.failed: list[grpc.aio.AioRpcError] = []
        self._place = place
        self._stub = stub
        self._numbers = count()
        self._over = asyncio.Event()
        self._answered = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Call until the block ends."""
        async with asyncio.TaskGroup() as callers:
            for _ in range(CALLERS):
                callers.create_task(self._call())
            try:
                yield
            finally:
                self._over.set()

    async def goes_on(self) -> None:
        """Return once another call was answered. TimeoutError."""
        self._answered.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._answered.wait()

    async def _call(self) -> None:
        token = self._place.issuer.mint(self._place.org, "office", "hr_admin")
        metadata = (("authorization", f"Bearer {token}"),)
        while not self._over.is_set():
            key = f"p{next(self._numbers)}"
            try:
                await self._stub.CreatePerson(self._request(key), metadata=metadata, timeout=10)
                self.made.add(self._place.name("people", key))
                self._answered.set()
            except grpc.aio.AioRpcError as error:
                self.failed.append(error)

    def _request(self, key: str) -> pb.CreatePersonRequest:
        stored = person(email=f"{key}@acme.example")
        message = encoded(Ref(self._place.org, key), stored)
        parent = f"organizations/{self._place.org}"
        return pb.CreatePersonRequest(parent=parent, person_id=key, person=message, request_id=f"make-{key}")


async def serving(replica: Started) -> None:
    """Return once callers have found a replica: it has answered one of them."""

    async def answered() -> bool:
        return 'grpc_method="CreatePerson"' in await replica.figures()

    await replica.process.until(answered, READY_SECONDS)


async def told(place: Place, people: set[str]) -> set[str]:
    """Return of whom the topic tells that they were made, once these are among them. TimeoutError."""
    found: set[str] = set()
    async with (
        AIOKafkaConsumer(
            TOPIC, bootstrap_servers=place.kafka_bootstrap, auto_offset_reset="earliest"
        ) as consumer,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        while not people <= found:
            record = await consumer.getone()
            headers = {name: value or b"" for name, value in record.headers}
            if headers.get("ce_tenant") == place.org.encode():
                found.add(headers["ce_subject"].decode())
    return found


async def test_a_rolling_restart_fails_no_call_and_loses_no_event(place: Place, make: Make) -> None:
    replicas = [make("profiles", **DRAINING) for _ in range(2)]
    for replica in replicas:
        await replica.start()
    target = f"ipv4:{','.join(replica.address for replica in replicas)}"
    async with grpc.aio.insecure_channel(target, options=client.OPTIONS) as channel:
        load = Load(place, PersonServiceStub(channel))
        async with load.running():
            for replica in replicas:
                await serving(replica)
            for replica in replicas:
                assert await replica.process.stop() == 0
                await load.goes_on()
                await replica.start()
                await serving(replica)
    assert load.failed == []
    assert await told(place, load.made) == load.made
