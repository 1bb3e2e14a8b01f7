"""Calls to other services: one channel per target, each call with deadline, own identity and trace."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Protocol

import grpc
from google.protobuf import descriptor_pool
from grpc.aio import ClientCallDetails, Metadata, UnaryUnaryCall

from services.kernel import clock, ids, metrics, tls, tracing
from services.kernel.rpc import context, policy
from services.kernel.rpc.channel import RenewingChannel

DEFAULT_SECONDS = 5.0
MARGIN_SECONDS = 0.020
"""Kept back to answer our own caller when the other service is late."""
PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)
"""What another service may answer of which a later try may know better."""

_RETRY = {
    "maxAttempts": 3,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # A server of gRPC that stops answers CANCELLED to calls that are just coming in. Whoever gives a call up
    # makes no other one by that.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": ""},
    "methodConfig": [{"name": [{}], "retryPolicy": _RETRY}],
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
}
OPTIONS = (
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.dns_min_time_between_resolutions_ms", 10_000),
    ("grpc.max_metadata_size", 16_384),
)


class Identity(Protocol):
    """Gives tokens of this process's own identity."""

    async def token(self, org: str) -> str:
        """Return a token bound to `org`."""


def channel(address: str, identity: Identity, files: tls.Files | None = None) -> grpc.aio.Channel:
    """Open a channel for the process's life; calls fail as AioRpcError, or TimeoutError without time left.

    Encrypted with `files`. OSError or ValueError when they do not fit.
    """
    outbound = [Outbound(identity)]
    if files is None:
        return grpc.aio.insecure_channel(address, options=OPTIONS, interceptors=outbound)
    return RenewingChannel(
        files,
        lambda credentials: grpc.aio.secure_channel(
            address, credentials, options=OPTIONS, interceptors=outbound
        ),
    )


class Outbound(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds to each call what it needs; the organization is read from the request's own resource name."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, Any], Awaitable[UnaryUnaryCall[Any, Any]]],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> UnaryUnaryCall[Any, Any]:
        """Send the request on with deadline, token, traceparent and request id."""
        path = _text(client_call_details.method)
        with tracing.span(path.removeprefix("/"), tracing.Kind.CLIENT, rpc__system__name="grpc") as outcome:
            call = await self._sent(continuation, client_call_details, request, path)
            outcome.failed = await call.code() is not grpc.StatusCode.OK
            return call

    async def _sent(
        self,
        continuation: Callable[[ClientCallDetails, Any], Awaitable[UnaryUnaryCall[Any, Any]]],
        client_call_details: ClientCallDetails,
        request: Any,
        path: str,
    ) -> UnaryUnaryCall[Any, Any]:
        started = time.perf_counter()
        org = _rule(path).organization(request)
        sent = ClientCallDetails(
            method=client_call_details.method,
            timeout=_seconds(client_call_details.timeout),
            metadata=_metadata(client_call_details.metadata, await self._identity.token(org)),
            credentials=client_call_details.credentials,
            wait_for_ready=client_call_details.wait_for_ready,
        )
        call = await continuation(sent, request)
        try:
            code = await call.code()
        except asyncio.CancelledError:
            call.cancel()  # else it goes on to its deadline: waiting for a code is not waiting for the call
            raise
        _, service, method = path.split("/")
        metrics.GRPC_CLIENT_HANDLED.labels(service, method, metrics.grpc_code(code)).inc()
        metrics.GRPC_CLIENT_SECONDS.labels(service, method).observe(time.perf_counter() - started)
        return call


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method


@lru_cache(maxsize=256)
def _rule(path: str) -> policy.Rule:
    _, service, method = path.split("/")
    return policy.rule(descriptor_pool.Default().FindServiceByName(service).methods_by_name[method])


def _seconds(wished: float | None) -> float:
    left = DEFAULT_SECONDS if wished is None else wished
    end = clock.deadline.get()
    if end is not None:
        left = min(left, end - time.monotonic() - MARGIN_SECONDS)
    if left <= 0:
        raise TimeoutError("no time is left to ask another service")
    return left


def _metadata(given: Any, token: str) -> Metadata:
    known = context.current.get(None)
    sent = Metadata(*(given or ()))
    sent.add("authorization", f"Bearer {token}")
    if known and known.caller:
        sent.add("x-on-behalf-of", known.caller.subject)
    sent.add("x-request-id", known.request_id if known else ids.new_id())
    if (trace := tracing.header()) is not None:
        sent.add("traceparent", trace)
    return sent
