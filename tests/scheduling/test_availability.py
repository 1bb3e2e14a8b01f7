"""What people set for themselves: decided, kept, shown, and heeded by search and booking."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref, Versioned
from services.kernel.mongo.singletons import unstored
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as pb
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.app import availability as app
from services.scheduling.domain.availability import (
    NOTHING_SET,
    Availability,
    AvailabilityEvent,
    Away,
    Override,
    update,
)
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.hours import Range, Window
from services.scheduling.wire import availability as wire
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    STRANGER,
    wish,
)
from tests.scheduling.test_app import OTHER_ID, World, lead, mentee, mentor, stranger

HOUR = 60 * MINUTE
REF = Ref(ORG, MENTOR)
NAME = f"organizations/{ORG}/people/{MENTOR}/availability"
hr = Caller(ORG, "e0100002", frozenset({"hr_admin"}))

ALL_OF_IT = Availability(
    zone="Europe/Berlin",
    windows=(Window(1, 540, 1020), Window(5, 540, 720)),
    overrides=(Override(date(2026, 3, 3)), Override(date(2026, 3, 4), ((600, 660),))),
    away=(Away(date(2026, 7, 1), date(2026, 7, 14)),),
    before=10,
    after=15,
    notice=120,
    moving=240,
    horizon=60,
    step=30,
    per_day=3,
    per_week=6,
    country="DE",
    region="BY",
)


# --- decided --------------------------------------------------------------------------------------------


def test_the_zone_comes_first_and_the_rest_has_defaults() -> None:
    with pytest.raises(Invalid, match="TIME_ZONE_MISSING"):
        update(NOTHING_SET, {"before": 15})
    new, happened = update(NOTHING_SET, {"zone": "UTC"})
    assert (new, happened) == (Availability(zone="UTC"), [AvailabilityEvent.UPDATED])
    assert update(new, {"notice": 60}) == (new, [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"away": (Away(date(2026, 3, 2), date(2026, 3, 1)),)}, "DAYS_IN_DISORDER"),
        ({"overrides": (Override(date(2026, 3, 2)),) * 2}, "DAY_TWICE"),
        ({"overrides": (Override(date(2026, 3, 2), ((60, 60),)),)}, "SPAN_IN_DISORDER"),
        ({"country": "XX"}, "COUNTRY_UNKNOWN"),
        ({"country": "DE", "region": "ZZ"}, "REGION_UNKNOWN"),
    ],
)
def test_what_makes_no_sense_names_its_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        update(Availability(zone="UTC"), changes)
    assert refusal.value.fields[0][0].startswith("availability.")


def test_a_zone_that_is_not_known_is_refused() -> None:
    with pytest.raises(Refused, match="TIME_ZONE_UNKNOWN"):
        update(NOTHING_SET, {"zone": "Mars/Olympus_Mons"})


# --- shown ----------------------------------------------------------------------------------------------


def test_what_is_shown_can_be_sent_back() -> None:
    message = wire.shown(REF, Versioned(ALL_OF_IT, 3, MORNING, NOON))
    assert (message.name, message.etag) == (NAME, '"3"')
    assert update(NOTHING_SET, wire.changes(message, FieldMask(paths=["*"])))[0] == ALL_OF_IT
    nothing = wire.shown(REF, unstored(NOTHING_SET))
    assert (nothing.etag, nothing.horizon_days, nothing.HasField("weekly_hours")) == ('"0"', 180, False)


def test_no_windows_is_not_the_same_as_any_hour() -> None:
    closed = pb.Availability(weekly_hours=pb.Availability.WeeklyHours())
    assert wire.changes(closed, FieldMask()) == {"windows": ()}
    assert wire.changes(pb.Availability(), FieldMask(paths=["weekly_hours"])) == {"windows": None}


def test_only_what_the_mask_names_is_changed_and_unknown_fields_are_refused() -> None:
    message = wire.shown(REF, Versioned(ALL_OF_IT, 3, MORNING, NOON))
    mask = FieldMask(paths=["max_per_day", "etag", "update_time"])
    assert wire.changes(message, mask) == {"per_day": 3}
    with pytest.raises(Invalid, match="UNKNOWN_FIELD"):
        wire.changes(message, FieldMask(paths=["colour"]))


def test_a_day_that_no_calendar_has_names_its_field() -> None:
    wrong = pb.Availability(overrides=[pb.Availability.DateOverride(date=Date(year=2026, month=2, day=29))])
    with pytest.raises(Invalid, match="DATE_MALFORMED") as refusal:
        wire.changes(wrong, FieldMask())
    assert refusal.value.fields[0][0] == "availability.overrides.date"


def test_a_change_is_told_without_what_was_set() -> None:
    out = wire.updated(REF, ALL_OF_IT, AvailabilityEvent.UPDATED)
    person = f"organizations/{ORG}/people/{MENTOR}"
    assert out.message == events.AvailabilityUpdated(availability=NAME, person=person)
    assert (out.subject, out.key) == (NAME, MENTOR)


# --- kept and heeded ------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.mentorships.activated(Ref(ORG, OTHER_ID), replace(PAIR, people=(MENTOR, STRANGER)), 5)
    return made


async def set_(world: World, caller: Caller = mentor, person: str = MENTOR, **what: Any) -> None:
    """Set when a person can be met, in UTC and without notice unless said otherwise."""
    changes = {"zone": "UTC", "notice": 0, "moving": 0, **what}
    await app.Availability(world.own).update(caller, person, changes, ("", Cause(f"set-{what}")))


async def test_people_set_their_own_and_hr_sets_anybodys(world: World) -> None:
    await set_(world, before=15)
    await set_(world, hr, MENTEE)
    for caller in (mentee, lead):
        with pytest.raises(Denied, match="AVAILABILITY_NOT_YOURS"):
            await set_(world, caller)
    kept = app.Availability(world.own)
    for caller in (mentor, lead):
        assert (await kept.get(caller, MENTOR)).state.before == 15
    with pytest.raises(NotFound):
        await kept.get(mentee, MENTOR)
    assert await kept.get(stranger, STRANGER) == unstored(NOTHING_SET)


async def test_an_etag_guards_also_what_was_never_set(world: World) -> None:
    kept = app.Availability(world.own)
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await kept.update(mentor, MENTOR, {"zone": "UTC"}, ('"1"', Cause("r-1")))
    await kept.update(mentor, MENTOR, {"zone": "UTC"}, ('"0"', Cause("r-2")))
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await kept.update(mentor, MENTOR, {"before": 5}, ('"0"', Cause("r-3")))
    again = await kept.update(mentor, MENTOR, {"zone": "UTC"}, ('"0"', Cause("r-2")))
    assert again.etag == '"1"'


async def test_own_hours_win_over_those_of_the_profile_in_search_and_bind_booking(world: World) -> None:
    await set_(world, windows=(Window(1, 600, 720),))
    assert await world.starts() == ["10:00", "10:15", "10:30", "10:45", "11:00"]
    with pytest.raises(Refused, match="OUTSIDE_HOURS"):
        await world.book()


async def test_hours_of_the_profile_only_suggest(world: World) -> None:
    evening = wish(NOON + 8 * HOUR)
    assert (await world.book(asked=evening))[1] == "BOOKED"


async def test_the_buffers_of_two_meetings_add_up_in_search_and_booking(world: World) -> None:
    """12:00 to 12:45 with half an hour after it, and half an hour before the next one."""
    await set_(world, before=30, after=30)
    await world.book()
    early = Wish(OTHER_ID, NOON + 90 * MINUTE, NOON + 150 * MINUTE)
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book(stranger, early, "early")
    assert next(one for one in await world.starts(mentor) if one > "12") == "13:45"
    late = Wish(OTHER_ID, NOON + 105 * MINUTE, NOON + 165 * MINUTE)
    assert (await world.book(stranger, late, "late"))[1] == "BOOKED"


async def test_a_limit_holds_over_all_programs_and_a_move_within_the_day_is_no_further_meeting(
    world: World,
) -> None:
    await set_(world, per_day=1)
    meeting, _ = await world.book()
    with pytest.raises(Refused, match="LIMIT_REACHED"):
        await world.book(stranger, Wish(OTHER_ID, NOON + 2 * HOUR, NOON + 3 * HOUR), "other")
    assert await world.starts() == []
    moved = await world.meetings.move(
        mentee, (PAIR_ID, meeting), lambda _: wish(NOON + HOUR), ("", Cause("move"))
    )
    assert moved.state.start == NOON + HOUR


async def test_of_bookings_at_once_only_as_many_win_as_there_are_places(world: World) -> None:
    await set_(world, per_day=3)
    wishes = [wish(NOON + place * HOUR) for place in range(-2, 5)]
    answers = await asyncio.gather(
        *(world.book(mentee, one, f"r-{place}") for place, one in enumerate(wishes)), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(answers) - len(lost) == 3
    assert {refusal.reason for refusal in lost} == {"LIMIT_REACHED"}


async def test_who_wants_to_know_earlier_is_not_moved_late(world: World) -> None:
    await set_(world, moving=300)
    meeting, _ = await world.book()
    with pytest.raises(Refused, match="RESCHEDULED_TOO_LATE"):
        await world.meetings.move(
            mentee, (PAIR_ID, meeting), lambda _: wish(NOON + HOUR), ("", Cause("move"))
        )


async def test_guests_narrow_what_is_found(world: World) -> None:
    await set_(world, stranger, STRANGER, windows=(Window(1, 840, 900),))
    within = Range(MORNING, MORNING + timedelta(hours=9))
    asked = app.Asked(PAIR_ID, within, HOUR, guests=(STRANGER,))
    assert [f"{slot.start:%H:%M}" for slot in (await world.free.find(mentee, asked)).slots] == ["14:00"]
