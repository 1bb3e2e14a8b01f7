"""One service on real sockets for tests: wired as in production, its own database, the real gate."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.kernel.audit.rpc import audit_servicer
from services.kernel.auth import Keys, ServiceIdentity, Tokens
from services.kernel.clock import Clock
from services.kernel.config import Settings
from services.kernel.events import Event
from services.kernel.mongo import Database, Ref
from services.kernel.probes import Health
from services.kernel.rpc import status
from services.kernel.rpc.books import Books
from services.kernel.rpc.server import Server
from services.kernel.run import Resources, Service
from services.kernel.run.privacy import with_privacy
from services.kernel.run.process import Build
from services.kernel.vault import Master
from tests.kernel.issuer import ISSUER, Issuer

MASTER = Master([bytes(range(32))])
RETENTION = timedelta(days=400)
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Running:
    """A service that answers on `channel`; nothing relays its events, nothing fires its timers."""

    service: Service
    channel: grpc.aio.Channel
    issuer: Issuer
    clock: Clock
    database: Database
    port: int

    def token(self, person: str, *roles: str, org: str = "acme") -> Metadata:
        """Return metadata with which a call comes from `person`."""
        token = self.issuer.token(sub=person, org=org, roles=list(roles))
        return (("authorization", f"Bearer {token}"),)

    async def hear(self, message: Message, event_id: str, *, org: str = "acme", sequence: int = 1) -> None:
        """Let the service handle an event as if its topic had brought it."""
        assert self.service.handlers is not None
        event: Event[Any] = Event(
            id=event_id,
            type=message.DESCRIPTOR.full_name,
            subject=f"organizations/{org}/tests/{event_id}",
            sequence=sequence,
            tenant=org,
            time=self.clock.now(),
            key=event_id,
            message=message,
        )
        await self.service.handlers.handle(event)

    async def told(self, ref: Ref) -> list[str]:
        """Return the short types of the events that an aggregate has told so far, in order."""
        for kept in self.service.kinds:
            document = await kept.collection.find_one({"_id": ref.key})
            if document is not None:
                return [event["type"].rpartition(".")[2] for event in document["outbox"]]
        return []


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """Serve an issuer until the block ends."""
    issuer = Issuer()
    await issuer.start()
    yield issuer
    await issuer.stop()


@asynccontextmanager
async def running(build: Build, mongo_url: str, clock: Clock, **more: Any) -> AsyncIterator[Running]:
    """Serve what `build` wires, on a free port and an empty database, with an issuer of its own.

    It ends with the block. `more` are further settings.
    """
    async with issuing() as issuer, trusting(issuer, build, mongo_url, clock, **more) as made:
        yield made


@asynccontextmanager
async def trusting(
    issuer: Issuer, build: Build, mongo_url: str, clock: Clock, **more: Any
) -> AsyncIterator[Running]:
    """Serve as `running` does, for callers of a given issuer."""
    settings = _settings(mongo_url, issuer, more)
    async with aiohttp.ClientSession() as http, fresh_database(mongo_url, clock) as database:
        keys = Keys(issuer.jwks_url, http)
        resources = Resources(
            settings=settings,
            clock=clock,
            database=database,
            http=http,
            keys=keys,
            tokens=Tokens(keys, ISSUER, settings.oidc_audience),
            identity=ServiceIdentity(
                issuer.token_url, (settings.identity, settings.client_secret_file), http
            ),
            health=Health(),
        )
        service = with_privacy(build(settings, resources), database)
        await database.migrate()
        servicers = [*service.servicers, audit_servicer(database.trail, RETENTION)]
        server = Server(settings, servicers, resources.tokens, Books.of(database))
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Running(service, channel, issuer, clock, database, port)
        await server.drain()
        await resources.close_channels()


@asynccontextmanager
async def fresh_database(url: str, clock: Clock) -> AsyncIterator[Database]:
    """Connect to an empty database, dropped after the block; its indexes come with `migrate`."""
    name = f"test_{uuid4().hex[:12]}"
    async with Database(url, name, clock, MASTER) as database:
        yield database
        await database.client.drop_database(name)
        for kept in ("keys", "audit"):
            await database.client.drop_database(f"{name}_{kept}")


def reason(error: grpc.aio.AioRpcError) -> str:
    """Return the machine-readable reason a call was refused with; "" without one."""
    told, info = status.status_of(error), error_details_pb2.ErrorInfo()
    found = any(detail.Unpack(info) for detail in told.details) if told else False
    return info.reason if found else ""


def _settings(mongo_url: str, issuer: Issuer, more: Mapping[str, Any]) -> Settings:
    usual = {
        "service": "tests",
        "environment": "development",
        "mongo_url": mongo_url,
        "kafka_bootstrap": "127.0.0.1:1",
        "oidc_issuer": ISSUER,
        "oidc_jwks_url": issuer.jwks_url,
        "oidc_token_url": issuer.token_url,
        "profiles_address": "127.0.0.1:1",  # nobody: tests that ask it bring their own
        "drain_seconds": 5,
    }
    return Settings(**{**usual, **more})
