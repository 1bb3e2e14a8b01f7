import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.kernel.auth import Keys, Tokens
from services.kernel.config import Settings
from services.kernel.rpc import status
from services.kernel.rpc.books import Books
from services.kernel.rpc.server import Server
from services.pb.mentoring.profiles.v1 import person_service_pb2_grpc as grpc_pb
from tests.fakes import books
from tests.kernel.issuer import ISSUER, Issuer
from tests.kernel.rpc.people import NAME, People


def settings(**changes: Any) -> Settings:
    """Return development settings of a process without servers behind it."""
    given = {
        "service": "profiles",
        "environment": "development",
        "mongo_url": "mongodb://127.0.0.1:1",
        "kafka_bootstrap": "127.0.0.1:1",
        "oidc_issuer": ISSUER,
        "oidc_jwks_url": ISSUER,
        "oidc_token_url": ISSUER,
        "drain_seconds": 5,
    }
    return Settings(**{**given, **changes})


Start = Callable[..., Awaitable["Running"]]


@dataclass
class Running:
    """A started server with its fake service and a client."""

    server: Server
    people: People
    channel: grpc.aio.Channel
    issuer: Issuer
    port: int
    books: Books

    @property
    def stub(self) -> grpc_pb.PersonServiceStub:
        return grpc_pb.PersonServiceStub(self.channel)

    def unary(self, method: str) -> Any:
        """Return a callable of a unary method that takes and gives bytes."""
        return self.channel.unary_unary(method)

    def streamed(self, method: str) -> Any:
        """Return a callable of a stream method that takes and gives bytes."""
        return self.channel.stream_stream(method)

    def auth(self, *more: tuple[str, str], **claims: Any) -> tuple[tuple[str, str], ...]:
        """Return metadata with a token of these claims."""
        return (("authorization", f"Bearer {self.issuer.token(**claims)}"), *more)


@pytest.fixture
async def start(oidc: Issuer, http: aiohttp.ClientSession) -> AsyncIterator[Start]:
    """Start servers with given settings; all stop with the test."""
    started: list[Running] = []

    async def begin(**changes: Any) -> Running:
        people = People()
        tokens = Tokens(Keys(oidc.jwks_url, http), ISSUER, "mentoring")
        servicer = (grpc_pb.add_PersonServiceServicer_to_server, people, NAME)
        kept = books()
        server = Server(settings(**changes), [servicer], tokens, kept)
        port = await server.start()
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        started.append(Running(server, people, channel, oidc, port, kept))
        return started[-1]

    yield begin
    for running in started:
        running.people.release.set()
        await running.channel.close()
        await running.server.drain()


@pytest.fixture
async def running(start: Start) -> Running:
    return await start()


@dataclass
class Failure:
    """What a client sees of a refused call."""

    code: grpc.StatusCode
    message: str
    details: list[Message]

    @property
    def info(self) -> error_details_pb2.ErrorInfo:
        """The one ErrorInfo."""
        found: list[error_details_pb2.ErrorInfo] = self.of(error_details_pb2.ErrorInfo)
        assert len(found) == 1
        return found[0]

    def of(self, kind: Any) -> list[Any]:
        return [detail for detail in self.details if isinstance(detail, kind)]

    @property
    def violations(self) -> dict[str, str]:
        """Field path -> description."""
        return {
            item.field: item.description
            for bad in self.of(error_details_pb2.BadRequest)
            for item in bad.field_violations
        }


async def failure(call: Awaitable[Any]) -> Failure:
    """Await a call that must fail and return how it did."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(call, 60)
    return failure_of(caught.value)


def failure_of(error: grpc.aio.AioRpcError) -> Failure:
    found = status.status_of(error)
    details = [unpacked(item) for item in found.details] if found else []
    return Failure(error.code(), error.details() or "", details)


KINDS = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.RetryInfo,
    error_details_pb2.QuotaFailure,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.RequestInfo,
)


def unpacked(item: Any) -> Message:
    kind = next(kind for kind in KINDS if item.Is(kind.DESCRIPTOR))
    message = kind()
    item.Unpack(message)
    return message
