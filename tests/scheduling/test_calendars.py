"""Documents of other calendars: read for when somebody is busy, within bounds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, Refusal
from services.scheduling.domain import recurrence
from services.scheduling.domain.recurrence import Window, merged
from services.scheduling.wire.busy import busy
from tests.examples import examples
from tests.scheduling.factories import MINUTE, MORNING
from tests.scheduling.test_diary import ZONES

HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = Window(MORNING - DAY, MORNING + 366 * DAY)


def calendar(*events: str) -> str:
    """Return a document with these events, each the lines of one."""
    blocks = (f"BEGIN:VEVENT\r\nUID:1\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//other//\r\n{''.join(blocks)}END:VCALENDAR\r\n"


def read(*events: str, zone: str = "UTC", window: Window = YEAR) -> list[str]:
    """Return when the events take place, in UTC."""
    times = busy(calendar(*events), zone, window)
    return [f"{start:%m-%d %H:%M}/{(end - start) // MINUTE}" for start, end in times]


NOON_IN_BERLIN = "DTSTART;TZID=Europe/Berlin:20260323T120000\r\nDTEND;TZID=Europe/Berlin:20260323T130000"

LESS_AND_MORE = "EXDATE;TZID=Europe/Berlin:20260323T120000\r\nRDATE;TZID=Europe/Berlin:20260325T120000"


@pytest.mark.parametrize(
    ("event", "times"),
    [
        ("DTSTART:20260302T120000Z\r\nDTEND:20260302T123000Z", ["03-02 12:00/30"]),
        ("DTSTART:20260302T120000Z\r\nDURATION:PT2H", ["03-02 12:00/120"]),
        ("DTSTART;VALUE=DATE:20260303", ["03-03 00:00/1440"]),
        ("DTSTART;VALUE=DATE:20260303\r\nDTEND;VALUE=DATE:20260305", ["03-03 00:00/2880"]),
        ("DTSTART:20260302T120000Z", []),
        ("DTSTART:20260302T120000Z\r\nDURATION:PT2H\r\nSTATUS:CANCELLED", []),
        ("DTSTART:20260302T120000Z\r\nDURATION:PT2H\r\nTRANSP:TRANSPARENT", []),
        ("DTSTART:20200302T120000Z\r\nDURATION:PT2H", []),
        (
            f"{NOON_IN_BERLIN}\r\nRRULE:FREQ=WEEKLY;COUNT=3",
            ["03-23 11:00/60", "03-30 10:00/60", "04-06 10:00/60"],
        ),
        (
            f"{NOON_IN_BERLIN}\r\nRRULE:FREQ=WEEKLY;UNTIL=20260330T100000Z\r\n{LESS_AND_MORE}",
            ["03-25 11:00/60", "03-30 10:00/60"],
        ),
        (
            "DTSTART:20260127T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=MONTHLY;BYDAY=-1TU;COUNT=4",
            ["03-31 09:00/60", "04-28 09:00/60"],
        ),
    ],
)
def test_an_event_takes_its_time(event: str, times: list[str]) -> None:
    assert read(event) == times


def test_whole_days_and_times_without_a_zone_are_of_the_zone_given() -> None:
    assert read("DTSTART;VALUE=DATE:20260303", zone="Europe/Berlin") == ["03-02 23:00/1440"]
    assert read("DTSTART:20260303T090000\r\nDURATION:PT1H", zone="Asia/Tokyo") == ["03-03 00:00/60"]


def test_an_occurrence_that_was_moved_or_cancelled_is_not_where_it_was() -> None:
    weekly = f"{NOON_IN_BERLIN}\r\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20260330T120000\r\nDTSTART:20260331T080000Z\r\nDURATION:PT1H"
    off = "RECURRENCE-ID:20260406T100000Z\r\nDTSTART:20260406T100000Z\r\nDURATION:PT1H\r\nSTATUS:CANCELLED"
    assert read(weekly, moved, off) == ["03-23 11:00/60", "03-31 08:00/60"]


def test_times_that_touch_are_one() -> None:
    first = "DTSTART:20260302T120000Z\r\nDURATION:PT1H"
    assert read(first, first, "DTSTART:20260302T130000Z\r\nDURATION:PT30M") == ["03-02 12:00/90"]
    assert merged([]) == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "CALENDAR_MALFORMED"),
        ("BEGIN:VCALENDAR", "CALENDAR_MALFORMED"),
        (calendar("SUMMARY:no start"), "CALENDAR_MALFORMED"),
        (calendar("DTSTART:20260302T120000Z\r\nDTEND:20260302T110000Z"), "CALENDAR_MALFORMED"),
        (calendar("DTSTART;TZID=Mars/Olympus:20260302T120000\r\nDURATION:PT1H"), "ZONE_UNKNOWN"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(document: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        busy(document, "UTC", YEAR)
    assert [path for path, _ in refusal.value.fields] == ["document"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=5",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYSECOND=0,1,2",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
    ],
)
def test_what_recurs_within_a_day_or_makes_no_sense_is_refused(rule: str) -> None:
    with pytest.raises(Invalid, match=r"RECURRENCE_REFUSED|CALENDAR_MALFORMED"):
        read(f"DTSTART:20260302T120000Z\r\nDURATION:PT1M\r\nRRULE:{rule}")


@pytest.mark.timeout(120)
def test_no_rule_goes_on_for_ever() -> None:
    """Never, always since 1970, and as often as rules allow: all end, once a day of the window at most."""
    rules = (
        ("19700101", "FREQ=DAILY"),
        ("19700101", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        ("19700101", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        ("20260101", "FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=MO,TU,WE,TH,FR,SA,SU"),
        ("19700101", "FREQ=DAILY;COUNT=999999999"),
        ("99991231", "FREQ=DAILY"),
    )
    for day, rule in rules:
        found = read(f"DTSTART:{day}T120000Z\r\nDURATION:PT1M\r\nRRULE:{rule}")
        assert len(found) <= (YEAR.end - YEAR.start).days
    crowd = [
        f"DTSTART:20260302T{hour:02}0000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY" for hour in range(24)
    ] * 3
    with pytest.raises(Invalid, match="RECURRENCE_REFUSED"):
        read(*crowd)


@pytest.fixture
def a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a document need a tenth of what it may: one of a tenth of the size shows the same sooner."""
    monkeypatch.setattr(recurrence, "MOST_EFFORT", recurrence.MOST_EFFORT // 10)


NEVER = "DTSTART:20260302T120000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"


@pytest.mark.usefixtures("a_tenth")
@pytest.mark.timeout(600)
def test_many_rules_that_never_match_are_refused_after_some_of_them() -> None:
    with pytest.raises(Invalid, match="too many steps together"):
        read(*[NEVER] * 500)


def test_one_that_never_matches_hides_nothing_of_the_others() -> None:
    meeting = "DTSTART:20260302T120000Z\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert read(NEVER, meeting) == ["03-02 12:00/30", "03-09 12:00/30"]


@pytest.mark.usefixtures("a_tenth")
def test_thousands_of_weekly_meetings_are_not_too_much() -> None:
    meeting = "DTSTART:20200302T120000Z\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;UNTIL=20260308T000000Z"
    assert read(*[meeting] * 500) == ["03-02 12:00/30"]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(Refusal):
        busy(text, "UTC", YEAR)


@given(
    zone=st.sampled_from(ZONES),
    first=st.integers(0, 400),
    minute=st.integers(0, 1439),
    interval=st.integers(1, 3),
    days=st.sets(st.integers(0, 6), min_size=1),
)
@examples(80)
def test_weekly_rules_are_what_counting_days_finds(
    zone: str, first: int, minute: int, interval: int, days: set[int]
) -> None:
    """The oracle walks from day to day on the wall clock; a rule that began long ago gives the same."""
    start = datetime(2024, 1, 1) + timedelta(days=first, minutes=minute)  # noqa: DTZ001 -- a wall clock
    names = ",".join(("MO", "TU", "WE", "TH", "FR", "SA", "SU")[day] for day in sorted(days))
    event = (
        f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\r\nDURATION:PT10M\r\n"
        f"RRULE:FREQ=WEEKLY;INTERVAL={interval};BYDAY={names}"
    )
    monday = start - timedelta(days=start.weekday())
    expected = []
    for place in range(1000):
        wall = monday + timedelta(days=place)
        if wall >= start and place // 7 % interval == 0 and wall.weekday() in days:
            moment = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            expected.append((moment, moment + timedelta(minutes=10)))
    window = Window(MORNING, MORNING + 30 * DAY)
    assert busy(calendar(event), zone, window) == merged(list(window.clip(expected)))
