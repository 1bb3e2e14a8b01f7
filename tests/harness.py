"""A service on real sockets for tests: its own database, the real gate, and tokens the gate accepts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
import grpc
from google.rpc import error_details_pb2

from services.kernel.auth import Keys, Tokens
from services.kernel.clock import Clock
from services.kernel.config import Settings
from services.kernel.mongo import Database
from services.kernel.rpc import status
from services.kernel.rpc.server import Server, Servicer
from tests.kernel.issuer import ISSUER, Issuer

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Served:
    """A running gRPC server: a channel to it, and tokens for anybody."""

    channel: grpc.aio.Channel
    issuer: Issuer

    def token(self, person: str, *roles: str, org: str = "acme") -> Metadata:
        """Return metadata with which a call comes from `person`."""
        token = self.issuer.token(sub=person, org=org, roles=list(roles))
        return (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def served(servicers: Sequence[Servicer]) -> AsyncIterator[Served]:
    """Serve on a free port until the block ends."""
    issuer = Issuer()
    await issuer.start()
    async with aiohttp.ClientSession() as http:
        server = Server(_settings(), servicers, Tokens(Keys(issuer.jwks_url, http), ISSUER, "mentoring"))
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Served(channel, issuer)
        await server.drain()
    await issuer.stop()


@asynccontextmanager
async def fresh_database(url: str, clock: Clock) -> AsyncIterator[Database]:
    """Connect to an empty database, dropped after the block; its indexes come with `migrate`."""
    name = f"test_{uuid4().hex[:12]}"
    async with Database(url, name, clock) as database:
        yield database
        await database.client.drop_database(name)


def reason(error: grpc.aio.AioRpcError) -> str:
    """Return the machine-readable reason a call was refused with; "" without one."""
    told, info = status.status_of(error), error_details_pb2.ErrorInfo()
    found = any(detail.Unpack(info) for detail in told.details) if told else False
    return info.reason if found else ""


def _settings() -> Settings:
    return Settings(
        service="tests",
        environment="development",
        mongo_url="mongodb://127.0.0.1:1",
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=ISSUER,
        oidc_jwks_url=ISSUER,
        oidc_token_url=ISSUER,
        drain_seconds=5,
    )
