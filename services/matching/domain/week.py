"""Hours of a week in people's own zones -> one bit for each quarter hour of a UTC week.

Overlap of two people is the number of common bits. A quarter hour is read in local time, so an hour that a
clock change skips is not there and one that it repeats is there twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.errors import Invalid

SLOT: Final = timedelta(minutes=15)
SLOT_MINUTES: Final = 15
SLOTS: Final = 7 * 24 * 4
"""Quarter hours of a week."""


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
    bits = 0
    for window in windows:
        bits |= _window_bits(window, where, monday)
    return bits


def minutes(bits: int) -> int:
    """Return how many minutes `bits` stand for."""
    return bits.bit_count() * SLOT_MINUTES


@lru_cache(maxsize=65_536)  # people of one zone offer the same hours
def _window_bits(window: Window, where: ZoneInfo, monday: datetime) -> int:
    return sum(
        1 << place
        for place, (day, minute) in enumerate(_local_times(where, monday))
        if day == window.day and window.start_minute <= minute <= window.end_minute - SLOT_MINUTES
    )


@lru_cache(maxsize=1024)
def _local_times(where: ZoneInfo, monday: datetime) -> tuple[tuple[int, int], ...]:
    """Return (weekday, minute of the day) at which each quarter hour begins there."""
    starts = ((monday + place * SLOT).astimezone(where) for place in range(SLOTS))
    return tuple((start.weekday(), start.hour * 60 + start.minute) for start in starts)
