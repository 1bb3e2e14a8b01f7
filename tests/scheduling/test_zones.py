"""Every change of every clock from 2020 to 2035, by two implementations that share nothing but the data.

Zones that change in the same way at the same hour of the day are the same to a grid of quarter hours, so the
heavy comparisons take one of each kind; the offsets themselves are compared for all.
"""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule, tz
from dateutil import zoneinfo as other

from services.scheduling.domain.grid import QUARTER, Grid
from services.scheduling.domain.hours import zone_of
from services.scheduling.domain.series import Rhythm

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
STEP = timedelta(days=10)
"""No zone changes twice within it: Morocco's Ramadan, the shortest time between two, is three times it."""

SECOND = timedelta(seconds=1)
DIFFERENT = {
    "Africa/Casablanca",  # dates of Ramadan are computed otherwise since
    "Africa/El_Aaiun",
    "America/Coyhaique",  # new in 2025
    "Europe/Chisinau",  # changes at another hour since 2024
    "Europe/Tiraspol",
    "Eire",  # dateutil takes its winter for summer time
    "Europe/Dublin",
}
"""Zones of which the other implementation, or the database that comes with it, knows something else."""

CASEY = "Antarctica/Casey"
"""The only one that changed beside a quarter hour: at 00:01, in 2020 to 2022. The grid is a minute off."""

NAMES = sorted(name for name in files("tzdata").joinpath("zones").read_text().split() if name != "Factory")


@pytest.fixture(scope="module", autouse=True)
def _packaged() -> Iterator[None]:
    """Read zones from the package, as services do: the system's files may be of another year."""
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


@dataclass(frozen=True)
class Change:
    """A zone's offset is `before` until `moment`, and `after` from then on."""

    zone: str
    moment: datetime
    before: timedelta
    after: timedelta

    @property
    def kind(self) -> tuple[timedelta, timedelta, int]:
        return self.before, self.after, self.moment.hour * 60 + self.moment.minute


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes_of(name: str) -> Iterator[Change]:
    zone, moment = ZoneInfo(name), FIRST
    before = offset(zone, moment)
    while moment < LAST:
        after = offset(zone, moment + STEP)
        if after != before:
            low, high = moment, moment + STEP
            while high - low > SECOND:
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            exact = high.replace(microsecond=0)
            yield Change(name, exact, before, after)
        moment, before = moment + STEP, after


@cache
def all_changes() -> tuple[Change, ...]:
    return tuple(change for name in NAMES for change in changes_of(name))


@cache
def one_of_each_kind() -> list[Change]:
    alike = (one for one in all_changes() if one.zone not in DIFFERENT | {CASEY})
    return list({change.kind: change for change in alike}.values())


def second(name: str) -> Any:
    """Return the zone by the other implementation, None if its older database has none of that name."""
    return other.get_zonefile_instance().get(name)


def test_there_is_something_to_compare() -> None:
    assert len(NAMES) > 400
    assert len(all_changes()) > 5_000
    assert len(one_of_each_kind()) > 60


def test_both_know_every_zone_and_change_it_at_the_same_second() -> None:
    for change in all_changes():
        zone = second(change.zone)
        if change.zone in DIFFERENT:
            continue
        assert change.moment.astimezone(zone).utcoffset() == change.after, change
        assert (change.moment - SECOND).astimezone(zone).utcoffset() == change.before, change


def test_clocks_stand_and_change_on_quarter_hours() -> None:
    """The grid of quarter hours counts on it."""
    for change in all_changes():
        assert change.moment.timestamp() % QUARTER.total_seconds() == 0 or change.zone == CASEY, change
        assert change.before % QUARTER == change.after % QUARTER == timedelta(0), change
    assert all(offset(ZoneInfo(name), FIRST) % QUARTER == timedelta(0) for name in NAMES)


def test_hours_on_the_wall_clock_are_the_same_quarter_hours_by_both() -> None:
    """01:30 to 03:15 and 22:45 to 24:00: around the hours at which clocks change, and midnight."""
    open_minutes = {*range(90, 195), *range(1365, 1440)}
    pattern = sum(1 << quarter for quarter in range(96) if quarter * 15 in open_minutes)
    for change in one_of_each_kind():
        grid = Grid.over(change.moment - timedelta(hours=26), change.moment + timedelta(hours=26))
        bits = grid.project(zone_of(change.zone), lambda _: pattern)
        for place in range(grid.count):
            moment = datetime.fromtimestamp((grid.first + place) * 900, UTC)
            wall = moment.astimezone(second(change.zone))
            expected = wall.hour * 60 + wall.minute in open_minutes
            assert bool(bits >> place & 1) is expected, (change, moment)


def test_patterns_are_asked_for_the_days_that_the_clock_shows() -> None:
    for change in one_of_each_kind():
        grid = Grid.over(change.moment - timedelta(hours=26), change.moment + timedelta(hours=26))
        asked = set[date]()

        def note(day: date, asked: set[date] = asked) -> int:
            asked.add(day)
            return 0

        grid.project(zone_of(change.zone), note)
        both = (change.moment - timedelta(hours=1), change.moment + timedelta(hours=1))
        shown = {one.astimezone(second(change.zone)).date() for one in both}
        assert shown <= asked


@pytest.mark.parametrize("ahead", range(-4, 5))
def test_a_daily_series_keeps_the_wall_clock_over_every_kind_of_change(ahead: int) -> None:
    """Its meetings are at, and up to an hour around, the time at which the clock changes."""
    for change in one_of_each_kind():
        first = change.moment - timedelta(days=3) + ahead * QUARTER
        ours = Rhythm(first, timedelta(hours=1), change.zone, days=1, count=6).starts()
        zone = second(change.zone)
        wall = first.astimezone(zone).replace(tzinfo=None, fold=0)
        walls = rrule.rrule(rrule.DAILY, count=6, dtstart=wall)
        theirs = [tz.resolve_imaginary(one.replace(tzinfo=zone)).astimezone(UTC) for one in walls]
        assert ours[1:] == theirs[1:], change
