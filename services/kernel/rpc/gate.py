"""The one interceptor before every handler; the order of its steps is what it promises.

overload -> deadline -> certificate -> token -> rate -> role -> parse -> tenant -> validate -> request id ->
daily allowance -> handler -> serialise -> audit log, with metrics, one log line and the error table around
all of it. It takes and returns bytes: gRPC's own parsing would answer bad bytes before any check and leak
class names.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc
from google.protobuf.message import DecodeError, Message

from services.kernel import clock, log, metrics, tls, tracing
from services.kernel.allowances import LimitSettings
from services.kernel.auth import Caller, Tokens
from services.kernel.errors import Denied, Exhausted, Invalid, Unauthenticated
from services.kernel.rpc import context as contexts
from services.kernel.rpc import peers, status, validation
from services.kernel.rpc.books import Books
from services.kernel.rpc.claiming import claimed
from services.kernel.rpc.limits import Strikes, Throttle
from services.kernel.rpc.policy import Rule
from services.kernel.rpc.quotas import Allowances, Meter
from services.kernel.rpc.recording import Recorder
from services.kernel.rpc.uploads import read_out
from services.kernel.rpc.visit import Method, Visit

Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
else:
    Handler = grpc.RpcMethodHandler  # generic in its stubs only
Answer = Callable[[Visit, Any, Context], Awaitable[bytes | None]]

OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.")
"""Services that pass without any of this."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls at once; seconds for a call without a deadline, and at most, for unary and for stream calls."""

    in_flight: int = 512
    unary: tuple[float, float] = (10.0, 60.0)
    stream: tuple[float, float] = (60.0, 600.0)


@dataclass(frozen=True, slots=True)
class Guards:
    """What the gate asks: who calls, what was asked before, how much is allowed, the share to trace.

    `callers` are the names of which a client's certificate must hold one; none: any client may connect.
    """

    tokens: Tokens
    books: Books
    limits: Limits
    settings: LimitSettings
    meter: Meter
    recorder: Recorder
    sample: float = 0.0
    callers: Collection[str] = ()


class Gate(grpc.aio.ServerInterceptor):
    """Guards the methods that `rules` names; any other is UNIMPLEMENTED."""

    def __init__(self, service: str, rules: Mapping[str, Rule], guards: Guards) -> None:
        self._service = service
        self._rules = rules
        self._tokens = guards.tokens
        self._claims = guards.books.claims
        self._limits = guards.limits
        self._sample = guards.sample
        self._callers = frozenset(guards.callers)
        self._strikes = Strikes(guards.settings)
        self._throttle = Throttle(guards.settings)
        self._meter = guards.meter
        self._allowances = Allowances(guards.books.usage, guards.settings)
        self._trusted = guards.settings.trusted_proxies
        self._recorder = guards.recorder
        self._guarded: dict[str, Handler] = {}
        self._in_flight = 0
        self.arrived = 0
        """Calls that came so far."""

    @property
    def in_flight(self) -> int:
        """Calls being handled now."""
        return self._in_flight

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return the guarded handler, wrapped once per method."""
        path = handler_call_details.method
        if (known := self._guarded.get(path)) is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None or path.startswith(OPEN):
            return handler
        if path not in self._rules:
            return None
        kind = metrics.grpc_type(
            request_streaming=handler.request_streaming, response_streaming=handler.response_streaming
        )
        self._guarded[path] = self._guard(Method(path, self._rules[path], kind), handler)
        return self._guarded[path]

    def _guard(self, method: Method, handler: Handler) -> Handler:
        answer = self._answer(handler)
        streams = handler.request_streaming or handler.response_streaming
        limits = self._limits.stream if streams else self._limits.unary

        async def call(raw: Any, context: Context) -> bytes | None:
            visit = Visit(method, dict(context.invocation_metadata() or ()), self._sample)
            self._in_flight += 1
            self.arrived += 1
            try:
                seconds = self._begin(visit, context, limits)
                async with nullcontext() if seconds is None else asyncio.timeout(seconds):
                    reply = await answer(visit, raw, context)
                if self._recorder.wants(visit):
                    await self._recorder.ended(visit, context.peer() or "")
                return reply  # noqa: TRY300 -- what fails above is refused below
            except asyncio.CancelledError:
                visit.cancelled(context)
                self._recorder.cut_off(visit, context.peer() or "")
                raise
            except grpc.aio.AbortError:
                visit.aborted(context)
                raise
            except Exception as error:  # noqa: BLE001 -- the last place that can keep an error's text inside
                outcome = await self._refused(visit, error, context)
                if _still_heard(visit):
                    await read_out(raw, cast("float | None", context.time_remaining()))
                await context.abort_with_status(outcome)
            finally:
                self._in_flight -= 1
                visit.close()

        return _handler(handler, call)

    def _begin(self, visit: Visit, context: Context, limits: tuple[float, float]) -> float | None:
        """Admit the call; return the seconds to enforce here, None where gRPC enforces the caller's own."""
        tracing.attach(visit.trace)
        log.bind(request_id=visit.request_id, trace_id=visit.trace.trace_id)
        if self._in_flight > self._limits.in_flight:
            raise Exhausted("OVERLOADED", "too many calls at once")
        default, most = limits
        left = cast("float | None", context.time_remaining())
        if left is None:
            metrics.GRPC_NO_DEADLINE.inc()
        enforced = default if left is None else most if left > most else None
        clock.deadline.set(time.monotonic() + (enforced or left or 0.0))
        return enforced

    async def _admit(self, visit: Visit, context: Context) -> None:
        if self._callers and self._callers.isdisjoint(tls.peers(context)):
            raise Denied("CALLER_NOT_ALLOWED", "no name in the client's certificate may call this service")
        rule = visit.method.rule
        if not rule.public:
            visit.caller = await self._caller(visit.metadata, context)
            self._throttle.admit(visit.caller)
            self._meter.count(visit.caller)
            rule.permit(visit.caller)
        self._recorder.begin(visit)
        contexts.current.set(contexts.Call(visit.method.path, visit.request_id, visit.caller))

    async def _caller(self, metadata: Mapping[str, Any], context: Context) -> Caller:
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        if (known := self._tokens.remembered(token)) is not None:
            return known
        address = peers.address(context.peer() or "", metadata, self._trusted)
        self._strikes.check(address)
        try:
            return await self._tokens.caller(token if scheme.lower() == "bearer" else "")
        except Unauthenticated:
            self._strikes.add(address)
            raise

    def _answer(self, handler: Handler) -> Answer:
        parse, dump = handler.request_deserializer, handler.response_serializer
        if parse is None or dump is None:
            raise TypeError("a guarded handler needs a serializer and a deserializer")
        inner: Any = (
            handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
        )

        async def whole(visit: Visit, raw: bytes, context: Context) -> bytes | None:
            await self._admit(visit, context)
            request = _checked(visit, parse, raw)
            if not (visit.method.rule.quota or _has_id(visit, request)):
                visit.answer = await inner(request, context)
                return dump(visit.answer)
            async with self._held(visit, request):
                visit.answer = await inner(request, context)
                return dump(visit.answer)

        async def whole_from_parts(visit: Visit, raw: AsyncIterator[bytes], context: Context) -> bytes | None:
            await self._admit(visit, context)
            await self._recorder.started(visit, context.peer() or "")
            async with self._allowance(visit):
                return dump(await inner(_requests(visit, parse, raw), context))

        async def parts(visit: Visit, raw: bytes, context: Context) -> None:
            await self._admit(visit, context)
            request = _checked(visit, parse, raw)
            await self._recorder.started(visit, context.peer() or "")
            async with self._allowance(visit):
                await _send(inner(request, context), dump, context)

        async def parts_from_parts(visit: Visit, raw: AsyncIterator[bytes], context: Context) -> None:
            await self._admit(visit, context)
            await self._recorder.started(visit, context.peer() or "")
            async with self._allowance(visit):
                await _send(inner(_requests(visit, parse, raw), context), dump, context)

        if handler.request_streaming:
            return parts_from_parts if handler.response_streaming else whole_from_parts
        return parts if handler.response_streaming else whole

    @asynccontextmanager
    async def _held(self, visit: Visit, request: Message) -> AsyncIterator[None]:
        """Hold the caller to the request's id and, unless it comes again, to what is left of the day."""
        async with AsyncExitStack() as held:
            if not _has_id(visit, request) or await held.enter_async_context(claimed(self._claims, request)):
                await held.enter_async_context(self._allowance(visit))
            yield

    def _allowance(self, visit: Visit) -> AbstractAsyncContextManager[None]:
        if not visit.method.rule.quota or visit.caller is None:
            return nullcontext()
        return self._allowances.taken(visit.method.rule.quota, visit.caller)

    async def _refused(self, visit: Visit, error: Exception, context: Context) -> grpc.Status:
        """Note how the call ends and return what to tell the client."""
        outcome = status.outcome(error)
        visit.ended(outcome)
        if outcome.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            metrics.GRPC_LIMITED.labels(outcome.reason).inc()
        if not outcome.foreseen:
            log.get_logger().error("call_failed", method=visit.method.path, exc_info=error)
        await self._recorder.refused(visit, context.peer() or "")
        return status.encode(outcome, self._service, visit.request_id)


def _handler(original: Handler, call: Callable[[Any, Context], Awaitable[bytes | None]]) -> Handler:
    kind = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[original.request_streaming, original.response_streaming]
    return kind(call, None, None)  # grpc.aio takes coroutine functions here


def _still_heard(visit: Visit) -> bool:
    """Whether a refused client may finish sending: not where too many are here, or where nobody knows it."""
    turned_away = visit.caller is None and visit.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    return visit.method.hears_stream and not turned_away


def _has_id(visit: Visit, request: Message) -> bool:
    return visit.method.takes_id and bool(request.request_id)  # type: ignore[attr-defined]


def _checked(visit: Visit, parse: Callable[[bytes], Message], raw: bytes, *, first: bool = True) -> Message:
    """Return the request, checked. In later messages of a stream the resource name may be left out."""
    visit.raw = b"" if visit.method.hears_stream else raw
    try:
        request = parse(raw)
    except DecodeError:
        metrics.GRPC_DECODE_ERRORS.inc()
        raise Invalid("MALFORMED_REQUEST", "the bytes are not a message of the request's type") from None
    visit.request = visit.request or request
    malformed = visit.method.rule.tenancy(visit.caller, request) if visit.caller else ()
    if fields := validation.violations(request) or (malformed if first else ()):
        raise validation.refusal(fields)
    return request


async def _requests(
    visit: Visit, parse: Callable[[bytes], Message], raw: AsyncIterator[bytes]
) -> AsyncIterator[Message]:
    first = True
    async for item in raw:
        yield _checked(visit, parse, item, first=first)
        first = False
    if first:
        raise Invalid("EMPTY_STREAM", "send at least one message")


async def _send(
    items: AsyncGenerator[Message, None], dump: Callable[[Message], bytes], context: Context
) -> None:
    async with aclosing(items):
        async for item in items:
            await context.write(dump(item))
