"""Publishes what aggregates tell: at least once, in order per aggregate, by one leader per service.

A crash between the acknowledgement and the $pull publishes the same events again under the same ids.
Readers see sequences they have seen, never a gap.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.kernel import log, metrics
from services.kernel.crash import crash_point
from services.kernel.events.codec import Attributes, headers
from services.kernel.kafka import Producer, Record
from services.kernel.mongo import Aggregates, Database, Lease, pending
from services.kernel.mongo.pending import Pending

BATCH: Final = 500
"""Documents per sweep, each with up to 100 events."""
_SWEEP_SECONDS: Final = 1.0
"""Between looks at all kinds: the longest wait if the doorbell of one is lost."""
_REST_SHARE: Final = 3
"""Rest after a sweep, in times of what it took: a busy machine is left to the commands."""
_LONGEST_REST: Final = 0.04
_RETRY_SECONDS: Final = 1.0
_MARGIN_SECONDS: Final = 1.0
"""Left of the lease when a sweep may still begin."""


class LostLease(Exception):  # noqa: N818 -- what happened, not a defect
    """Somebody else may lead by now."""


class Relay:
    """The relay of one service over all its kinds; `producer` makes a new one for each term of office."""

    def __init__(
        self,
        database: Database,
        kinds: Sequence[Aggregates[Any]],
        producer: Callable[[], Producer],
        *,
        linger: float = 0.01,
        ttl: float = 3.0,
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._producer = producer
        self._linger = linger
        self._lease = database.lease("outbox", ttl)
        self._news = database.news
        self._collections = {kind.kind.collection for kind in kinds}
        self._others = asyncio.Event()
        self._log = log.get_logger()

    async def run(self, stop: asyncio.Event) -> None:
        """Lead whenever nobody else does. After `stop` publish what is pending, then let go."""
        waker = asyncio.create_task(self._wake(stop))
        try:
            while not stop.is_set():
                await self._turn(stop)
        finally:
            waker.cancel()

    async def _wake(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._news.ring()

    async def _turn(self, stop: asyncio.Event) -> None:
        try:
            if await self._lease.acquire():
                await self._term(stop)
            else:
                await _pause(stop, self._lease.ttl * 0.4)
        except* (PyMongoError, KafkaError, OSError, TimeoutError, LostLease) as errors:
            metrics.OUTBOX_FAILURES.inc()
            self._log.warning("outbox_term_ended", exc_info=errors.exceptions[0])
            await _pause(stop, _RETRY_SECONDS)

    async def _term(self, stop: asyncio.Event) -> None:
        """Publish until `stop`, a failure or the loss of the lease, with a producer for this term only."""
        producer = self._producer()
        try:
            async with asyncio.TaskGroup() as beside:
                tasks = [beside.create_task(_renew(self._lease)), beside.create_task(self._ring())]
                await producer.start()
                await self._lead(producer, stop)
                for task in tasks:
                    task.cancel()
        finally:
            await producer.stop()
        await self._lease.release()

    async def _lead(self, producer: Producer, stop: asyncio.Event) -> None:
        look_at_all, unfinished = 0.0, set[str]()
        while True:
            last = stop.is_set()
            began = time.monotonic()
            looked = self._news.heard() | unfinished  # before reading: a later event rings again
            whole = last or began >= look_at_all
            if whole:
                looked, look_at_all = self._collections, began + _SWEEP_SECONDS
            published, unfinished = await self._sweep(producer, looked)
            if whole:
                _report(published)
            if unfinished:
                continue
            if last:
                return
            if stop.is_set():
                continue
            rest = max(self._linger, _REST_SHARE * (time.monotonic() - began))
            with suppress(TimeoutError):
                async with asyncio.timeout(look_at_all - time.monotonic()):
                    await self._news.bell.wait()
            await asyncio.sleep(min(rest, _LONGEST_REST))  # lets a batch build up

    async def _sweep(
        self, producer: Producer, collections: Collection[str]
    ) -> tuple[Sequence[Pending], set[str]]:
        """Publish what is pending in collections; return it, and which of them have more."""
        published, unfinished = list[Pending](), set[str]()
        for kind in self._kinds:
            if kind.kind.collection not in collections:
                continue
            found = await pending.events(kind, BATCH)
            if not found:
                continue
            if any(item.writer != self._news.writer for item in found):
                self._others.set()
            await self._publish(producer, kind, found)
            published += found
            if len(found) == BATCH or any(_is_cut(item) for item in found):
                unfinished.add(kind.kind.collection)
        return published, unfinished

    async def _publish(self, producer: Producer, kind: Aggregates[Any], found: Sequence[Pending]) -> None:
        if self._lease.left < _MARGIN_SECONDS:
            raise LostLease
        async with asyncio.timeout(self._lease.left):
            await producer.publish([record for item in found for record in records(item)])
        crash_point("after_publish_before_pull")
        await pending.remove(kind, found)
        _count(found)

    async def _ring(self) -> None:
        """Ring the bell also for what other processes of the service save, once one was seen to save.

        Who works alone spares the database a change stream, which takes a fifth of its time under load. The
        first save of another process is found by the look at all.
        """
        await self._others.wait()
        while True:
            with suppress(PyMongoError):  # the look at all every second covers the gap; open a new stream
                await self._database.listen(sorted(self._collections))
            await asyncio.sleep(_RETRY_SECONDS)


async def _renew(lease: Lease) -> None:
    while True:
        await asyncio.sleep(lease.ttl / 3)
        if not await lease.acquire():
            raise LostLease


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def _report(published: Sequence[Pending]) -> None:
    """Tell how much was found waiting by a look at all kinds, and since when."""
    now = time.time_ns()
    oldest = min((item.events[0]["at"] for item in published), default=now)
    metrics.OUTBOX_PENDING.set(sum(len(item.events) for item in published))
    metrics.OUTBOX_OLDEST_SECONDS.set(max(0.0, (now - oldest) / 1e9))


def _is_cut(item: Pending) -> bool:
    return len(item.events) == pending.EVENTS_PER_DOCUMENT


def records(item: Pending) -> list[Record]:
    """Return the records of a document's pending events, in order."""
    return [
        Record(
            event["topic"],
            event["key"].encode(),
            event["value"],
            headers(
                event["topic"],
                Attributes(
                    id=event["id"],
                    type=event["type"],
                    subject=event["subject"],
                    sequence=event["ver"],
                    tenant=item.tenant,
                    time=event["time"],
                    trace=event["trace"],
                ),
            ),
        )
        for event in item.events
    ]


def _count(found: Sequence[Pending]) -> None:
    now = time.time_ns()
    events = [event for item in found for event in item.events]
    for topic, count in Counter(event["topic"] for event in events).items():
        metrics.OUTBOX_PUBLISHED.labels(topic).inc(count)
    for event in events:
        metrics.OUTBOX_DELAY_SECONDS.observe(max(0, now - event["at"]) / 1e9)
