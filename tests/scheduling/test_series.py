"""Series: the same time on one wall clock, checked against dateutil; each meeting still its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil import rrule, tz
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.scheduling.v1.meeting_service_pb2 import BookSeriesRequest
from services.scheduling.app.series import Series
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.meetings import Stage
from services.scheduling.domain.series import Rhythm
from services.scheduling.domain.told import Reason
from services.scheduling.wire import series as wire
from tests.examples import examples
from tests.scheduling.factories import MENTOR, MINUTE, MORNING, NOON, ORG, PAIR, PAIR_ID, STRANGER, wish
from tests.scheduling.test_app import OTHER_ID, World, mentee, mentor, stranger
from tests.scheduling.test_diary import ZONES, changes, second_zone

HOUR = 60 * MINUTE
WEEK = timedelta(days=7)


def rhythm(first: datetime = NOON, count: int = 4, zone: str = "Europe/Berlin", days: int = 14) -> Rhythm:
    return Rhythm(first, 45 * MINUTE, zone, days, count)


def test_the_wall_clock_is_kept_when_clocks_change() -> None:
    """Berlin leaves winter time on 29 March 2026: 13:00 there is 12:00 UTC before and 11:00 after."""
    starts = rhythm(days=14).starts()
    assert [f"{one:%d.%m. %H:%M}" for one in starts] == [
        "02.03. 12:00",
        "16.03. 12:00",
        "30.03. 11:00",
        "13.04. 11:00",
    ]


def test_a_time_that_the_clock_skips_comes_later_by_the_jump_and_of_one_that_comes_twice_the_first() -> None:
    skipped = rhythm(datetime(2026, 3, 22, 1, 30, tzinfo=UTC), 3, days=7).starts()  # 02:30 in Berlin
    assert [one.hour for one in skipped] == [1, 1, 0]
    twice = rhythm(datetime(2026, 10, 18, 0, 30, tzinfo=UTC), 3, days=7).starts()  # 02:30 in Berlin
    assert [one.hour for one in twice] == [0, 0, 1]


def by_dateutil(wanted: Rhythm) -> list[datetime]:
    """Return the same by another implementation of recurrence and of zones."""
    zone: Any = second_zone(wanted.zone)
    wall = wanted.first.astimezone(zone).replace(tzinfo=None, fold=0)
    rule = rrule.rrule(rrule.DAILY, interval=wanted.days, count=wanted.count, dtstart=wall)
    local = [tz.resolve_imaginary(one.replace(tzinfo=zone)) for one in rule]
    return [wanted.first, *(one.astimezone(UTC) for one in local[1:])]


# dateutil takes the clocks of Morocco, whose summer time is the standard, for an hour off around a change.
_SERIES_ZONES = [zone for zone in ZONES if zone != "Africa/Casablanca"]


@given(
    zone=st.sampled_from(_SERIES_ZONES),
    place=st.integers(0, 1000),
    quarters=st.integers(-96, 96),
    days=st.integers(1, 31),
    count=st.integers(2, 30),
)
@examples(300)
def test_dateutil_finds_the_same_around_every_change_of_clocks(
    zone: str, place: int, quarters: int, days: int, count: int
) -> None:
    near = changes(zone)
    change = near[place % len(near)]
    first = change - days * (place % count) * timedelta(days=1) + quarters * 15 * MINUTE
    wanted = rhythm(first, count, zone, days)
    assert wanted.starts() == by_dateutil(wanted)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Refused, match="TIME_ZONE_UNKNOWN"):
        rhythm(zone="Mars/Olympus_Mons").starts()


def test_what_is_not_said_is_as_agreed() -> None:
    request = BookSeriesRequest(start_time=Timestamp(seconds=1_772_452_800), time_zone="UTC", count=3)
    assert wire.rhythm(request, PAIR) == rhythm(NOON, 3, "UTC", 14)
    request.length.CopyFrom(Duration(seconds=1800))
    request.interval_days = 7
    assert wire.rhythm(request, PAIR) == replace(rhythm(NOON, 3, "UTC", 7), length=30 * MINUTE)


# --- booked ---------------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.mentorships.activated(Ref(ORG, OTHER_ID), replace(PAIR, people=(MENTOR, STRANGER)), 5)
    return made


def series_of(world: World) -> Series:
    return Series((world.kept, world.circles), world.meetings, world.clock)


async def test_a_series_is_booked_once_and_leaves_out_what_is_taken(world: World) -> None:
    other = Wish(OTHER_ID, NOON + 2 * WEEK, NOON + 2 * WEEK + HOUR)
    await world.book(stranger, other, "other")
    for _ in range(2):
        made = await series_of(world).book(mentee, PAIR_ID, lambda _: rhythm(zone="UTC"), Cause("series"))
        starts = [stored.state.start for _, stored in made.meetings]
        assert starts == [NOON, NOON + 4 * WEEK, NOON + 6 * WEEK]
        assert made.skipped == [(NOON + 2 * WEEK, "SLOT_TAKEN")]
    assert len({stored.state.series for _, stored in made.meetings}) == 1
    assert world.told().count("MeetingBooked") == 4


async def test_a_series_begins_with_its_first_meeting(world: World) -> None:
    await world.book()
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await series_of(world).book(mentee, PAIR_ID, lambda _: rhythm(), Cause("series"))
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await series_of(world).book(mentee, "unknown", lambda _: rhythm(), Cause("series"))


async def test_what_lies_too_far_ahead_is_left_out(world: World) -> None:
    made = await series_of(world).book(mentee, PAIR_ID, lambda _: rhythm(count=30), Cause("series"))
    assert len(made.meetings) == 13
    assert {reason for _, reason in made.skipped} == {"START_TOO_FAR_AHEAD"}


async def test_one_meeting_is_moved_alone_and_remembers_its_place(world: World) -> None:
    made = await series_of(world).book(mentee, PAIR_ID, lambda _: rhythm(zone="UTC"), Cause("series"))
    second = made.meetings[1][0].id
    moved = await world.meetings.move(
        mentor, (PAIR_ID, second), lambda _: wish(NOON + 2 * WEEK + HOUR), ("", Cause("move"))
    )
    assert (moved.state.start, moved.state.occurrence) == (NOON + 2 * WEEK + HOUR, NOON + 2 * WEEK)
    first = await world.meetings.get(mentor, (PAIR_ID, made.meetings[0][0].id))
    assert (first.version, first.state.start) == (2, NOON)


async def test_the_rest_of_a_series_is_called_off_and_what_was_before_stays(world: World) -> None:
    made = await series_of(world).book(mentee, PAIR_ID, lambda _: rhythm(zone="UTC"), Cause("series"))
    single, _ = await world.book(mentee, wish(NOON + 2 * WEEK + HOUR), "single")
    second = (PAIR_ID, made.meetings[1][0].id)
    off = await series_of(world).cancel(mentor, second, Reason.WORKLOAD, Cause("off"))
    assert [stored.state.start for _, stored in off] == [NOON + place * WEEK for place in (2, 4, 6)]
    assert {stored.state.stage for _, stored in off} == {Stage.CANCELLED}
    for left in (made.meetings[0][0].id, single):
        assert (await world.meetings.get(mentor, (PAIR_ID, left))).state.stage is Stage.BOOKED
    with pytest.raises(NotFound, match="NO_SERIES"):
        await series_of(world).cancel(mentor, (PAIR_ID, single), Reason.WORKLOAD, Cause("off-2"))


async def test_a_first_time_that_cannot_be_booked_names_its_field(world: World) -> None:
    with pytest.raises(Invalid, match="START_NOT_ON_QUARTER_HOUR"):
        await series_of(world).book(
            mentee, PAIR_ID, lambda _: rhythm(MORNING + HOUR + MINUTE), Cause("series")
        )
