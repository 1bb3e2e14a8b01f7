"""Other calendars as they are kept: heeded by search and booking, fetched anew, closed when stale."""

import asyncio
from dataclasses import replace

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Denied, NotFound, Refused, Unavailable
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
from services.scheduling.domain.recurrence import Times, Window
from services.scheduling.events import hear_own
from tests.scheduling.factories import MENTOR, MINUTE, MORNING, NOON, ORG, PAIR, PAIR_ID, wish
from tests.scheduling.test_app import World, mentee, mentor

HOUR = 60 * MINUTE
DAY = 24 * HOUR
service = Caller(ORG, "mail", frozenset({"service"}))


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
