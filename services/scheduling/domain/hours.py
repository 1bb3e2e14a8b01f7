"""When two people are free: weekly hours on each one's own wall clock, minus what is booked.

A quarter hour of UTC belongs to a person's hours when the wall clock shows, from its first to its last
minute, a time inside a window of that day. So daylight saving needs no cases: hours that a clock skips never
come, hours that it repeats come twice, and windows that meet (at midnight too) make one. All zones in use
stand whole quarter hours apart from UTC and change on them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kernel.errors import Invalid, Refused

QUARTER = timedelta(minutes=15)
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


def free_slots(both: tuple[Hours, Hours], busy: Collection[datetime], search: Search) -> list[Slot]:
    """Return free times on quarter hours, earliest first; they may overlap. `busy` are starts of quarters.

    Raises Refused TIME_ZONE_UNKNOWN.
    """
    mentor, mentee = map(_open, both)
    needed = quarter_count(search.length)
    found: list[Slot] = []
    run = 0
    for quarter in _quarters(search.start, search.end):
        free = quarter not in busy and mentor(quarter) and mentee(quarter)
        run = run + 1 if free else 0
        if run < needed:
            continue
        start = quarter - (needed - 1) * QUARTER
        found.append(Slot(start, start + search.length))
        if len(found) == search.limit:
            break
    return found


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


def _quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the starts of the quarters that lie wholly between two moments."""
    first = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    quarter = first if first == start else first + QUARTER
    while quarter + QUARTER <= end:
        yield quarter
        quarter += QUARTER


def _open(hours: Hours) -> Callable[[datetime], bool]:
    zone = zone_of(hours.zone)
    days = _quarters_of_days(hours.windows)

    def is_open(quarter: datetime) -> bool:
        wall = quarter.astimezone(zone)
        return (wall.hour * 60 + wall.minute) // _QUARTER_MINUTES in days.get(wall.isoweekday(), ())

    return is_open


@lru_cache(maxsize=1024)
def _quarters_of_days(windows: tuple[Window, ...]) -> dict[int, frozenset[int]]:
    """Return the quarters of the day, 0 to 95, that are wholly inside windows, per weekday."""
    return {day: frozenset(_whole(_minutes(windows, day))) for day in {window.day for window in windows}}


def _minutes(windows: Iterable[Window], day: int) -> set[int]:
    return {
        minute
        for window in windows
        if window.day == day
        for minute in range(window.start_minute, window.end_minute)
    }


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
