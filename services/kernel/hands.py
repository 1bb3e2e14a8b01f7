"""Work that waits for strangers, done beside the consumer: a slow one delays neither events nor the others.

What waits too long or dies with its process is handed out again by its timer.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from services.kernel import clock, log
from services.kernel.mongo import Ref

_AT_ONCE: Final = 64
_MOST_WAITING: Final = 10_000
_GOODBYE_SECONDS: Final = 5.0


class Hands:
    """Does `work` for what it is handed, each in a task of its own, `per_lane` at once within a lane's turns.

    A lane is what is slow as one, such as an endpoint.
    """

    def __init__(self, work: Callable[[Ref], Awaitable[None]], per_lane: int) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._lanes: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_lane))
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def hand_over(self, ref: Ref) -> None:
        """Begin; if all hands are full, its timer brings it again."""
        if ref.key not in self._tasks and len(self._tasks) < _MOST_WAITING:
            task = asyncio.create_task(self._done(ref), name=f"hand {ref.key}")
            self._tasks[ref.key] = task
            task.add_done_callback(lambda _: self._tasks.pop(ref.key, None))

    @asynccontextmanager
    async def turn(self, lane: str) -> AsyncIterator[None]:
        """Wait until `lane` takes one more."""
        async with self._lanes[lane], self._slots:
            yield

    async def close(self) -> None:
        """Let those on their way arrive, for a few seconds; the others are handed out again later."""
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_GOODBYE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _done(self, ref: Ref) -> None:
        clock.deadline.set(None)  # the one of the event that came here is over before a request can be
        try:
            await self._work(ref)
        except Exception as error:  # noqa: BLE001 -- whatever it was, its timer brings it again
            log.get_logger().warning("work_lost", about=ref.key, exc_info=error)
