"""The gRPC server of one process: gate, health, reflection in development, drain without a failed call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from services.kernel import metrics, tls
from services.kernel.auth import Tokens
from services.kernel.config import Settings
from services.kernel.rpc import policy, validation
from services.kernel.rpc.books import Books
from services.kernel.rpc.gate import Gate, Guards, Limits
from services.kernel.rpc.quotas import Meter
from services.kernel.rpc.recording import Recorder

MOST_PAUSES: Final = 5
"""So often is a pause repeated for callers that still come; some never look at health."""
LARGEST_MESSAGE: Final = 1 << 20
"""Bytes of one request, or of one message of a stream."""
OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.so_reuseport", 0),  # a second process on the same port must fail, not share it
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.max_connection_idle_ms", 900_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_metadata_size", 16_384),
    ("grpc.absolute_max_metadata_size", 32_768),
)
_OUTER_LIMIT = 2_000  # counts open health watches too, so far above the gate's own limit
_add_reflection: Any = reflection_pb2_grpc.add_ServerReflectionServicer_to_server
_SERVING: Any = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Any = health_pb2.HealthCheckResponse.NOT_SERVING


Servicer = tuple[Callable[[Any, grpc.aio.Server], None], Any, str]
"""One served service: generated `add_…_to_server`, its implementation, its full name in the contract."""


async def lull(
    arrived: Callable[[], int], pause: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Return after `pause` seconds in which no call came, or after `MOST_PAUSES` times that.

    A server that stops cuts off calls that are just coming in: their callers see CANCELLED, and only those
    who are told to try again. So it stops when callers have heard that it will, however busy they are.
    """
    for _ in range(MOST_PAUSES):
        before = arrived()
        await sleep(pause)
        if arrived() == before:
            return


class Routes:
    """What generated code adds its handlers to: by name only.

    grpc.aio waits for each registered method by itself, and every call pays for all of them: the more methods
    a process serves, the more. A generic handler finds the same methods with one wait.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self.add_generic_rpc_handlers = server.add_generic_rpc_handlers

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Register nothing: the generic handler that came just before has the same methods."""


class Server:
    """Serves `servicers` behind the gate. SystemExit if one of their methods has no valid policy."""

    def __init__(
        self, settings: Settings, servicers: Sequence[Servicer], tokens: Tokens, books: Books
    ) -> None:
        self._settings = settings
        self._servicers = servicers
        self._rules = policy.rules([name for _, _, name in servicers])
        limits = Limits(in_flight=settings.in_flight_limit)
        self._meter = Meter(books.usage, settings)
        self._recorder = Recorder(books.trail, settings.trusted_proxies)
        guards = Guards(
            tokens=tokens,
            books=books,
            limits=limits,
            settings=settings,
            meter=self._meter,
            recorder=self._recorder,
            sample=settings.trace_sample,
            callers=settings.grpc_tls_callers,
        )
        gate = Gate(settings.service, self._rules, guards)
        metrics.GRPC_IN_FLIGHT.set_function(lambda: gate.in_flight)
        self._gate = gate
        self._server = grpc.aio.server(
            interceptors=[gate], options=OPTIONS, maximum_concurrent_rpcs=_OUTER_LIMIT
        )
        self._health = health.aio.HealthServicer()
        self._names = ["", "readiness", *(name for _, _, name in servicers)]

    async def start(self) -> int:
        """Warm up, listen, report SERVING; return the port.

        OSError if the address is taken or a file of the certificate is gone, ValueError if they do not fit.
        """
        for rule in self._rules.values():
            validation.violations(rule.request())
        routes: Any = Routes(self._server)
        for add, implementation, _ in self._servicers:
            add(implementation, routes)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, routes)
        if self._settings.shows_contract:
            names = [name for _, _, name in self._servicers]
            shown = reflection.aio.ReflectionServicer([*names, health.SERVICE_NAME, reflection.SERVICE_NAME])
            _add_reflection(shown, routes)
        port = self._bind()
        await self._server.start()
        self._metering = asyncio.create_task(self._meter.run(), name="meter")
        await self._health.set("liveness", _SERVING)
        await self._report(_SERVING)
        return port

    def _bind(self) -> int:
        address, files = self._settings.grpc_address, self._settings.grpc_tls
        credentials = None if files is None else tls.server_credentials(files)
        try:
            if credentials is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}") from error

    async def drain(self) -> None:
        """Report NOT_SERVING, keep answering until callers have gone, then finish what is in flight."""
        await self._report(_NOT_SERVING)
        await lull(lambda: self._gate.arrived, self._settings.drain_pause_seconds)
        await self._server.stop(self._settings.drain_seconds)
        self._metering.cancel()
        await self._meter.flush()
        await self._recorder.settle()

    async def _report(self, state: Any) -> None:
        for name in self._names:
            await self._health.set(name, state)
