"""Fires the timers of aggregates when the platform's clock passes them.

One leader spares work; that a timer fires once is the version guard's doing, as with any other change.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from services.kernel import log, metrics, tracing
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.mongo import Aggregates, Database, pending
from services.kernel.mongo.documents import Document, Documents, Guarded, due_cause
from services.kernel.mongo.model import Kind
from services.kernel.mongo.pending import Timer
from services.kernel.tracing import Span
from services.kernel.vault import Unreadable

BATCH: Final = 500
_RETRY_SECONDS: Final = 1.0
POSTPONED: Final = timedelta(minutes=1)
"""How long a timer waits that failed, so that it does not keep others from firing."""


class StuckTimer(Exception):  # noqa: N818 -- what happened to one timer
    """`fire` neither told anything nor moved its timer: a defect of the kind."""


class Due:
    """The timers of one service over all its kinds, looked at every `interval` seconds.

    `sample` is the share of timers that begin a trace which is kept.
    """

    def __init__(
        self,
        database: Database,
        kinds: Sequence[Aggregates[Any]],
        clock: Clock,
        *,
        interval: float = 0.25,
        ttl: float = 3.0,
        sample: float = 0.0,
    ) -> None:
        self._sample = sample
        self._kinds = [kind for kind in kinds if kind.kind.fire is not None]
        self._clock = clock
        self._interval = interval
        self._lease = database.lease("due", ttl)
        self._log = log.get_logger()

    async def run(self, stop: asyncio.Event) -> None:
        """Fire what is due until `stop` is set."""
        if not self._kinds:
            await stop.wait()
            return
        while not stop.is_set():
            try:
                wait = await self._turn()
            except (PyMongoError, Unreadable) as error:
                self._log.warning("due_failed", exc_info=error)
                wait = _RETRY_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
        with suppress(PyMongoError):  # then it runs out by itself
            await self._lease.release()

    async def _turn(self) -> float:
        """Fire one round if leading; return the seconds until the next."""
        if self._lease.left < self._lease.ttl / 2 and not await self._lease.acquire():
            return self._lease.ttl * 0.4
        looked = [await self.fire(kind) for kind in self._kinds]
        return 0 if any(count == BATCH for count in looked) else self._interval

    async def fire(self, kind: Aggregates[Any]) -> int:
        """Fire up to `BATCH` timers of a kind that are due; return how many were due."""
        now, began = self._clock.now(), time.perf_counter_ns()
        due = await pending.timers(kind, now, BATCH, self._sample)
        if due:
            with _traced(kind, due, began):
                await self._fire(kind, due, now)
        return len(due)

    async def _fire(self, kind: Aggregates[Any], due: Sequence[Timer], now: datetime) -> None:
        documents = [timer.document for timer in due]
        unreadable = await self._unreadable(kind, documents)
        saves = [
            _postponed(timer.document, now)
            if timer.document["_id"] in unreadable
            else self._save(kind, timer, now)
            for timer in due
        ]
        await kind.sealing.seal(saves)
        writes = [UpdateOne(save.guard, save.update) for save in saves]
        won, refused = await pending.save(kind, writes, pending.sampled(due))
        crash_point("after_due_saved")
        for place in refused:
            await self._postpone(kind, documents[place], now)
        metrics.DUE_FIRED.labels(kind.kind.collection).inc(won)
        for document in documents:
            metrics.DUE_LATE_SECONDS.observe((now - document["due_at"]).total_seconds())

    async def _unreadable(self, kind: Aggregates[Any], documents: Sequence[Document]) -> set[str]:
        """Open documents; return the `_id` of each that could not be: the others fire all the same.

        All at once, which asks for their keys once; one by one only to find out which.
        """
        try:
            await kind.sealing.open(documents)
        except Unreadable:
            return await self._unreadable_of(kind, documents)
        return set()

    async def _unreadable_of(self, kind: Aggregates[Any], documents: Sequence[Document]) -> set[str]:
        unreadable: set[str] = set()
        for document in documents:
            try:
                await kind.sealing.open([document])
            except Unreadable as error:
                self._log.error("timer_unreadable", aggregate=document["_id"], exc_info=error)
                unreadable.add(document["_id"])
        return unreadable

    def _save(self, kind: Aggregates[Any], timer: Timer, now: datetime) -> Guarded:
        document, trace = timer
        try:
            return fired(kind.kind, kind.documents, document, now, trace.header())
        except Exception as error:  # noqa: BLE001 -- one broken timer must not keep all others from firing
            self._log.error("timer_failed", aggregate=document["_id"], exc_info=error)
            return _postponed(document, now)

    async def _postpone(self, kind: Aggregates[Any], document: Document, now: datetime) -> None:
        """Put off a timer whose save the database refused, such as for a broken `unique`."""
        self._log.error("timer_refused", aggregate=document["_id"])
        later = _postponed(document, now)
        await pending.save(kind, [UpdateOne(later.guard, later.update)])


@contextmanager
def _traced(kind: Aggregates[Any], due: Sequence[Timer], began: int) -> Iterator[None]:
    """Measure the block, and what was before it since `began`, as the first span of each timer's trace."""
    failed = True
    try:
        yield
        failed = False
    finally:
        spent, name = time.perf_counter_ns() - began, f"fire {kind.kind.collection}"
        for place in pending.sampled(due):
            tracing.record(Span(name, place, "", spent, failed=failed))


def fired(
    kind: Kind[Any],
    documents: Documents[Any],
    document: Document,
    now: datetime,
    trace: str | None = None,
) -> Guarded:
    """Return the save of a document whose time has come; what it tells goes on in `trace`.

    Raises StuckTimer, or what `fire` raises.
    """
    if kind.fire is None:
        raise StuckTimer
    state, events = kind.fire(documents.versioned(document).state, now)
    if events:
        return documents.changed(document, state, events, due_cause(document, trace), now)
    due_at = kind.due_at(state)
    if due_at is not None and due_at <= now:
        raise StuckTimer
    return documents.moved(document, state)


def _postponed(document: Document, now: datetime) -> Guarded:
    guard = {"_id": document["_id"], "version": document["version"]}
    return Guarded(guard, {"$set": {"due_at": now + POSTPONED}}, document["version"])
