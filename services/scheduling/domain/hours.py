"""Weekly hours and ranges of time, in quarter hours.

A quarter hour of UTC belongs to a person's hours when the wall clock shows, from its first to its last
minute, a time inside a window of that day; windows that meet (at midnight too) make one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kernel.errors import Invalid, Refused
from services.scheduling.domain.grid import QUARTER

FARTHEST = timedelta(days=62)
_QUARTER_MINUTES = 15
_USUAL_LIMIT = 20
_LARGEST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes after local midnight, the end exclusive, on an ISO weekday (1 Monday to 7 Sunday)."""

    day: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's weekly hours on the wall clock of an IANA zone."""

    zone: str
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time in UTC, the end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Range:
    """Where to look: not before `start`, over by `end` (UTC). The contract's limits hold for a range."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Raise Invalid RANGE_OUT_OF_BOUNDS unless the range is positive and at most 62 days long."""
        if not timedelta(0) < self.end - self.start <= FARTHEST:
            description = f"must be after start_time and at most {FARTHEST.days} days later"
            raise Invalid(
                "RANGE_OUT_OF_BOUNDS", f"end_time {description}", fields=(("end_time", description),)
            )


@dataclass(frozen=True, slots=True)
class Search:
    """Which free times: not before `start`, over by `end` (UTC), each `length` long, at most `limit`."""

    start: datetime
    end: datetime
    length: timedelta
    limit: int


def search(within: Range, length: timedelta, page_size: int, earliest: datetime) -> Search:
    """Return what to look for from `earliest` on; a page size of 0 means 20, more than 100 means 100."""
    limit = min(page_size or _USUAL_LIMIT, _LARGEST_LIMIT)
    return Search(max(within.start, earliest), within.end, length, limit)


def quarter_count(length: timedelta) -> int:
    """Return how many quarter hours a time of `length` touches when it starts on one."""
    return -(-length // QUARTER)


def on_quarter(moment: datetime) -> bool:
    """Whether a quarter hour of UTC starts then."""
    return moment == moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name. Refused TIME_ZONE_UNKNOWN."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise Refused("TIME_ZONE_UNKNOWN", "a person's time zone is not known here") from error


@lru_cache(maxsize=1024)
def weekly_bits(windows: tuple[Window, ...]) -> tuple[int, ...]:
    """Return the quarter hours that lie wholly inside windows, for each ISO weekday; nothing on day 0."""
    days = [[(one.start_minute, one.end_minute) for one in windows if one.day == day] for day in range(8)]
    return tuple(span_bits(tuple(spans)) for spans in days)


@lru_cache(maxsize=1024)
def span_bits(spans: tuple[tuple[int, int], ...]) -> int:
    """Return the quarter hours of a day that lie wholly inside spans of minutes; spans that meet make one."""
    minutes = {minute for first, last in spans for minute in range(first, last)}
    return sum(1 << quarter for quarter in _whole(minutes))


def _whole(minutes: set[int]) -> Iterator[int]:
    for quarter in {minute // _QUARTER_MINUTES for minute in minutes}:
        first = quarter * _QUARTER_MINUTES
        if minutes.issuperset(range(first, first + _QUARTER_MINUTES)):
            yield quarter


def quarters_of(start: datetime, end: datetime) -> tuple[datetime, ...]:
    """Return the starts, in UTC, of the quarters that a time from `start` to `end` touches."""
    moment = start.astimezone(UTC)
    first = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return tuple(first + place * QUARTER for place in range(quarter_count(end - first)))
