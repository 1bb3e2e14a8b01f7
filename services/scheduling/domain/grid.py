"""Quarter hours of UTC as bits of one integer, so that weeks of two people are compared in a few operations.

A person's wall clock is laid onto them day by day. So daylight saving needs no cases: hours that a clock
skips never come, hours that it repeats come twice. From 2020 on all zones stand whole quarter hours apart
from UTC and change on them, but for one station in Antarctica that did so a minute later.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

QUARTER: Final = timedelta(minutes=15)
DAY: Final = 96
"""Quarter hours of a day on the wall clock, which is what a pattern has bits for."""

FULL: Final = (1 << DAY) - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = 900
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()

Pattern = Callable[[date], int]
"""Which quarter hours of a day on a wall clock: bit 0 begins at midnight."""


@dataclass(frozen=True, slots=True)
class Grid:
    """So many quarter hours from one on, numbered since 1970."""

    first: int
    count: int

    @classmethod
    def over(cls, start: datetime, end: datetime) -> "Grid":
        """Return those that a time touches, none if it is over before it starts."""
        first = _floor(start)
        return cls(first, max(0, _ceiling(end) - first))

    def touched(self, times: Iterable[tuple[datetime, datetime]]) -> int:
        """Return the bits of the quarter hours that times (start, end) touch."""
        digits = bytearray(b"0") * (self.count or 1)
        zero, count = self.first, self.count
        for start, end in times:  # thousands of them: calls and comparisons here are most of a search
            first = int(start.timestamp() // _SECONDS) - zero
            last = -int(-end.timestamp() // _SECONDS) - zero
            if 0 <= first < last <= count:
                digits[first:last] = b"1" * (last - first)
            elif first < count and last > 0 and first < last:
                first, last = max(0, first), min(count, last)
                digits[first:last] = b"1" * (last - first)
        return int(digits[::-1], 2)

    def inside(self, start: datetime, end: datetime) -> int:
        """Return the bits of the quarter hours that begin from `start` to `end`, both included."""
        first = max(0, _ceiling(start) - self.first)
        last = min(self.count, _floor(end) + 1 - self.first)
        return ((1 << (last - first)) - 1) << first if first < last else 0

    def project(self, zone: ZoneInfo, pattern: Pattern) -> int:
        """Return the bits of what a pattern holds on the wall clock of a zone."""
        begin = self.first // DAY
        once = cache(pattern)
        bits = 0
        for day in range(begin, _ceiling_div(self.first + self.count, DAY)):
            bits |= _utc_day(day, zone, once) << (day - begin) * DAY
        return (bits >> (self.first - begin * DAY)) & ((1 << self.count) - 1)

    def moments(self, bits: int) -> Iterator[datetime]:
        """Yield when the quarter hours of bits begin, earliest first."""
        while bits:
            lowest = bits & -bits
            yield _EPOCH + (self.first + lowest.bit_length() - 1) * QUARTER
            bits ^= lowest


def runs(bits: int, length: int) -> int:
    """Return the bits from which on `length` bits in a row are set."""
    found = bits
    for step in range(1, length):
        found &= bits >> step
    return found


def spread(bits: int, before: int, after: int) -> int:
    """Return the bits with a set one among the `before` ones ahead of them or the `after` from them on."""
    found = 0
    for step in range(after):
        found |= bits >> step
    for step in range(1, before + 1):
        found |= bits << step
    return found


def _utc_day(day: int, zone: ZoneInfo, pattern: Pattern) -> int:
    """Return the 96 bits of a day of UTC, numbered since 1970."""
    first, last = _offsets(zone, day)
    local, within = divmod(day * DAY + first, DAY)
    if first == last:
        both = pattern(_date(local)) | pattern(_date(local + 1)) << DAY
        return (both >> within) & FULL
    bits = 0
    for quarter, offset in enumerate(_every_offset(zone, day)):
        local, within = divmod(day * DAY + quarter + offset, DAY)
        bits |= (pattern(_date(local)) >> within & 1) << quarter
    return bits


@lru_cache(maxsize=100_000)
def _offsets(zone: ZoneInfo, day: int) -> tuple[int, int]:
    """Return how far a zone is ahead in the first and in the last quarter hour of a day of UTC."""
    begin = _EPOCH + timedelta(days=day)
    return _offset(zone, begin), _offset(zone, begin + (DAY - 1) * QUARTER)


@lru_cache(maxsize=2_000)
def _every_offset(zone: ZoneInfo, day: int) -> tuple[int, ...]:
    """Return how far a zone is ahead in each quarter hour of a day of UTC on which its clock changes."""
    begin = _EPOCH + timedelta(days=day)
    return tuple(_offset(zone, begin + quarter * QUARTER) for quarter in range(DAY))


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    """Return how many quarter hours a zone is ahead of UTC."""
    return (moment.astimezone(zone).utcoffset() or timedelta(0)) // QUARTER


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + day)


def _floor(moment: datetime) -> int:
    return (moment - _EPOCH) // QUARTER


def _ceiling(moment: datetime) -> int:
    return -((_EPOCH - moment) // QUARTER)


def _ceiling_div(count: int, size: int) -> int:
    return -(-count // size)
