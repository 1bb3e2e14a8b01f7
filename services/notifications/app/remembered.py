"""What changes seldom and every message asks for, read again after 5 seconds at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
REMEMBERED_SECONDS: Final = 5.0
MOST: Final = 10_000


class Remembered(Generic[K, T]):
    """What `read` returns for a key, which those who ask at the same time wait for together.

    Of more than `MOST` keys the longest known are forgotten.
    """

    def __init__(self, read: Callable[[K], Awaitable[T]], now: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._now = now
        self._known: dict[K, tuple[float, T]] = {}
        self._reading: dict[K, asyncio.Task[T]] = {}

    async def of(self, key: K) -> T:
        """Return it as known; whatever reading it raises reaches all who wait for it."""
        known = self._known.get(key)
        if known is not None and self._now() < known[0]:
            return known[1]
        reading = self._reading.get(key)
        if reading is None:
            # A context of its own: the first one's deadline is not that of the others.
            reading = asyncio.get_running_loop().create_task(self._anew(key), context=Context())
            self._reading[key] = reading
        return await asyncio.shield(reading)

    def forget(self, key: K) -> None:
        """Read again when asked next, whatever is being read just now."""
        self._known.pop(key, None)
        self._reading.pop(key, None)

    async def _anew(self, key: K) -> T:
        mine = asyncio.current_task()
        try:
            value = await self._read(key)
            if self._reading.get(key) is mine:
                self._keep(key, value)
            return value
        finally:
            if self._reading.get(key) is mine:
                del self._reading[key]

    def _keep(self, key: K, value: T) -> None:
        """Remember, in the order in which it runs out."""
        now = self._now()
        self._known.pop(key, None)
        self._known[key] = (now + REMEMBERED_SECONDS, value)
        while len(self._known) > MOST or next(iter(self._known.values()))[0] <= now:
            del self._known[next(iter(self._known))]
