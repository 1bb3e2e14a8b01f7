"""All services in this process, each wired as in production behind its own real socket and database."""

import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from deploy.local.keys import credential_key
from services.kernel.allowances import allowances
from services.kernel.audit.rpc import NAME as AUDIT
from services.kernel.clock import FixedClock
from services.kernel.rates import Rate
from services.kernel.rpc import policy
from tests.harness import Metadata, Running, issuing, reason, trusting
from tests.kernel.issuer import Issuer

SERVICES: Final = ("profiles", "matching", "mentorships", "scheduling", "notifications", "recognition")
_ASKED: Final = ("profiles", "matching")
"""Whom those after them ask while they answer."""
_PATIENCE: Final = 20.0
_MOMENT: Final = 0.3


@dataclass(frozen=True)
class Answer:
    """How a call ended and what it brought."""

    code: grpc.StatusCode
    reason: str
    messages: Sequence[Any]
    text: str = ""


class Platform:
    """Knows which service answers which method."""

    def __init__(self, issuer: Issuer, running: Sequence[Running]) -> None:
        self.issuer = issuer
        self.running = running
        self._channels = {name: at.channel for at in running for _, _, name in at.service.servicers}
        self._channels[AUDIT] = running[0].channel  # all of them answer this one

    @property
    def served(self) -> set[str]:
        """Full names of the services that the processes serve."""
        return set(self._channels)

    def token(self, *roles: str, org: str = "acme", person: str = "ada") -> Metadata:
        token = self.issuer.token(org=org, sub=person, roles=list(roles))
        return (("authorization", f"Bearer {token}"),)

    async def call(
        self,
        method: MethodDescriptor,
        request: Message | bytes,
        metadata: Metadata | None,
        *,
        brief: bool = False,
    ) -> Answer:
        """Send one request and wait for the end; if `brief` for a moment only: streams of news have none."""
        body = request if isinstance(request, bytes) else request.SerializeToString()
        path, parse = policy.path_of(method), GetMessageClass(method.output_type).FromString
        channel: Any = self._channels[method.containing_service.full_name]
        sent: dict[str, Any] = {"metadata": metadata or (), "timeout": _MOMENT if brief else _PATIENCE}
        if not method.server_streaming:
            call = channel.unary_unary(path, None, parse)(body, **sent)
        elif method.client_streaming:
            call = channel.stream_stream(path, None, parse)(iter([body]), **sent)
        else:
            call = channel.unary_stream(path, None, parse)(body, **sent)
        try:
            messages = [item async for item in call] if method.server_streaming else [await call]
        except grpc.aio.AioRpcError as error:
            return Answer(error.code(), reason(error), (), str(error))
        return Answer(grpc.StatusCode.OK, "", messages)

    async def close(self) -> None:
        """Stop what the services started beside themselves."""
        for at in self.running:
            for hook in at.service.stop:
                await hook()


@asynccontextmanager
async def platform(mongo_url: str, folder: Path) -> AsyncIterator[Platform]:
    """Serve everything until the block ends."""
    signing, credentials = folder / "signing", folder / "credentials"
    signing.write_bytes(b"k" * 32)
    credential_key(credentials)
    more: dict[str, Any] = {
        "signing_key_file": signing,
        "client_secret_file": signing,
        "credential_key_file": credentials,
        "public_url": "http://127.0.0.1:1",
        "smtp_port": 1,
        # The tests are few callers who call everything.
        "rate_address": Rate(10_000, 100_000),
        "rate_caller": Rate(10_000, 100_000),
        "rate_tenant": Rate(10_000, 100_000),
        "daily_quotas": allowances("all=0:0"),
    }
    clock = FixedClock(datetime.now(UTC))
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(issuing())
        running: list[Running] = []
        for name in SERVICES:
            build = importlib.import_module(f"services.{name}.__main__").build
            opened = trusting(issuer, build, mongo_url, clock, **more)
            running.append(await stack.enter_async_context(opened))
            if name in _ASKED:
                more[f"{name}_address"] = f"127.0.0.1:{running[-1].port}"
        made = Platform(issuer, running)
        yield made
        await made.close()
