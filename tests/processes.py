"""Services as an operator runs them: processes beside real servers, told and heard through real topics."""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from google.protobuf.message import Message

from deploy.local.issuer import Issuer
from deploy.local.keys import data_key
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Command, Process
from services.kernel.events import Event, encode
from services.kernel.kafka import Cluster, Producer

READY_SECONDS = 60.0
PATIENCE_SECONDS = 90.0
"""A killed member holds its partitions until its session of 30 s is over."""


@dataclass(frozen=True)
class Place:
    """Real servers, an organization that no other test uses, and a folder for logs."""

    mongo_url: str
    kafka_bootstrap: str
    issuer: Issuer
    folder: Path
    org: str

    def name(self, *segments: str) -> str:
        """Return a resource name in the organization."""
        return "/".join(("organizations", self.org, *segments))

    def environment(self, **more: str) -> dict[str, str]:
        """Return the settings of a service, with `more` added."""
        return {
            "ENVIRONMENT": "development",
            "MONGO_URL": self.mongo_url,
            "KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "OIDC_ISSUER": self.issuer.url,
            "OIDC_JWKS_URL": self.issuer.jwks_url,
            "OIDC_TOKEN_URL": self.issuer.token_url,
            "CLIENT_SECRET_FILE": str(self.issuer.secret_file),
            "DATA_KEY_FILE": str(self.folder / "data_key"),
            "CLOCK_FILE": str(self.folder / "clock"),
            **more,
        }

    async def tell(self, message: Message, key: str, event_id: str) -> None:
        """Publish an event as its writer would."""
        event: Event[Any] = Event(
            id=event_id,
            type=message.DESCRIPTOR.full_name,
            subject=self.name("tests", event_id),
            sequence=1,
            tenant=self.org,
            time=datetime.now(UTC),
            key=key,
            message=message,
        )
        producer = Producer(Cluster(self.kafka_bootstrap), "tests")
        await producer.start()
        try:
            await producer.publish([encode(event)])
        finally:
            await producer.stop()

    async def told(self, topic: str) -> AsyncGenerator[str, None]:
        """Yield the short types of the organization's events, also those to come. TimeoutError."""
        async with AIOKafkaConsumer(
            topic, bootstrap_servers=self.kafka_bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            while True:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    record: ConsumerRecord = await consumer.getone()
                headers: Mapping[str, bytes] = dict(record.headers)
                if headers.get("ce_tenant") == self.org.encode():  # others may leave poison there
                    yield headers["ce_type"].decode().rpartition(".")[2]


def place_for(mongo_url: str, kafka_bootstrap: str, issuer: Issuer, folder: Path) -> Place:
    """Return a place with an organization of its own."""
    data_key(folder / "data_key")
    return Place(mongo_url, kafka_bootstrap, issuer, folder, f"acme-{uuid.uuid4().hex[:8]}")


class Started:
    """One process of a service and the addresses at which it answers calls and tells its `metrics`."""

    def __init__(self, service: str, place: Place, **more: str) -> None:
        self.address, self.metrics = f"{LOOPBACK}:{free_port()}", f"{LOOPBACK}:{free_port()}"
        own = {"GRPC_ADDRESS": self.address, "METRICS_ADDRESS": self.metrics}
        argv = (sys.executable, "-m", f"services.{service}")
        env = place.environment(**own, **more)
        self.process = Process(Command(service, argv, place.folder / f"{service}.log", env))

    async def start(self) -> None:
        """Return once it is ready."""
        await self.process.start(self._ready, READY_SECONDS)

    async def figures(self) -> str:
        """Return its metrics."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{self.metrics}/metrics") as answer,
        ):
            return await answer.text()

    async def _ready(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://{self.metrics}/readyz") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientError:
            return False


Make = Callable[..., Started]


@asynccontextmanager
async def making(place: Place) -> AsyncIterator[Make]:
    """Give a function that makes processes; those left running at the end are stopped in order.

    Killed, they would hold partitions of their group: 30 s on Apache Kafka, for ever on the embedded broker.
    """
    made: list[Started] = []

    def make(service: str, **more: str) -> Started:
        made.append(Started(service, place, **more))
        return made[-1]

    try:
        yield make
    finally:
        await asyncio.gather(*(one.process.stop() for one in made))
