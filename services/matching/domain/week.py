"""Hours of a week in people's own zones -> one bit for each quarter hour of a UTC week.

Overlap of two people is the number of common bits. A quarter hour is read in local time, so an hour that a
clock change skips is not there and one that it repeats is there twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from operator import or_
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from services.kernel.errors import Invalid

SLOT: Final = timedelta(minutes=15)
SLOT_MINUTES: Final = 15
SLOTS: Final = 7 * 24 * 4
"""Quarter hours of a week."""

MINUTE: Final = timedelta(minutes=1)
WEEK: Final = timedelta(days=7)
WEEKS_AHEAD: Final = 8
"""Weeks looked at: clocks that change later change for pairs who have met (house rule)."""

DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Hours that return every week: day 0 is Monday, minutes count from local midnight, end up to 1440."""

    day: int
    start_minute: int
    end_minute: int


def coming_monday(now: datetime) -> datetime:
    """Return the first Monday 00:00 UTC after `now` (aware): the week that a run looks at."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return midnight + timedelta(days=7 - midnight.weekday())


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone. Raises Invalid UNKNOWN_TIME_ZONE."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid("UNKNOWN_TIME_ZONE", "a member's time zone is unknown here") from error


def slots(windows: Iterable[Window], where: ZoneInfo, monday: datetime) -> int:
    """Return the bits of `windows` in the 7 days from `monday` (aware UTC); bit 0 is its first quarter hour.

    A quarter hour counts only when all of it is inside a window.
    """
    return _bits(windows, _clock(where, monday))


def weekly(windows: Sequence[Window], where: ZoneInfo, mondays: Iterable[datetime]) -> tuple[int, ...]:
    """Return `slots` of several weeks; those of one clock are counted once."""
    clocks = [_clock(where, monday) for monday in mondays]
    bits = {id(clock): _bits(windows, clock) for clock in {id(clock): clock for clock in clocks}.values()}
    return tuple(bits[id(clock)] for clock in clocks)


def minutes(bits: int) -> int:
    """Return how many minutes `bits` stand for."""
    return bits.bit_count() * SLOT_MINUTES


def phases(zones: Iterable[ZoneInfo], monday: datetime) -> tuple[datetime, ...]:
    """Return the Mondays, from `monday` (aware UTC) on, of weeks that differ in some zone's clock.

    Looks `WEEKS_AHEAD` weeks ahead; a week like an earlier one is left out.
    """
    clocks = tuple(dict.fromkeys(zones))
    first: dict[tuple[_Offsets, ...], datetime] = {}
    for place in range(WEEKS_AHEAD):
        week = monday + place * WEEK
        first.setdefault(tuple(_offsets(where, week) for where in clocks), week)
    return tuple(first.values())


_Offsets = tuple[tuple[int, timedelta], ...]
"""From which quarter hour of a week on a zone is how far from UTC."""


@lru_cache(maxsize=8192)
def _offsets(where: ZoneInfo, monday: datetime) -> _Offsets:
    starts = ((monday + place * SLOT).astimezone(where) for place in range(SLOTS))
    offsets = [start.utcoffset() or timedelta() for start in starts]
    return tuple(
        (place, offset) for place, offset in enumerate(offsets) if not place or offset != offsets[place - 1]
    )


class _Clock(NamedTuple):
    """A zone's local times in a UTC week: minutes of the local week at which quarter hours begin, in order.

    `before[n]` has the bits of the first n of them, so the bits of a window are two looks and a difference.
    """

    minutes: tuple[int, ...]
    before: tuple[int, ...]


@lru_cache(maxsize=8192)
def _clock(where: ZoneInfo, monday: datetime) -> _Clock:
    return _clock_like(_offsets(where, monday))


@lru_cache(maxsize=1024)  # about 60 KB each
def _clock_like(offsets: _Offsets) -> _Clock:
    """Return the clock of a week, which begins on Monday at 00:00 UTC, with these offsets."""
    changes = dict(offsets)
    offset, local = timedelta(), list[tuple[int, int]]()
    for place in range(SLOTS):
        offset = changes.get(place, offset)
        local.append(((place * SLOT + offset) % WEEK // MINUTE, place))
    local.sort()
    bits = accumulate((1 << place for _, place in local), or_, initial=0)
    return _Clock(tuple(minute for minute, _ in local), tuple(bits))


def _bits(windows: Iterable[Window], clock: _Clock) -> int:
    bits = 0
    for window in windows:
        midnight = window.day * DAY_MINUTES
        first = bisect_left(clock.minutes, midnight + window.start_minute)
        end = bisect_right(clock.minutes, midnight + window.end_minute - SLOT_MINUTES)
        if first < end:
            bits |= clock.before[end] ^ clock.before[first]
    return bits
