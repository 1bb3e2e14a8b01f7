"""Carries one record until it is done: its effect is stored, it is skipped, or it is a dead letter."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import grpc
from aiokafka.errors import KafkaError
from pymongo.errors import ConnectionFailure, PyMongoError

from services.kernel import clock, log, metrics, tracing
from services.kernel.errors import Conflict, Exhausted, Refusal, Unavailable
from services.kernel.events import spans
from services.kernel.events.codec import Event, Poison, decode, is_foreign, type_of
from services.kernel.events.dead_letters import DeadLetters, Failure
from services.kernel.events.handlers import Handlers
from services.kernel.events.life import Sign, watched_by
from services.kernel.kafka import Received
from services.kernel.tracing import Kind, Outcome

HANDLER_SECONDS: Final = 10.0
"""Deadline of one try."""


class Verdict(Enum):
    """What an error says about the record it came with."""

    DEAD = "the record itself is refused: no retry helps"
    RETRY = "may be the record: some tries, then a dead letter"
    WAIT = "something we depend on is away: wait for it, however long"


_AWAY = (Unavailable, Exhausted, ConnectionFailure, TimeoutError, KafkaError, OSError)
_AWAY_CODES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAUTHENTICATED,  # the issuer rotated its keys, or is down
    }
)


def verdict(error: Exception) -> Verdict:
    """Judge what a handler raised."""
    if isinstance(error, _AWAY) or (isinstance(error, PyMongoError) and error.timeout):
        return Verdict.WAIT
    if isinstance(error, grpc.aio.AioRpcError) and error.code() in _AWAY_CODES:
        return Verdict.WAIT
    if isinstance(error, Refusal) and not isinstance(error, Conflict):
        return Verdict.DEAD
    return Verdict.RETRY


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries of a failing record and the pauses between them: doubling from `first` up to `longest` seconds.

    Each pause is drawn between 0 and that, so that those who failed together do not return together.
    Five tries take 3 s at most, beside the handler's own time.
    """

    tries: int = 5
    first: float = 0.2
    longest: float = 5.0

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after the `attempt`-th try, counted from 1."""
        longest = min(self.longest, self.first * 2.0 ** min(attempt - 1, 30))
        return random.uniform(0, longest)  # noqa: S311 -- jitter, not secrecy


class Stopping(Exception):  # noqa: N818 -- what happened
    """The consumer stops while a record waits for something we depend on; it will come again."""


class Delivery:
    """Delivers to the handlers of one group."""

    def __init__(
        self,
        handlers: Handlers,
        dead_letters: DeadLetters,
        group: str,
        *,
        patience: Patience | None = None,
    ) -> None:
        self._handlers = handlers
        self._dead_letters = dead_letters
        self._group = group
        self._types = frozenset(name.encode() for name in handlers.types)
        self._long = frozenset(name.encode() for name in handlers.types if handlers.take_long(name))
        self._patience = patience or Patience()
        self._log = log.get_logger()

    def heard(self, records: Sequence[Received]) -> list[Received]:
        """Return the records that need a turn; the others, which mean nothing here, are done with that."""
        heard = [record for record in records if not is_foreign(record, self._types)]
        if skipped := len(records) - len(heard):
            self._count(records[0], "skipped", skipped)
        return heard

    def takes_long(self, record: Received) -> bool:
        """Whether a handler of the record is known to take long."""
        return type_of(record) in self._long

    async def deliver(self, record: Received, stop: asyncio.Event, note: Sign) -> None:
        """Return when the record is done; `note` is called for each try and each sign of life of its handler.

        Raises Stopping when `stop` cuts a wait, TooManyDeadLetters, and KafkaError when a dead letter could
        not be stored.
        """
        started = datetime.now(UTC)
        try:
            event = decode(record, self._handlers.types)
        except Poison as poison:
            await self._dead_letters.bury(record, Failure(poison.reason, started))
            self._count(record, "dlq")
            return
        if event is None:
            self._count(record, "skipped")
            return
        _enter(event)
        with self._span(event, record) as outcome:
            failure = await self._handled(event, record, stop, note)
            outcome.failed = failure is not None
        if failure is None:
            self._count(record, "ok")
            return
        await self._dead_letters.bury(record, Failure(failure[0], started, failure[1]))
        self._count(record, "dlq")

    async def _handled(
        self, event: Event[Any], record: Received, stop: asyncio.Event, note: Sign
    ) -> tuple[str, Exception] | None:
        """Try until the effect is there; return why it never will be."""
        tries, waits = 0, 0
        watched_by(lambda: _moved(note))
        while True:
            error = await self._tried(event, record)
            note()
            if error is None:
                return None
            judged = verdict(error)
            if judged is Verdict.WAIT:
                waits += 1
            else:
                tries += 1
            if judged is Verdict.DEAD or tries >= self._patience.tries:
                return _reason(error), error
            self._count(record, "retry")
            self._log.warning("event_retry", judged=judged.name, tries=tries, exc_info=error)
            await self._rest(self._patience.pause(tries + waits), stop)

    async def _tried(self, event: Event[Any], record: Received) -> Exception | None:
        takes_long = self._handlers.take_long(event.type)
        clock.deadline.set(None if takes_long else time.monotonic() + HANDLER_SECONDS)
        started = time.perf_counter()
        try:
            with _known_to_take_long(record) if takes_long else nullcontext():
                await self._handlers.handle(event)
        except Exception as error:  # noqa: BLE001 -- judged by the caller, logged, never dropped
            return error
        metrics.CONSUMER_SECONDS.labels(record.topic).observe(time.perf_counter() - started)
        age = (datetime.now(UTC) - event.time).total_seconds()
        metrics.EVENT_AGE_SECONDS.labels(event.type).observe(max(0.0, age))
        return None

    @staticmethod
    async def _rest(seconds: float, stop: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        if stop.is_set():
            raise Stopping

    def _span(self, event: Event[Any], record: Received) -> AbstractContextManager[Outcome]:
        if not tracing.is_sampled():
            return tracing.UNMEASURED
        about = spans.about(record, event, self._group)
        return tracing.span(spans.name(record), Kind.CONSUMER, **about)

    def _count(self, record: Received, outcome: str, number: int = 1) -> None:
        metrics.CONSUMER_RECORDS.labels(record.topic, self._group, outcome).inc(number)
        if outcome != "retry":
            metrics.CONSUMER_PROGRESS.set_to_current_time()


def _known_to_take_long(record: Received) -> AbstractContextManager[None]:
    """Let those who watch the lag know that what is behind this record waits for a reason."""
    return metrics.CONSUMER_LONG.labels(record.topic, str(record.partition)).track_inprogress()


def _moved(note: Sign) -> None:
    note()
    metrics.CONSUMER_PROGRESS.set_to_current_time()


def _enter(event: Event[Any]) -> None:
    """Make logs, traces and further events of the running task belong to the event."""
    log.bind(event_id=event.id, event_type=event.type)
    tracing.attach(tracing.parse(event.trace))


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, Refusal) else "HANDLER_FAILED"
