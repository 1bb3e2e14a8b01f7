"""Hours of a week in people's own zones -> one bit for each quarter hour of a UTC week.

Overlap of two people is the number of common bits. Wall times are converted with zoneinfo's fold 0: a time
that a clock change repeats means its first occurrence, one that it skips is read with the offset before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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


def slots(windows: Sequence[Window], where: ZoneInfo, monday: datetime) -> int:
    """Return the bits of `windows` in the 7 days from `monday` (aware UTC); bit 0 is its first quarter hour.

    A quarter hour counts only when all of it is inside a window.
    """
    bits = 0
    for offset in range(-1, 8):  # local days that reach into the UTC week from either side
        day = (monday + timedelta(days=offset)).date()
        for window in windows:
            if window.day == day.weekday():
                bits |= _span(
                    _utc(day, window.start_minute, where), _utc(day, window.end_minute, where), monday
                )
    return bits


def minutes(common: int) -> int:
    """Return how many minutes the bits of `common` stand for."""
    return common.bit_count() * SLOT_MINUTES


def _utc(day: date, minute: int, where: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), where) + timedelta(minutes=minute)
    return local.astimezone(UTC)


def _span(start: datetime, end: datetime, monday: datetime) -> int:
    first = max(0, -((monday - start) // SLOT))
    last = min(SLOTS, (end - monday) // SLOT)
    return ((1 << (last - first)) - 1) << first if last > first else 0
