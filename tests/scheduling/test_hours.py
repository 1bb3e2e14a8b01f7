"""When two people are free: each on its own wall clock, through daylight saving, minus what is booked."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, Refused
from services.scheduling.domain.diary import Diary
from services.scheduling.domain.grid import QUARTER
from services.scheduling.domain.hours import (
    Hours,
    Range,
    Search,
    Slot,
    Window,
    on_quarter,
    quarters_of,
    search,
)
from services.scheduling.domain.slots import free_slots as free_in_diaries
from tests.scheduling.factories import MINUTE, MORNING, NOON, UTC_HOURS, WORKDAYS

ALWAYS = Hours("UTC", tuple(Window(day, 0, 1440) for day in range(1, 8)))
HOUR = 60 * MINUTE
SPRING_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)
"""Sunday on which Berlin's clocks go from 02:00 to 03:00, at 01:00 UTC."""
FALL_BACK = datetime(2026, 10, 25, tzinfo=UTC)
"""Sunday on which Berlin's clocks go from 03:00 back to 02:00, at 01:00 UTC."""


def free_slots(both: tuple[Hours, Hours], busy: Collection[datetime], search: Search) -> list[Slot]:
    """Return the free times of two people with these hours; `busy` are starts of quarter hours of either."""
    taken = tuple((start, start + QUARTER) for start in busy)
    mentor, mentee = both
    return free_in_diaries([Diary("one", mentor, busy=taken), Diary("other", mentee)], search, MORNING)


def starts(hours: Hours, day: datetime, length: timedelta = QUARTER, days: int = 1) -> list[str]:
    """Return the UTC times at which a person with `hours` could begin on `day`."""
    within = Search(day, day + timedelta(days=days), length, limit=1000)
    return [f"{slot.start:%H:%M}" for slot in free_slots((hours, ALWAYS), (), within)]


def test_both_must_be_free() -> None:
    """Berlin works from 8 to 16 UTC in winter, New York from 14 to 22: two hours are common."""
    both = (Hours("Europe/Berlin", WORKDAYS), Hours("America/New_York", WORKDAYS))
    found = free_slots(both, (), Search(MORNING, MORNING + timedelta(days=1), HOUR, limit=100))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["14:00", "14:15", "14:30", "14:45", "15:00"]
    assert found[0].end - found[0].start == HOUR


def test_common_hours_move_between_the_weeks_when_only_one_country_changed_its_clocks() -> None:
    """New York springs forward on 8 March 2026, Berlin on 29 March: three hours are common in between."""
    both = (Hours("Europe/Berlin", WORKDAYS), Hours("America/New_York", WORKDAYS))
    between = datetime(2026, 3, 10, tzinfo=UTC)
    found = free_slots(both, (), Search(between, between + timedelta(days=1), HOUR, limit=100))
    assert (f"{found[0].start:%H:%M}", f"{found[-1].start:%H:%M}") == ("13:00", "15:00")


def test_an_hour_that_the_clocks_skip_never_comes() -> None:
    window = Hours("Europe/Berlin", (Window(7, 90, 210),))  # 01:30 to 03:30
    assert starts(window, SPRING_FORWARD) == ["00:30", "00:45", "01:00", "01:15"]
    skipped = Hours("Europe/Berlin", (Window(7, 120, 180),))  # 02:00 to 03:00
    assert starts(skipped, SPRING_FORWARD) == []


def test_an_hour_that_the_clocks_repeat_comes_twice() -> None:
    repeated = Hours("Europe/Berlin", (Window(7, 120, 180),))  # 02:00 to 03:00
    assert starts(repeated, FALL_BACK) == [
        f"{hour}:{minute}" for hour in ("00", "01") for minute in ("00", "15", "30", "45")
    ]
    assert starts(repeated, FALL_BACK, length=2 * HOUR) == ["00:00"]


def test_windows_that_meet_make_one_also_over_midnight() -> None:
    late = Hours("UTC", (Window(1, 23 * 60, 1440), Window(2, 0, 60)))
    assert starts(late, MORNING.replace(hour=0), length=2 * HOUR, days=2) == ["23:00"]
    split = Hours("UTC", (Window(1, 600, 607), Window(1, 607, 630)))
    assert starts(split, MORNING) == ["10:00", "10:15"]


def test_a_quarter_hour_counts_only_when_it_is_wholly_inside() -> None:
    assert starts(Hours("UTC", (Window(1, 605, 650),)), MORNING) == ["10:15", "10:30"]


def test_booked_time_is_not_free() -> None:
    busy = quarters_of(NOON, NOON + 45 * MINUTE)
    found = free_slots((UTC_HOURS, UTC_HOURS), busy, Search(NOON, NOON + 2 * HOUR, HOUR, limit=100))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["12:45", "13:00"]


def test_slots_lie_wholly_inside_the_range_and_on_quarter_hours() -> None:
    start = NOON + 7 * MINUTE
    found = free_slots((UTC_HOURS, ALWAYS), (), Search(start, start + HOUR, QUARTER, limit=100))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["12:15", "12:30", "12:45"]


def test_no_more_than_the_limit_is_found() -> None:
    found = free_slots((ALWAYS, ALWAYS), (), Search(NOON, NOON + timedelta(days=9), QUARTER, limit=3))
    assert found == [Slot(NOON + place * QUARTER, NOON + (place + 1) * QUARTER) for place in range(3)]


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Refused, match="TIME_ZONE_UNKNOWN"):
        free_slots((Hours(zone, WORKDAYS), ALWAYS), (), Search(NOON, NOON + HOUR, QUARTER, limit=1))


@pytest.mark.parametrize("length", [timedelta(0), -HOUR, timedelta(days=62, milliseconds=1)])
def test_a_range_is_positive_and_at_most_62_days(length: timedelta) -> None:
    with pytest.raises(Invalid, match="RANGE_OUT_OF_BOUNDS") as refusal:
        Range(NOON, NOON + length)
    assert [path for path, _ in refusal.value.fields] == ["end_time"]


@pytest.mark.parametrize(("asked", "given_"), [(0, 20), (1, 1), (100, 100), (101, 100)])
def test_the_page_size_has_a_default_and_a_limit(asked: int, given_: int) -> None:
    assert search(Range(NOON, NOON + HOUR), HOUR, asked, MORNING).limit == given_


def test_the_past_counts_as_now() -> None:
    within = Range(MORNING, MORNING + timedelta(days=1))
    assert search(within, HOUR, 1, NOON).start == NOON
    assert search(within, HOUR, 1, MORNING - HOUR).start == MORNING


# --- for all zones of the world, around their changes of clocks -----------------------------------------

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # half-hour offset
    "Asia/Kathmandu",  # quarter-hour offset, no changes
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Chatham",  # quarter-hour offset with changes
    "Antarctica/Troll",  # changes by two hours
    "Africa/Casablanca",  # negative daylight saving around Ramadan
    "Pacific/Apia",
    "UTC",
)
_CHANGES = (
    SPRING_FORWARD,
    FALL_BACK,
    datetime(2026, 4, 4, 12, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
)
_windows = st.builds(
    lambda day, start, length: Window(day, start, min(1440, start + length)),
    st.integers(1, 7),
    st.integers(0, 1439),
    st.integers(1, 600),
)
_hours = st.builds(Hours, st.sampled_from(ZONES), st.lists(_windows, max_size=6).map(tuple))
_ranges = st.builds(
    lambda change, minutes, hours: (change - timedelta(days=1, minutes=minutes), timedelta(hours=hours)),
    st.sampled_from(_CHANGES),
    st.integers(0, 120),
    st.integers(1, 72),
)
_lengths = st.integers(15, 240).map(lambda minutes: minutes * MINUTE)


def inside(hours: Hours, minute: datetime) -> bool:
    """Whether a person's wall clock shows, at that minute, a time inside the weekly hours."""
    wall = minute.astimezone(ZoneInfo(hours.zone))
    shown = wall.hour * 60 + wall.minute
    return any(
        window.day == wall.isoweekday() and window.start_minute <= shown < window.end_minute
        for window in hours.windows
    )


def minutes_of(start: datetime, length: timedelta) -> list[datetime]:
    return [start + place * MINUTE for place in range(-(-length // MINUTE))]


@given(mentor=_hours, mentee=_hours, within=_ranges, length=_lengths)
def test_every_minute_of_every_slot_is_in_both_peoples_hours(
    mentor: Hours, mentee: Hours, within: tuple[datetime, timedelta], length: timedelta
) -> None:
    start, width = within
    found = free_slots((mentor, mentee), (), Search(start, start + width, length, limit=100))
    for slot in found:
        assert on_quarter(slot.start)
        assert start <= slot.start < slot.end <= start + width
        assert all(
            inside(hours, minute) for hours in (mentor, mentee) for minute in minutes_of(slot.start, length)
        )
    assert found == sorted(found, key=lambda slot: slot.start)


@given(mentor=_hours, mentee=_hours, within=_ranges, quarters=st.integers(1, 8))
def test_no_slot_is_overlooked(
    mentor: Hours, mentee: Hours, within: tuple[datetime, timedelta], quarters: int
) -> None:
    """The oracle knows no quarters, days or transitions: it looks at each minute's wall clock."""
    start, width = within
    length = quarters * QUARTER
    first = start - timedelta(minutes=start.minute % 15)
    expected = [
        moment
        for moment in (first + place * QUARTER for place in range(width // QUARTER + 1))
        if start <= moment and moment + length <= start + width
        if all(inside(hours, one) for hours in (mentor, mentee) for one in minutes_of(moment, length))
    ]
    found = free_slots((mentor, mentee), (), Search(start, start + width, length, limit=1000))
    assert [slot.start for slot in found] == expected


@given(within=_ranges, busy=st.sets(st.integers(0, 100), max_size=30), length=_lengths)
def test_no_slot_touches_a_booked_quarter(
    within: tuple[datetime, timedelta], busy: set[int], length: timedelta
) -> None:
    start, width = within
    first = start.replace(minute=0)
    taken = {first + place * QUARTER for place in busy}
    found = free_slots((ALWAYS, ALWAYS), taken, Search(start, start + width, length, limit=100))
    assert not [slot for slot in found if taken.intersection(quarters_of(slot.start, slot.end))]
