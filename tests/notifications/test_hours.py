"""When mails go out, by the clock of the person's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.notifications.domain.hours import Hours, Window, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Hours(quiet=(22 * 60, 7 * 60))
OFFICE = Hours(tuple(Window(day, 9 * 60, 17 * 60) for day in range(1, 6)))


def berlin(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=BERLIN)  # type: ignore[arg-type,misc]  # year to minute


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        (Hours(), berlin(2026, 3, 2, 3), berlin(2026, 3, 2, 3)),
        (NIGHT, berlin(2026, 3, 2, 21, 59), berlin(2026, 3, 2, 21, 59)),
        (NIGHT, berlin(2026, 3, 2, 22), berlin(2026, 3, 3, 7)),
        (NIGHT, berlin(2026, 3, 2, 6, 59), berlin(2026, 3, 2, 7)),
        (OFFICE, berlin(2026, 3, 2, 12), berlin(2026, 3, 2, 12)),
        (OFFICE, berlin(2026, 3, 6, 17), berlin(2026, 3, 9, 9)),
        (NIGHT, berlin(2026, 3, 28, 23), berlin(2026, 3, 29, 7)),  # the clock jumps forward in this night
        (NIGHT, berlin(2026, 10, 24, 23), berlin(2026, 10, 25, 7)),  # and back in this one
        (Hours(OFFICE.windows, (8 * 60, 10 * 60)), berlin(2026, 3, 2, 8), berlin(2026, 3, 2, 10)),
    ],
)
def test_what_comes_too_early_waits_for_the_next_opening_on_the_wall(
    hours: Hours, now: datetime, opening: datetime
) -> None:
    assert hours.opening(now.astimezone(UTC), BERLIN) == opening


def test_a_window_that_a_change_of_clocks_swallows_partly_opens_with_the_rest_of_it() -> None:
    """In this night 02:00 to 03:00 does not exist in Berlin."""
    sunday = Hours((Window(7, 2 * 60 + 15, 3 * 60 + 15),))
    assert sunday.opening(berlin(2026, 3, 28, 12).astimezone(UTC), BERLIN) == berlin(2026, 3, 29, 3)


_MINUTE = st.integers(0, 95).map(lambda quarter: quarter * 15)
_WINDOWS = st.lists(
    st.tuples(st.integers(1, 7), _MINUTE, _MINUTE)
    .filter(lambda one: one[1] < one[2])
    .map(lambda one: Window(*one)),
    max_size=4,
).map(tuple)
_QUIET = st.none() | st.tuples(_MINUTE, _MINUTE).filter(lambda one: one[0] != one[1])
_ZONES = st.sampled_from(sorted(name for name in available_timezones() if "/" in name)).map(ZoneInfo)
_MINUTES = 16 * 365 * 24 * 60
_MOMENTS = st.integers(0, _MINUTES).map(
    lambda minute: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


@given(_WINDOWS, _QUIET, _ZONES, _MOMENTS)
def test_the_opening_is_the_first_open_minute_in_every_zone(
    windows: tuple[Window, ...], quiet: tuple[int, int] | None, zone: ZoneInfo, now: datetime
) -> None:
    """The oracle walks minute by minute."""
    hours = Hours(windows, quiet)
    opening = hours.opening(now, zone)
    end = opening or now + timedelta(days=2)
    minutes = int((end - now).total_seconds()) // 60
    walked = (now + timedelta(minutes=step) for step in range(min(minutes, 2880)))
    assert not any(hours.is_open(moment.astimezone(zone)) for moment in walked)
    assert opening is None or hours.is_open(opening.astimezone(zone))


def test_hours_that_never_open_are_refused() -> None:
    with pytest.raises(Invalid, match="HOURS_NEVER_OPEN"):
        Hours((Window(1, 0, 60),), (0, 120)).require_opening()
    OFFICE.require_opening()


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "Europe/Berlin\0"])
def test_what_is_no_zone_counts_as_utc(name: str) -> None:
    assert zone_of(name) is UTC


def test_zones_are_known_by_their_names() -> None:
    assert str(zone_of("Europe/Berlin")) == "Europe/Berlin"  # equal only while nobody clears Python's cache
