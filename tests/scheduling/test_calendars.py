"""Other calendars: read within bounds, heeded by search and booking, closed when they are stale."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused, Unavailable
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.scheduling.v1.events_pb2 import CalendarFetchDue
from services.scheduling.app.availability import Asked
from services.scheduling.app.calendars import Calendars, Import, ref_of
from services.scheduling.app.ports import BusySource
from services.scheduling.domain.calendars import (
    Busy,
    Calendar,
    CalendarEvent,
    Reading,
    Subscription,
    fetched,
    subscribed,
)
from services.scheduling.domain.hours import Range
from services.scheduling.domain.recurrence import Times, Window, merged
from services.scheduling.events import hear_own
from services.scheduling.wire.busy import busy
from tests.examples import examples
from tests.scheduling.factories import MENTOR, MINUTE, MORNING, NOON, ORG, PAIR, PAIR_ID, wish
from tests.scheduling.test_app import World, mentee, mentor
from tests.scheduling.test_diary import ZONES

HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = Window(MORNING - DAY, MORNING + 366 * DAY)
service = Caller(ORG, "mail", frozenset({"service"}))


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


@pytest.mark.timeout(600)
def test_many_rules_that_never_match_are_refused_after_some_of_them() -> None:
    never = "DTSTART:20260302T120000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    with pytest.raises(Invalid, match="too many steps together"):
        read(*[never] * 1_000)


def test_some_that_never_match_hide_nothing_of_the_others() -> None:
    never = "DTSTART:20260302T120000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    meeting = "DTSTART:20260302T120000Z\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert read(*[never] * 5, meeting) == ["03-02 12:00/30", "03-09 12:00/30"]


def test_thousands_of_weekly_meetings_are_not_too_much() -> None:
    meeting = "DTSTART:20200302T120000Z\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;UNTIL=20260308T000000Z"
    assert read(*[meeting] * 5_000) == ["03-02 12:00/30"]


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


# --- kept and heeded ------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    return made


class Told:
    """A source that says the same each time, or fails; `held` keeps its answers back until a test lets go."""

    def __init__(self, *times: Times) -> None:
        self.times = times
        self.failure = ""
        self.held: asyncio.Event | None = None
        self.known: list[tuple[str, str]] = []

    async def read(self, window: Window, known: tuple[str, str] = ("", "")) -> Reading | None:
        self.known.append(known)
        if self.held is not None:
            await self.held.wait()
        if self.failure:
            raise Unavailable(self.failure, "as the test wants it")
        if known[0] == "unchanged":
            return None
        return Reading(tuple(Busy(*one) for one in window.clip(self.times)), tag="tag-1")


class Addresses:
    """Whatever address is asked for leads to one source."""

    def __init__(self, source: Told) -> None:
        self._source = source

    def upload(self, document: str, zone: str) -> BusySource:
        raise NotImplementedError(document, zone)

    def address(self, url: str, zone: str) -> BusySource:
        assert (url, zone) == (FEED.url, FEED.zone)
        return self._source


def others(world: World, source: Told | None = None) -> Calendars:
    return Calendars(world.others, world.clock, Addresses(source or Told()))


def taken(*times: Times) -> Told:
    return Told(*times)


FEED = Subscription("https://calendars.example/private-1/basic.ics", "UTC", valid=360)
BUSY = taken((NOON, NOON + 30 * MINUTE))


async def test_what_another_calendar_holds_is_not_free_and_cannot_be_booked(world: World) -> None:
    await others(world).take(mentor, (MENTOR, "outlook"), Import(BUSY), Cause("import"))
    assert not [one for one in await world.starts() if "11:00" < one < "12:30"]
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book()
    free = taken((NOON - 3 * HOUR, NOON - 2 * HOUR))
    await others(world).take(mentor, (MENTOR, "outlook"), Import(free), Cause("again"))
    assert (await world.book())[1] == "BOOKED"


async def test_a_calendar_that_is_stale_closes_all_until_it_is_imported_or_removed(world: World) -> None:
    await others(world).take(mentor, (MENTOR, "outlook"), Import(BUSY, 30 * MINUTE), Cause("import"))
    world.clock.advance(30 * MINUTE)
    within = Range(MORNING, MORNING + DAY)
    found = await world.free.find(mentee, Asked(PAIR_ID, within, HOUR))
    assert (found.slots, found.closed) == ([], (MENTOR,))
    with pytest.raises(Refused, match="CALENDAR_STALE"):
        await world.book()
    await others(world).remove(mentor, (MENTOR, "outlook"), ("", Cause("remove")))
    assert (await world.book())[1] == "BOOKED"


async def test_the_same_request_imports_once_and_tells_no_content(world: World) -> None:
    for _ in range(2):
        stored, _now = await others(world).take(
            mentor, (MENTOR, "outlook"), Import(BUSY), Cause("import", "digest")
        )
        assert stored.version == 1
    [event] = world.others.outbox
    assert event["type"].endswith("CalendarChanged")
    assert event["key"] == MENTOR


async def test_only_the_person_and_services_bring_calendars(world: World) -> None:
    kept = others(world)
    with pytest.raises(Denied, match="CALENDAR_NOT_YOURS"):
        await kept.take(mentee, (MENTOR, "outlook"), Import(BUSY), Cause("import"))
    await kept.take(service, (MENTOR, "outlook"), Import(BUSY), Cause("import"))
    listed, _ = await kept.list(mentor, MENTOR)
    assert [stored.state.name for stored in listed] == ["outlook"]
    await kept.remove(mentor, (MENTOR, "outlook"), ("", Cause("remove")))
    assert (await kept.list(mentor, MENTOR))[0] == []
    with pytest.raises(NotFound):
        await kept.remove(mentor, (MENTOR, "outlook"), ("", Cause("remove-2")))


# --- from an address ------------------------------------------------------------------------------------


async def due(world: World, app: Calendars) -> Calendar:
    """Let the timer come, and the event it tells."""
    ref = ref_of(ORG, (MENTOR, "outlook"))
    stored = await world.others.get(ref)
    assert stored.state.due_at is not None
    world.clock.advance(stored.state.due_at - world.clock.now())
    await world.others.change(ref, lambda one: one.fire(world.clock.now()), Cause(f"due-{stored.version}"))
    await app.fetch(ref)
    return (await world.others.get(ref)).state


async def test_a_calendar_is_fetched_at_once_and_again_before_it_is_stale(world: World) -> None:
    source = taken((NOON, NOON + 30 * MINUTE))
    app = others(world, source)
    stored, now = await app.subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    assert (stored.state.due_at, stored.state.stale_at) == (now + 90 * MINUTE, now + 6 * HOUR)
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book()
    source.times = ()
    assert (await due(world, app)).busy == ()
    assert (await world.book())[1] == "BOOKED"
    assert source.known == [("", ""), ("tag-1", "")]


def fetch_due() -> Event[CalendarFetchDue]:
    person = f"organizations/{ORG}/people/{MENTOR}"
    due = CalendarFetchDue(calendar=f"{person}/calendars/outlook", person=person)
    return Event(
        id="due",
        type=due.DESCRIPTOR.full_name,
        subject=due.calendar,
        sequence=2,
        tenant=ORG,
        time=NOON,
        key=MENTOR,
        message=due,
    )


async def test_a_server_that_does_not_answer_keeps_no_other_event_waiting(world: World) -> None:
    source = taken()
    app = others(world, source)
    await app.subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    source.times, source.held = ((NOON, NOON + 30 * MINUTE),), asyncio.Event()
    handlers = Handlers()
    hear_own(handlers, app)
    await handlers.handle(fetch_due())
    assert (await world.book())[1] == "BOOKED", "the calendar is as it was"
    source.held.set()
    await app.hands.close()
    [kept] = (await app.list(mentor, MENTOR))[0]
    assert len(kept.state.busy) == 1


async def test_one_that_fails_counts_until_it_is_stale_and_then_closes_everything(world: World) -> None:
    source = taken()
    app = others(world, source)
    await app.subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    source.failure = "HTTP_404"
    pauses = []
    while not (state := await due(world, app)).is_stale(world.clock.now()):
        assert state.feed is not None
        assert state.feed.failure == "HTTP_404"
        pauses.append(state.feed.fetch_at - world.clock.now())
    assert pauses == sorted(pauses)
    assert len(pauses) >= 3
    with pytest.raises(Refused, match="CALENDAR_STALE"):
        await world.book(mentee, wish(NOON + DAY))
    source.failure = ""
    recovered = (await due(world, app)).feed
    assert recovered is not None
    assert (recovered.failures, recovered.failure) == (0, "")
    assert not (await world.others.get(ref_of(ORG, (MENTOR, "outlook")))).state.is_stale(world.clock.now())


async def test_one_that_cannot_be_fetched_at_first_is_refused_and_closes_nothing(world: World) -> None:
    source = taken()
    source.failure = "ADDRESS_NOT_PUBLIC"
    with pytest.raises(Unavailable, match="ADDRESS_NOT_PUBLIC"):
        await others(world, source).subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    assert (await world.book())[1] == "BOOKED"


async def test_one_that_says_it_is_unchanged_is_good_for_longer(world: World) -> None:
    app = others(world, taken((NOON, NOON + HOUR)))
    await app.subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    ref = ref_of(ORG, (MENTOR, "outlook"))
    tagged = replace(FEED, tag="unchanged", fetch_at=world.clock.now() + HOUR)
    await world.others.change(
        ref, lambda one: (replace(one, feed=tagged), [CalendarEvent.FETCHED]), Cause("tag")
    )
    before = (await world.others.get(ref)).state
    after = await due(world, app)
    assert (after.busy, after.stale_at) == (before.busy, world.clock.now() + 6 * HOUR)


async def test_what_was_removed_or_changed_meanwhile_is_left_alone(world: World) -> None:
    app = others(world, taken())
    await app.subscribe(mentor, (MENTOR, "outlook"), FEED, Cause("subscribe"))
    known = (await world.others.get(ref_of(ORG, (MENTOR, "outlook")))).state
    assert fetched(known, "https://elsewhere.example/", None, NOON) == (known, [])
    await app.remove(mentor, (MENTOR, "outlook"), ("", Cause("remove")))
    await app.fetch(ref_of(ORG, (MENTOR, "outlook")))
    removed = (await world.others.get(ref_of(ORG, (MENTOR, "outlook")))).state
    assert (removed.feed, removed.due_at) == (None, None)


def test_a_year_ahead_stays_known_though_a_server_says_for_ever_that_nothing_changed() -> None:
    first = subscribed((MENTOR, "outlook"), FEED, Reading((), "tag-1"), MORNING)
    assert first.known == ("tag-1", "")
    assert first.feed is not None
    later = replace(first, feed=replace(first.feed, fetch_at=MORNING + 8 * DAY))
    assert later.known == ("", "")
