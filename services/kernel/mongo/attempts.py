"""How long a command may try: turns of one aggregate, the caller's deadline, pauses after a lost race."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import pymongo
from pymongo.errors import ConnectionFailure, PyMongoError

from services.kernel.clock import deadline

T = TypeVar("T")
DEFAULT_SECONDS: Final = 5.0
"""Budget of a command outside of calls."""
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.1
_LEAST_BUDGET: Final = 0.001
"""None at all would be taken for no limit."""


class Unsure(Exception):  # noqa: N818 -- what is known
    """It may have been applied or not: read again."""


def deadline_or_default() -> float:
    """Return the `time.monotonic()` instant by which the running command must be through."""
    return deadline.get() or time.monotonic() + DEFAULT_SECONDS


def budget(end: float) -> AbstractContextManager[object]:
    """Let the driver's operations in here fail as timed out at `end`."""
    return pymongo.timeout(max(end - time.monotonic(), _LEAST_BUDGET))


def is_unknown(error: PyMongoError) -> bool:
    """Whether the operation may have been applied all the same."""
    return (
        error.timeout or isinstance(error, ConnectionFailure) or error.has_error_label("RetryableWriteError")
    )


class Turns:
    """Lets the commands of this process on one aggregate go one after another.

    Without it, callers of a hot aggregate spend their time losing version races to each other.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, key: str, end: float) -> asyncio.Lock:
        """Return the aggregate's lock, acquired. TimeoutError at `end`."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        if not lock.locked():
            await lock.acquire()
            return lock
        async with asyncio.timeout(end - time.monotonic()):
            await lock.acquire()
        return lock


async def until(end: float, attempt: Callable[[], Awaitable[T | None]]) -> T:
    """Repeat `attempt` until it returns something. TimeoutError at `end`, which `attempt` keeps to by itself.

    An unknown result is not a failure: the next attempt reads again and `seen` decides.
    """
    tries = 0
    unknown: Exception | None = None
    while time.monotonic() < end:
        try:
            result = await attempt()
            if result is not None:
                return result
        except (PyMongoError, Unsure) as error:
            if isinstance(error, PyMongoError) and not is_unknown(error):
                raise
            unknown = error if isinstance(error, PyMongoError) else None
        tries += 1
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**tries)
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 -- jitter, not secrecy
    raise unknown or TimeoutError("the deadline passed before the command got through")
