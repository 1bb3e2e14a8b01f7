"""What time it is, as an argument: aware UTC datetimes truncated to milliseconds (MongoDB's grain)."""

import fcntl
import mmap
import os
import time
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""`time.monotonic()` instant by which the current call must be answered, None outside of calls."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSET_BYTES = 8


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC, whole milliseconds."""


def _moment(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=nanoseconds // 1_000_000)


def truncated(moment: datetime) -> datetime:
    """Return `moment` without what is below a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment."""
        return _moment(time.time_ns())


class DevelopmentClock:
    """The machine's clock plus an offset that every process reading the same file shares.

    The file holds one little-endian signed 64-bit number of nanoseconds; an absent one is made with 0.
    """

    def __init__(self, path: Path) -> None:
        handle = _open(path)
        self._offset = mmap.mmap(handle, _OFFSET_BYTES, prot=mmap.PROT_READ)
        os.close(handle)

    def now(self) -> datetime:
        """Return the present moment of the shared clock."""
        return _moment(time.time_ns() + int.from_bytes(self._offset[:_OFFSET_BYTES], "little", signed=True))


def advance(path: Path, by: timedelta) -> datetime:
    """Move the shared clock of `path` forward for all and return its new time. ValueError if backward."""
    if by < timedelta(0):
        raise ValueError("the clock only moves forward")
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        old = int.from_bytes(os.pread(handle, _OFFSET_BYTES, 0), "little", signed=True)
        new = old + by // timedelta(microseconds=1) * 1000
        os.pwrite(handle, new.to_bytes(_OFFSET_BYTES, "little", signed=True), 0)
    finally:
        os.close(handle)
    return _moment(time.time_ns() + new)


def _open(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(handle).st_size < _OFFSET_BYTES:
        os.ftruncate(handle, _OFFSET_BYTES)
    return handle


class FixedClock:
    """Stands still until told otherwise; for tests and simulations."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = truncated(now.astimezone(UTC))

    def now(self) -> datetime:
        """Return the moment set last."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move by `by` and return the new moment."""
        self._now = truncated(self._now + by)
        return self._now
