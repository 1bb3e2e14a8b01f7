"""One person's calendar as slot search and booking see it: both ask it, so what is found can be booked."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.errors import Refused
from services.scheduling.domain import grid as quarters
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.grid import DAY, FULL, QUARTER, Grid, Pattern
from services.scheduling.domain.hours import (
    Hours,
    quarter_count,
    quarters_of,
    span_bits,
    weekly_bits,
    zone_of,
)

Times = tuple[datetime, datetime]
_MINUTE: Final = timedelta(minutes=1)
_PADDING: Final = timedelta(hours=8)
"""More than the longest meeting and both buffers."""


@dataclass(frozen=True, slots=True)
class Diary:
    """What is known of a person when a time is looked for.

    hours      weekly hours; None: any hour
    own        what the person set; None: nothing
    busy       times taken by meetings, buffers included, and in the person's other calendars
    starts     of meetings that count for the limits
    claims     which those meetings make
    is_open    False when other calendars of the person cannot be known: then no time is free
    optional   the person comes if they can: any time will do, and it is claimed if nothing else claims it
    """

    person: str
    hours: Hours | None = None
    own: Availability | None = None
    busy: tuple[Times, ...] = ()
    starts: tuple[datetime, ...] = ()
    claims: frozenset[str] = frozenset()
    is_open: bool = True
    optional: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the person's wall clock. Refused TIME_ZONE_UNKNOWN."""
        if self.own is not None:
            return zone_of(self.own.zone)
        return zone_of(self.hours.zone if self.hours else "UTC")

    @property
    def is_limited(self) -> bool:
        """Whether the person limits how many meetings there are."""
        return any(limit for _, limit in self._limits)

    @property
    def is_guess(self) -> bool:
        """Whether what it claims hangs on what else was claimed when it was read."""
        return self.is_limited or self.optional

    @property
    def moving(self) -> timedelta:
        """How long before its start the person wants a meeting to be moved at the latest."""
        return timedelta(0) if self.own is None or self.optional else self.own.moving * _MINUTE

    def possible(self, grid: Grid, length: timedelta, now: datetime) -> int:
        """Return the bits of `grid` on which a meeting could start.

        What lies outside of the grid counts as closed and as free: pad it by 8 hours on both sides.
        """
        if not self.is_open:
            return 0
        before, after = self._buffers
        open_ = quarters.runs(grid.project(self.zone, self._open()), quarter_count(length))
        reach = quarter_count(length + after)
        taken = quarters.spread(grid.touched(self.busy), quarter_count(before), reach)
        return open_ & ~taken & grid.project(self.zone, self._starts()) & self._in_time(grid, now)

    def require(self, start: datetime, end: datetime, now: datetime) -> None:
        """Raise Refused unless a meeting can be at that time, whatever else may be claimed.

        CALENDAR_STALE, NOTICE_TOO_SHORT, BEYOND_HORIZON, OUTSIDE_HOURS, LIMIT_REACHED, NOT_ON_STEP or BUSY.
        """
        if self.optional:
            return
        if not self.is_open:
            raise Refused("CALENDAR_STALE", "another calendar of one of the people cannot be read")
        if self.own is not None:
            self._require_in_time(start, now, self.own)
            self._require_open(start, end)
        before, after = self._buffers
        if any(start - before < last and first < end + after for first, last in self.busy):
            raise Refused("SLOT_TAKEN", "one of the people is busy then")

    def claims_for(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """Return what a meeting claims of this calendar: quarter hours with their buffers, and places.

        Where the person limits meetings, each takes a numbered place of its day and week. So of two bookings
        at once only one gets the last place. Refused LIMIT_REACHED.
        """
        if self.optional:
            wanted = tuple(claim(self.person, quarter) for quarter in quarters_of(start, end))
            return wanted if self.claims.isdisjoint(wanted) else ()
        before, after = self._buffers
        times = [claim(self.person, quarter) for quarter in quarters_of(start - before, end + after)]
        return (*times, *self._places(start))

    @property
    def _buffers(self) -> tuple[timedelta, timedelta]:
        if self.own is None:
            return timedelta(0), timedelta(0)
        return self.own.before * _MINUTE, self.own.after * _MINUTE

    def _in_time(self, grid: Grid, now: datetime) -> int:
        if self.own is None:
            return (1 << grid.count) - 1
        return grid.inside(now + self.own.notice * _MINUTE, now + timedelta(days=self.own.horizon))

    def _open(self) -> Pattern:
        """Return the quarter hours of days at which the person meets people."""
        week = None if self.hours is None else weekly_bits(self.hours.windows)
        own = self.own
        unlike = {} if own is None else {one.day: one.spans for one in own.overrides}

        def on(day: date) -> int:
            if (spans := unlike.get(day)) is not None:
                return span_bits(spans)
            if own is not None and own.is_closed(day):
                return 0
            return FULL if week is None else week[day.isoweekday()]

        return on

    def _starts(self) -> Pattern:
        """Return the quarter hours of days on which meetings may start."""
        if self.own is None:
            return lambda _: FULL
        step = step_bits(self.own.step)
        full = self._full()
        return lambda day: 0 if any(_period(day, unit) in full for unit, _ in self._limits) else step

    def _full(self) -> frozenset[str]:
        """Return the days and weeks of the person's calendar with as many meetings as there may be."""
        if not self.is_limited:
            return frozenset()
        days = [one.astimezone(self.zone).date() for one in self.starts]
        return frozenset(
            period
            for unit, limit in self._limits
            for period, count in Counter(_period(day, unit) for day in days).items()
            if 0 < limit <= count
        )

    @property
    def _limits(self) -> tuple[tuple[str, int], ...]:
        return () if self.own is None else (("day", self.own.per_day), ("week", self.own.per_week))

    def _places(self, start: datetime) -> list[str]:
        day = start.astimezone(self.zone).date()
        places = []
        for unit, limit in self._limits:
            if limit:
                names = [f"{self.person}/{_period(day, unit)}#{number + 1}" for number in range(limit)]
                free = [name for name in names if name not in self.claims]
                if not free:
                    raise _full()
                places.append(free[0])
        return places

    def _require_in_time(self, start: datetime, now: datetime, own: Availability) -> None:
        if start < now + own.notice * _MINUTE:
            raise Refused("NOTICE_TOO_SHORT", "one of the people wants to know earlier")
        if start > now + timedelta(days=own.horizon):
            raise Refused("BEYOND_HORIZON", "one of the people does not plan that far ahead")

    def _require_open(self, start: datetime, end: datetime) -> None:
        grid = Grid.over(start, end)
        if grid.project(self.zone, self._open()) != (1 << grid.count) - 1:
            raise Refused("OUTSIDE_HOURS", "one of the people takes no meetings then")
        day = start.astimezone(self.zone).date()
        if not self._full().isdisjoint(_period(day, unit) for unit, _ in self._limits):
            raise _full()
        if not grid.project(self.zone, self._starts()) & 1:
            raise Refused("NOT_ON_STEP", "one of the people starts meetings at other minutes")


def padded(start: datetime, end: datetime) -> Grid:
    """Return a grid around a time that is wide enough for meetings and buffers."""
    return Grid.over(start - _PADDING, end + _PADDING)


def claim(person: str, quarter: datetime) -> str:
    """Return the claim of `person` on a quarter hour, such as "e0100746/2026-03-02T12:15Z"."""
    return f"{person}/{quarter.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def is_claim_of(person: str, one: str) -> bool:
    """Whether it is `person` whose calendar a claim is on."""
    return one.startswith(f"{person}/")


def claimed(person: str, claims: tuple[str, ...]) -> list[Times]:
    """Return the quarter hours that claims of `person` stand for."""
    mine = f"{person}/"
    starts = [
        datetime.fromisoformat(one[len(mine) : -1]).replace(tzinfo=UTC)
        for one in claims
        if is_claim_of(person, one) and one.endswith("Z")
    ]
    return [(start, start + QUARTER) for start in starts]


@cache
def step_bits(minutes: int) -> int:
    """Return the quarter hours of a day that begin on a multiple of so many minutes."""
    return sum(1 << quarter for quarter in range(0, DAY, minutes * _MINUTE // QUARTER))


def _period(day: date, unit: str) -> str:
    """Return the day, or the week, such as "2026-W10", that a day is in."""
    if unit == "day":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _full() -> Refused:
    return Refused("LIMIT_REACHED", "one of the people has enough meetings then")
