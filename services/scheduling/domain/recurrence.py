"""Events of other calendars as the times they take, recurrences within bounds.

A rule could ask for any amount of work: whatever recurs within a day, or needs too many steps, is refused
before it is computed. So are the rules of one document once they have needed too many together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final, cast

from dateutil import rrule

from services.kernel.errors import Invalid

MOST_TIMES: Final = 20_000
_MOST_STEPS: Final = 100_000
_EARLIEST: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- a wall clock
_PERIODS: Final = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_CYCLE_YEARS: Final = 400
"""After these the calendar is the same, weekdays too.

dateutil heeds the end of a rule only where that matches: one that never does is tried until the year 9999.
A rule that is moved as near to that year as it may be is soon there.
"""
MOST_EFFORT: Final = 30_000_000
"""Of all rules of one document: a few seconds. Thousands of weekly meetings need a third of it."""
_EFFORT_PER_RULE: Final = 1_000
_EFFORT_PER_DAY: Final = {"DAILY": 10, "WEEKLY": 3, "MONTHLY": 2, "YEARLY": 1}
"""What reading a rule takes, and trying a day by it, as measured with dateutil: in tenths of microseconds."""
_END_OF_TIME: Final = datetime(MAXYEAR, 12, 31)  # noqa: DTZ001 -- a wall clock
_WITHIN_A_DAY: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")

Times = tuple[datetime, datetime]
Rule = dict[str, str]
"""Parts of an RRULE, such as {"FREQ": "WEEKLY", "BYDAY": "MO,TH"}."""


@dataclass(frozen=True, slots=True)
class Window:
    """Between which moments times are wanted."""

    start: datetime
    end: datetime

    def clip(self, times: Sequence[Times]) -> Iterator[Times]:
        """Yield those that lie in it at least in part."""
        return (one for one in times if one[0] < self.end and one[1] > self.start)


class Effort:
    """What the rules of one document may need together."""

    def __init__(self) -> None:
        self._left = MOST_EFFORT

    def spend(self, frequency: str, days: int) -> None:
        """Note that a rule was tried on so many days. Invalid RECURRENCE_REFUSED once it is too much."""
        self._left -= _EFFORT_PER_RULE + _EFFORT_PER_DAY[frequency] * days
        if self._left < 0:
            raise refused("its rules need too many steps together")


@dataclass(frozen=True, slots=True)
class Entry:
    """An event on the wall clock of a zone: naive `start`; `until` of a rule is a moment in UTC or None.

    `without` are starts that do not take place, `also` further ones.
    """

    zone: tzinfo
    start: datetime
    length: timedelta
    rule: Rule | None = None
    until: datetime | None = None
    without: frozenset[datetime] = frozenset()
    also: tuple[datetime, ...] = ()

    def times(self, window: Window, effort: Effort) -> list[Times]:
        """Return when it takes place, never if it takes no time. Invalid RECURRENCE_REFUSED."""
        if not self.length:
            return []
        first = {self.start} if self.rule is None else self._recurring(window, effort)
        walls = {*first, *self.also}
        moments = (self._moment(wall) for wall in walls - self.without)
        return list(window.clip([(one, one + self.length) for one in moments]))

    def _recurring(self, window: Window, effort: Effort) -> Iterator[datetime]:
        rule = dict(self.rule or {})
        first, last = (one.astimezone(self.zone).replace(tzinfo=None) for one in (window.start, window.end))
        begin = first - self.length - timedelta(days=1)
        _require_bounded(rule, self.start)
        start = self.start if "COUNT" in rule else _nearer(rule, self.start, begin)
        if self.until is not None:
            last = min(last, self.until.astimezone(self.zone).replace(tzinfo=None))
        count = int(rule.pop("COUNT", _MOST_STEPS))
        _require_few_steps(rule, start, last)
        if start > last:
            return
        text = ";".join(f"{part}={value}" for part, value in rule.items())
        years = (MAXYEAR - last.year) // _CYCLE_YEARS * _CYCLE_YEARS
        try:
            found = cast("rrule.rrule", rrule.rrulestr(text, dtstart=_moved(start, years)))
            walls, reached = _until(islice(found, count), _moved(last, years))
            if reached is None and len(walls) == count:
                reached = walls[-1]
            days = ((reached or _END_OF_TIME) - _moved(start, years)).days
            effort.spend(rule["FREQ"], days // int(rule.get("INTERVAL", "1")))
            yield from (one for wall in walls if (one := _moved(wall, -years)) >= begin)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise refused("its rule is malformed") from error

    def _moment(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def expand(entries: Sequence[Entry], window: Window) -> tuple[Times, ...]:
    """Return the times that entries take, in order, those that touch as one.

    Invalid RECURRENCE_REFUSED, also for more than 20,000 of them, and for rules that take too long to try.
    """
    found, effort = list[Times](), Effort()
    for entry in entries:
        found += entry.times(window, effort)
        if len(found) > MOST_TIMES:
            raise refused(f"there are more than {MOST_TIMES} of them in a year")
    return merged(found)


def merged(times: Sequence[Times]) -> tuple[Times, ...]:
    """Return times in order, those that touch or overlap as one."""
    joined: list[Times] = []
    for start, end in sorted(times):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def replaced(entry: Entry, starts: frozenset[datetime]) -> Entry:
    """Return an entry without the occurrences that have entries of their own."""
    return replace(entry, without=entry.without | starts)


def _require_bounded(rule: Rule, start: datetime) -> None:
    if rule.get("FREQ") not in _PERIODS:
        raise refused("it recurs within a day")
    if any("," in rule.get(part, "") for part in _WITHIN_A_DAY):
        raise refused("it recurs within a day")
    if start < _EARLIEST:
        raise refused("it begins before 1970")
    interval, count = rule.get("INTERVAL", "1"), rule.get("COUNT", "1")
    if not all(part.isascii() and part.isdigit() and int(part[:9]) > 0 for part in (interval, count)):
        raise refused("its rule is malformed")


def _require_few_steps(rule: Rule, start: datetime, last: datetime) -> None:
    """Refuse rules that try too many days; one with BY parts may try each day it spans."""
    days = max(0, (last - start).days)
    has_parts = any(part.startswith("BY") for part in rule)
    if days // (1 if has_parts else _PERIODS[rule["FREQ"]]) > _MOST_STEPS:
        raise refused("it needs too many steps")


def _nearer(rule: Rule, start: datetime, begin: datetime) -> datetime:
    """Return a later start of the same rule, so that the days long before are not tried one by one."""
    period = _PERIODS[rule["FREQ"]] * int(rule.get("INTERVAL", "1"))
    if rule["FREQ"] not in {"DAILY", "WEEKLY"} or start >= begin:
        return start
    return start + (begin - start).days // period * timedelta(days=period)


def _until(walls: Iterable[datetime], last: datetime) -> tuple[list[datetime], datetime | None]:
    """Return those up to `last`, and the first one after it, None if there is none."""
    found: list[datetime] = []
    for wall in walls:
        if wall > last:
            return found, wall
        found.append(wall)
    return found, None


def _moved(wall: datetime, years: int) -> datetime:
    return wall.replace(year=wall.year + years)


def refused(why: str) -> Invalid:
    """Return the refusal of an event that recurs."""
    description = f"holds an event that cannot be expanded: {why}"
    return Invalid("RECURRENCE_REFUSED", f"document {description}", fields=(("document", description),))
