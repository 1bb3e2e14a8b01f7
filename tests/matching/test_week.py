"""Hours in people's own zones as quarter hours of one UTC week, across clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.matching.domain import week
from services.matching.domain.week import Window
from tests.matching.factories import MONDAY

UTC_ZONE = ZoneInfo("UTC")
ZONES = (
    "UTC",
    "Africa/Nairobi",
    "America/Chicago",
    "Asia/Kathmandu",
    "Australia/Adelaide",
    "Pacific/Kiritimati",
)


def starts(bits: int, monday: datetime = MONDAY) -> list[datetime]:
    """Read the bits back as the UTC starts of their quarter hours."""
    return [monday + place * week.SLOT for place in range(week.SLOTS) if bits >> place & 1]


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, 1439))
    return Window(draw(st.integers(0, 6)), start, draw(st.integers(start + 1, 1440)))


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (datetime(2026, 3, 4, 12, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)),
        (datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)),
        (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)),
        (datetime(2026, 3, 9, 1, tzinfo=ZoneInfo("Asia/Tokyo")), datetime(2026, 3, 9, tzinfo=UTC)),
    ],
)
def test_the_coming_monday_is_the_next_in_utc_never_today(now: datetime, monday: datetime) -> None:
    assert week.coming_monday(now) == monday


def test_nairobi_nine_is_six_in_utc() -> None:
    bits = week.slots([Window(4, 9 * 60, 12 * 60)], ZoneInfo("Africa/Nairobi"), MONDAY)
    friday = MONDAY + timedelta(days=4)
    assert starts(bits)[0] == friday + timedelta(hours=6)
    assert week.minutes(bits) == 180


def test_kathmandu_quarter_hours_are_exact() -> None:
    """UTC+5:45 is the reason for quarter hours."""
    bits = week.slots([Window(1, 9 * 60, 10 * 60)], ZoneInfo("Asia/Kathmandu"), MONDAY)
    assert starts(bits)[0] == MONDAY + timedelta(days=1, hours=3, minutes=15)


def test_a_window_that_ends_at_midnight_reaches_the_last_quarter_hour() -> None:
    bits = week.slots([Window(6, 23 * 60, 1440)], UTC_ZONE, MONDAY)
    assert starts(bits)[-1] == MONDAY + timedelta(days=7) - week.SLOT


def test_only_whole_quarter_hours_count() -> None:
    assert week.minutes(week.slots([Window(0, 541, 569)], UTC_ZONE, MONDAY)) == 0
    assert week.minutes(week.slots([Window(0, 541, 571)], UTC_ZONE, MONDAY)) == 15


def test_monday_morning_in_kiritimati_is_the_week_before_in_utc_and_comes_again_at_the_end() -> None:
    """A window belongs to the UTC week that its hours fall into, whatever the local day is called."""
    bits = week.slots([Window(0, 9 * 60, 10 * 60)], ZoneInfo("Pacific/Kiritimati"), MONDAY)
    assert starts(bits)[0] == MONDAY + timedelta(days=6, hours=19)


def test_an_hour_that_spring_skips_is_not_there() -> None:
    """Chicago jumps from 02:00 to 03:00 on 2026-03-08."""
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert week.minutes(week.slots([Window(6, 60, 240)], ZoneInfo("America/Chicago"), monday)) == 120


def test_an_hour_that_autumn_repeats_is_there_twice() -> None:
    """Chicago lives 01:00 to 02:00 twice on 2026-11-01."""
    monday = datetime(2026, 10, 26, tzinfo=UTC)
    assert week.minutes(week.slots([Window(6, 0, 240)], ZoneInfo("America/Chicago"), monday)) == 300


def test_a_window_that_ends_in_a_skipped_hour_ends_at_the_jump() -> None:
    """01:00 to 02:30 on the day that jumps from 02:00 to 03:00 is an hour; 03:00 is outside."""
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert week.minutes(week.slots([Window(6, 60, 150)], ZoneInfo("America/Chicago"), monday)) == 60


def test_an_unknown_zone_is_refused_by_code() -> None:
    with pytest.raises(Invalid) as refusal:
        week.zone("Mars/Olympus")
    assert refusal.value.reason == "UNKNOWN_TIME_ZONE"


@given(st.lists(windows(), max_size=5), st.sampled_from(ZONES), st.integers(0, 104))
def test_every_bit_is_a_quarter_hour_inside_a_local_window(
    offered: list[Window], zone: str, weeks: int
) -> None:
    """Read back in local time, each quarter hour lies in one window, in weeks of clock changes too."""
    monday, where = MONDAY + timedelta(weeks=weeks), ZoneInfo(zone)
    for start in starts(week.slots(offered, where, monday), monday):
        local = start.astimezone(where)
        first = local.hour * 60 + local.minute
        assert any(
            window.day == local.weekday() and window.start_minute <= first < window.end_minute
            for window in offered
        )


@given(st.lists(windows(), max_size=5), st.sampled_from(ZONES))
def test_no_bit_lies_outside_the_week(offered: list[Window], zone: str) -> None:
    assert week.slots(offered, ZoneInfo(zone), MONDAY) < 1 << week.SLOTS


def test_weeks_of_one_clock_are_looked_at_once() -> None:
    assert week.phases([UTC_ZONE, ZoneInfo("Africa/Nairobi")], MONDAY) == (MONDAY,)


def test_a_clock_that_changes_within_weeks_makes_weeks_of_their_own() -> None:
    """Berlin jumps on the last Sunday of March: the weeks before, the one with the jump, the weeks after."""
    found = week.phases([ZoneInfo("Europe/Berlin"), UTC_ZONE], MONDAY)
    assert found == (MONDAY, MONDAY + 2 * week.WEEK, MONDAY + 3 * week.WEEK)


def test_a_clock_that_changes_later_is_not_looked_at() -> None:
    assert week.phases([ZoneInfo("Europe/Berlin")], datetime(2026, 1, 5, tzinfo=UTC)) == (
        datetime(2026, 1, 5, tzinfo=UTC),
    )


@given(st.lists(windows(), max_size=3), st.sampled_from((*ZONES, "Europe/Berlin")), st.integers(0, 104))
def test_every_week_ahead_has_the_hours_of_one_phase(offered: list[Window], zone: str, weeks: int) -> None:
    monday, where = MONDAY + timedelta(weeks=weeks), ZoneInfo(zone)
    seen = {week.slots(offered, where, one) for one in week.phases([where], monday)}
    ahead = (monday + place * week.WEEK for place in range(week.WEEKS_AHEAD))
    assert {week.slots(offered, where, one) for one in ahead} == seen
