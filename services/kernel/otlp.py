"""Sends sampled spans to an OpenTelemetry collector: OTLP 1 over HTTP, protobuf, by its published messages.

Spans wait in memory, at most MOST; who makes one never waits. What finds no room, or what the collector does
not take in spite of retries, is dropped and counted.
"""

import asyncio
import random
import ssl
import time
import uuid
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import aiohttp
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as pb

from services.kernel import log, metrics
from services.kernel.tracing import Span

MOST: Final = 4_096
"""Some 2 MiB; a second of 40 calls with a hundred spans each."""
BATCH: Final = 256
"""Encoded in about 5 ms, which the event loop does not notice."""
LINGER_SECONDS: Final = 1.0
TRIES: Final = 5
_SEND_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.5
_AGAIN: Final = frozenset({429, 502, 503, 504})
"""The statuses after which OTLP asks clients to come again."""
_PATH: Final = "/v1/traces"


class Waiting(NamedTuple):
    """A span and when it ended, in nanoseconds since 1970."""

    span: Span
    end: int


class Exporter:
    """Exports what `take` gets, while `run` runs."""

    def __init__(self, endpoint: str, about: tuple[str, str], trust: ssl.SSLContext | None = None) -> None:
        name, version = about
        self._url = endpoint.rstrip("/") + _PATH
        self._trust = trust
        self._resource = Resource(
            attributes=[
                _said("service.name", name),
                _said("service.namespace", "mentoring"),
                _said("service.version", version),
                _said("service.instance.id", str(uuid.uuid4())),
            ]
        )
        self._scope = InstrumentationScope(name="services.kernel.tracing", version=version)
        self._spans: deque[Waiting] = deque()
        self._enough = asyncio.Event()
        self._log = log.get_logger()

    def take(self, span: Span) -> None:
        """Keep a span to be sent; without room it is dropped. To be called in the event loop."""
        if len(self._spans) >= MOST:
            metrics.SPANS_DROPPED.labels("queue_full").inc()
            return
        self._spans.append(Waiting(span, time.time_ns()))
        if len(self._spans) >= BATCH:
            self._enough.set()

    async def run(self) -> None:
        """Send what waits, a second after it came or as soon as there is a batch, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._enough.wait()
            await self.flush()

    async def flush(self) -> None:
        """Send all that waits now. What is being sent when this is cancelled waits again."""
        self._enough.clear()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_SEND_SECONDS)) as session:
            while self._spans:
                batch = [self._spans.popleft() for _ in range(min(BATCH, len(self._spans)))]
                try:
                    await self._send(session, batch)
                except asyncio.CancelledError:
                    self._spans.extendleft(reversed(batch))
                    raise

    async def close(self) -> None:
        """Send what is left, in five seconds at most; what remains is dropped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.flush()
        metrics.SPANS_DROPPED.labels("stopped").inc(len(self._spans))
        self._spans.clear()

    async def _send(self, session: aiohttp.ClientSession, batch: Sequence[Waiting]) -> None:
        body = self._request(batch).SerializeToString()
        for tries in range(1, TRIES + 1):
            status, answer = await self._posted(session, body)
            if status not in {0, *_AGAIN}:
                self._note(status, answer, len(batch))
                return
            if tries < TRIES:
                await asyncio.sleep(random.uniform(0, _FIRST_PAUSE * 2.0**tries))  # noqa: S311 -- jitter
        self._drop("unreachable", len(batch))

    async def _posted(self, session: aiohttp.ClientSession, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer; status 0 without one."""
        headers = {"Content-Type": "application/x-protobuf"}
        try:
            async with session.post(
                self._url, data=body, headers=headers, ssl=self._trust or True, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, b""

    def _note(self, status: int, answer: bytes, count: int) -> None:
        """Count what became of a batch that was answered."""
        refused = count if status != 200 else _refused(answer)
        metrics.SPANS_EXPORTED.inc(count - refused)
        if refused:
            self._drop("refused", refused, status)

    def _drop(self, reason: str, count: int, status: int = 0) -> None:
        metrics.SPANS_DROPPED.labels(reason).inc(count)
        self._log.warning("spans_dropped", reason=reason, count=count, status=status)

    def _request(self, batch: Sequence[Waiting]) -> service.ExportTraceServiceRequest:
        spans = pb.ScopeSpans(scope=self._scope, spans=[_encoded(one) for one in batch])
        return service.ExportTraceServiceRequest(
            resource_spans=[pb.ResourceSpans(resource=self._resource, scope_spans=[spans])]
        )


def _refused(answer: bytes) -> int:
    """Return how many spans of a batch an answer says were not taken; what cannot be read says none."""
    try:
        return service.ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
    except DecodeError:
        return 0


def _encoded(waiting: Waiting) -> pb.Span:
    span = waiting.span
    return pb.Span(
        trace_id=bytes.fromhex(span.place.trace_id),
        span_id=bytes.fromhex(span.place.span_id),
        parent_span_id=bytes.fromhex(span.parent_id),
        name=span.name,
        kind=pb.Span.SpanKind.ValueType(span.kind),
        start_time_unix_nano=waiting.end - span.nanoseconds,
        end_time_unix_nano=waiting.end,
        attributes=[_said(name, value) for name, value in span.attributes.items()],
        status=pb.Status(code=pb.Status.STATUS_CODE_ERROR) if span.failed else None,
    )


def _said(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=value))
