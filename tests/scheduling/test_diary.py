"""When a person can be met: rules one by one, then against a second implementation around changes of clocks.

The oracle looks at every minute's wall clock with dateutil's own zone reader and zone data, and knows neither
bits nor quarters of days.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import zoneinfo as second
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Refused
from services.scheduling.domain.availability import Availability, Away, Override
from services.scheduling.domain.diary import Diary, Times, claimed
from services.scheduling.domain.grid import QUARTER
from services.scheduling.domain.hours import Hours, Search, Window
from services.scheduling.domain.slots import free_slots
from tests.examples import examples
from tests.scheduling.factories import MENTOR, MINUTE, MORNING, NOON, WORKDAYS

HOUR = 60 * MINUTE
DAY = 24 * HOUR
TUESDAY = MORNING.date() + timedelta(days=1)


def own(**what: Any) -> Availability:
    """Return what somebody set who is open on workdays from 9 to 17 UTC and wants no notice."""
    return Availability(**{"zone": "UTC", "windows": WORKDAYS, "notice": 0, **what})


def diary(rules: Availability, *busy: Times, starts: tuple[datetime, ...] = ()) -> Diary:
    hours = None if rules.windows is None else Hours(rules.zone, rules.windows)
    return Diary(MENTOR, hours, rules, busy, starts)


def found(rules: Availability, *busy: Times, starts: tuple[datetime, ...] = (), days: int = 1) -> list[str]:
    """Return at which times of the first day or days (from Monday on) an hour could begin."""
    midnight = MORNING.replace(hour=0)
    search = Search(midnight, midnight + days * DAY, HOUR, limit=1000)
    slots = free_slots([diary(rules, *busy, starts=starts)], search, MORNING - DAY)
    return [f"{slot.start:%d %H:%M}" for slot in slots]


def test_a_step_is_of_the_hour_on_the_persons_own_clock() -> None:
    assert found(own(step=60))[:2] == ["02 09:00", "02 10:00"]
    in_india = own(step=60, zone="Asia/Kolkata", windows=(Window(1, 600, 720),))
    assert found(in_india) == [
        "02 04:30",
        "02 05:30",
    ]


def test_an_override_replaces_the_weekday_even_when_away() -> None:
    rules = own(step=60, overrides=(Override(TUESDAY, ((600, 720),)),), away=(Away(MORNING.date(), TUESDAY),))
    assert found(rules, days=2) == ["03 10:00", "03 11:00"]
    assert found(own(overrides=(Override(MORNING.date()),))) == []


def test_days_away_and_public_holidays_are_closed() -> None:
    assert found(own(away=(Away(TUESDAY, TUESDAY),)), days=2) == found(own())
    epiphany = datetime(2026, 1, 6, tzinfo=UTC)
    search = Search(epiphany, epiphany + DAY, HOUR, limit=10)
    for region, is_open in (("BY", False), ("BE", True)):
        rules = own(country="DE", region=region)
        assert bool(free_slots([diary(rules)], search, epiphany - DAY)) is is_open


def test_buffers_of_two_meetings_add_up() -> None:
    """The other meeting, from 12 to 13, claimed half an hour on both sides with buffers of its own."""
    taken = (NOON - 30 * MINUTE, NOON + 90 * MINUTE)
    assert "02 10:30" in found(own(), taken)
    with_buffer = found(own(before=30, after=30), taken)
    assert [time for time in with_buffer if "02 09:45" < time < "02 15:00"] == ["02 10:00", "02 14:00"] + [
        f"02 14:{minute}" for minute in (15, 30, 45)
    ]


def test_what_is_found_is_after_the_notice_and_before_the_horizon() -> None:
    search = Search(MORNING, MORNING + 9 * DAY, HOUR, limit=1000)
    slots = free_slots([diary(own(notice=180, horizon=1))], search, MORNING)
    assert (slots[0].start, slots[-1].start) == (MORNING + 3 * HOUR, NOON + 4 * HOUR)


def test_days_and_weeks_that_are_full_are_closed_and_the_strictest_limit_wins() -> None:
    monday = NOON
    assert found(own(per_day=1), starts=(monday,), days=2)[0] == "03 09:00"
    assert found(own(per_day=2), starts=(monday,), days=1) != []
    assert found(own(per_day=5, per_week=1), starts=(monday,), days=8)[0] == "09 09:00"


def test_a_calendar_that_cannot_be_known_closes_everything() -> None:
    closed = Diary(MENTOR, None, None, is_open=False)
    search = Search(MORNING, MORNING + DAY, HOUR, limit=10)
    assert free_slots([closed], search, MORNING) == []
    with pytest.raises(Refused, match="CALENDAR_STALE"):
        closed.require(NOON, NOON + HOUR, MORNING)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (own(notice=300), "NOTICE_TOO_SHORT"),
        (own(horizon=0), "BEYOND_HORIZON"),
        (own(windows=(Window(1, 540, 720),)), "OUTSIDE_HOURS"),
        (own(windows=None, away=(Away(MORNING.date(), TUESDAY),)), "OUTSIDE_HOURS"),
        (own(per_day=1), "LIMIT_REACHED"),
        (own(per_week=1), "LIMIT_REACHED"),
        (own(step=60, windows=None, zone="Asia/Kolkata"), "NOT_ON_STEP"),
        (own(after=60), "SLOT_TAKEN"),
    ],
)
def test_booking_is_refused_for_the_same_rules(rules: Availability, reason: str) -> None:
    busy = (NOON + 90 * MINUTE, NOON + 120 * MINUTE)
    with pytest.raises(Refused, match=reason):
        diary(rules, busy, starts=(NOON - HOUR,)).require(NOON, NOON + HOUR, MORNING)


def test_claims_include_buffers_and_the_next_free_places() -> None:
    rules = own(before=15, after=5, per_day=2, per_week=3)
    taken = frozenset({f"{MENTOR}/2026-03-02#1", f"{MENTOR}/2026-W10#2"})
    claims = Diary(MENTOR, None, rules, claims=taken).claims_for(NOON, NOON + 30 * MINUTE)
    assert claims == (
        *(f"{MENTOR}/2026-03-02T{time}Z" for time in ("11:45", "12:00", "12:15", "12:30")),
        f"{MENTOR}/2026-03-02#2",
        f"{MENTOR}/2026-W10#1",
    )
    assert claimed(MENTOR, claims)[0] == (NOON - QUARTER, NOON)
    assert len(claimed(MENTOR, claims)) == 4
    with pytest.raises(Refused, match="LIMIT_REACHED"):
        Diary(MENTOR, None, own(per_day=1), claims=taken).claims_for(NOON, NOON + 30 * MINUTE)


# --- around every change of clocks, against dateutil ----------------------------------------------------

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",  # half-hour offset
    "America/Santiago",  # the southern half of the year, changes at midnight
    "Asia/Kathmandu",  # quarter-hour offset, no changes
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Chatham",  # quarter-hour offset with changes
    "Antarctica/Troll",  # changes by two hours
    "Africa/Casablanca",  # negative daylight saving around Ramadan
    "Pacific/Apia",
    "UTC",
)


@lru_cache
def changes(name: str) -> tuple[datetime, ...]:
    """Return the hours from 2020 to 2035 in which a zone's offset changes, or one day where it never does."""
    zone = ZoneInfo(name)

    def offsets() -> Iterator[datetime]:
        first = datetime(2020, 1, 1, tzinfo=UTC)
        for day in range(16 * 366):
            before, after = (first + timedelta(days=day + more) for more in (0, 1))
            if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
                yield before

    return tuple(offsets()) or (datetime(2026, 6, 1, tzinfo=UTC),)


def test_there_are_changes_to_sample() -> None:
    assert len(changes("Europe/Berlin")) == 32
    assert sum(len(changes(name)) for name in ZONES) > 300


@lru_cache
def second_zone(name: str) -> Any:
    return second.get_zonefile_instance().get(name) or second.get_zonefile_instance().get("Etc/UTC")


def is_open(rules: Availability, minute: datetime) -> bool:
    """Whether the person is open at a minute, by the second implementation."""
    wall = minute.astimezone(second_zone(rules.zone))
    shown, day = wall.hour * 60 + wall.minute, wall.date()
    for override in rules.overrides:
        if override.day == day:
            return any(first <= shown < last for first, last in override.spans)
    if any(away.first <= day <= away.last for away in rules.away):
        return False
    assert rules.windows is not None
    return any(
        one.day == wall.isoweekday() and one.start_minute <= shown < one.end_minute for one in rules.windows
    )


def is_free(rules: Availability, busy: list[Times], start: datetime, length: timedelta) -> bool:
    """Whether a meeting could start then, by the second implementation."""
    wall = start.astimezone(second_zone(rules.zone))
    if (wall.hour * 60 + wall.minute) % rules.step:
        return False
    first, last = start - rules.before * MINUTE, start + length + rules.after * MINUTE
    if any(first < end and begin < last for begin, end in busy):
        return False
    return all(is_open(rules, start + place * MINUTE) for place in range(length // MINUTE))


_quarters = st.integers(0, 95).map(lambda quarter: quarter * 15)
_spans = st.builds(lambda start, length: (start, min(1440, start + length)), _quarters, st.integers(15, 720))
_windows = st.builds(lambda day, span: Window(day, *span), st.integers(1, 7), _spans)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Availability, datetime, list[Times]]:
    """Draw what somebody set, a moment shortly before a change of their clocks, and when they are busy."""
    zone = draw(st.sampled_from(ZONES))
    start = draw(st.sampled_from(changes(zone))) - draw(st.integers(0, 8)) * QUARTER
    day = st.integers(-1, 3).map(lambda more: start.date() + timedelta(days=more))
    rules = Availability(
        zone=zone,
        windows=tuple(draw(st.lists(_windows, min_size=1, max_size=8))),
        overrides=tuple(
            Override(one, tuple(draw(st.lists(_spans, max_size=2))))
            for one in draw(st.lists(day, max_size=2, unique=True))
        ),
        away=tuple(Away(one, one) for one in draw(st.lists(day, max_size=1))),
        before=draw(st.sampled_from((0, 15, 30))),
        after=draw(st.sampled_from((0, 15, 60))),
        notice=0,
        step=draw(st.sampled_from((15, 30, 60))),
    )
    places = draw(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 8)), max_size=5))
    busy = [(start + place * QUARTER, start + (place + size) * QUARTER) for place, size in places]
    return rules, start, busy


@given(cases(), cases(), st.integers(1, 6))
@examples(60)
def test_what_is_found_for_two_is_what_the_second_implementation_finds(
    one: tuple[Availability, datetime, list[Times]],
    other: tuple[Availability, datetime, list[Times]],
    quarters: int,
) -> None:
    (mine, start, busy), (theirs, _, _) = one, other
    length, width = quarters * QUARTER, 2 * DAY
    search = Search(start, start + width, length, limit=1000)
    slots = free_slots([diary(mine, *busy), diary(theirs)], search, start - DAY)
    expected = [
        moment
        for moment in (start + place * QUARTER for place in range((width - length) // QUARTER + 1))
        if is_free(mine, busy, moment, length) and is_free(theirs, [], moment, length)
    ]
    assert [slot.start for slot in slots] == expected


@given(cases(), st.integers(1, 6))
@examples(60)
def test_what_is_found_can_be_booked(case: tuple[Availability, datetime, list[Times]], quarters: int) -> None:
    rules, start, busy = case
    search = Search(start, start + 2 * DAY, quarters * QUARTER, limit=1000)
    mine = diary(rules, *busy)
    for slot in free_slots([mine], search, start - DAY):
        mine.require(slot.start, slot.end, start - DAY)


def test_the_second_implementation_has_its_own_zone_data() -> None:
    assert all(second_zone(name) is not None for name in ZONES)
    assert date(2026, 3, 29) == datetime(2026, 3, 29, 1, tzinfo=UTC).astimezone(second_zone("UTC")).date()
