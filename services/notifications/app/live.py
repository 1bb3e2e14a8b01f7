"""Messages as they are written, for the people who look just now.

One source per process feeds all of them, and is open only while there are any.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from services.kernel.errors import Unavailable
from services.kernel.mongo import Ref, Versioned
from services.notifications.domain.messages import Message

Visit = Callable[[Ref, Versioned[Message]], None]
Source = Callable[[Visit, asyncio.Event], Awaitable[None]]
"""Calls back for every save once it has set the event, until it is cancelled or fails."""

Seen = tuple[Ref, Versioned[Message]]
_MOST_WAITING: Final = 1000
_PATIENCE_SECONDS: Final = 5.0


class Live:
    """Hands on what `source` tells to those it concerns."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._readers: dict[tuple[str, str], set[asyncio.Queue[Seen | None]]] = defaultdict(set)
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def of(self, tenant: str, person: str) -> AsyncIterator[AsyncIterator[Seen]]:
        """Follow one person's messages from when the block begins.

        Raises Unavailable STREAM_CUT when changes may have been missed: the source failed, or the reader is
        too slow.
        """
        queue: asyncio.Queue[Seen | None] = asyncio.Queue(_MOST_WAITING)
        key = (tenant, person)
        self._readers[key].add(queue)
        try:
            await self._ready()
            yield _items(queue)
        finally:
            self._leave(key, queue)

    async def _ready(self) -> None:
        if self._task is None or self._task.done():
            self._listening.clear()
            self._task = asyncio.create_task(self._listen(), name="live-messages")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._listening.wait()
        except TimeoutError as error:
            raise _cut() from error

    async def _listen(self) -> None:
        try:
            await self._source(self._visit, self._listening)
        finally:
            for queue in [queue for readers in self._readers.values() for queue in readers]:
                _end(queue)

    def _visit(self, ref: Ref, stored: Versioned[Message]) -> None:
        for queue in self._readers.get((ref.tenant, stored.state.person), ()):
            try:
                queue.put_nowait((ref, stored))
            except asyncio.QueueFull:
                _end(queue)

    def _leave(self, key: tuple[str, str], queue: asyncio.Queue[Seen | None]) -> None:
        self._readers[key].discard(queue)
        if not self._readers[key]:
            del self._readers[key]
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task = None


async def _items(queue: asyncio.Queue[Seen | None]) -> AsyncIterator[Seen]:
    while (item := await queue.get()) is not None:
        yield item
    raise _cut()


def _end(queue: asyncio.Queue[Seen | None]) -> None:
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)


def _cut() -> Unavailable:
    return Unavailable("STREAM_CUT", "changes may have been missed: ask again")
