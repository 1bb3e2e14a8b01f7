"""Series as one recurring entry with its exceptions, read by vobject, expanded by dateutil; moved as one."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from dateutil import rrule, tz
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling.app.invitations import Invitations, Outcome
from services.scheduling.app.series import Scope, Series
from services.scheduling.domain import booking
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.invitations import Reply
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.said import Answer
from services.scheduling.domain.series import Rhythm
from services.scheduling.domain.told import Reason, Status
from services.scheduling.wire import calendar, replies
from tests.examples import examples
from tests.scheduling.factories import MENTEE, MINUTE, MORNING, NOON, ORG, PAIR, PAIR_ID, POLICY
from tests.scheduling.test_app import World, mentee, mentor, service
from tests.scheduling.test_diary import ZONES, second_zone

HOUR = 60 * MINUTE
LOOK = calendar.Look("mailto:meet@example.com", ("mailto:ada@example.com", "mailto:bob@example.com"))


def rhythm(days: int = 14, count: int = 4, zone: str = "Europe/Berlin", first: datetime = NOON) -> Rhythm:
    return Rhythm(first, 45 * MINUTE, zone, days, count)


def kept(wanted: Rhythm) -> list[tuple[Ref, Versioned[Meeting]]]:
    found = []
    for place, start in enumerate(wanted.starts()):
        wish = Wish(PAIR_ID, start, start + wanted.length, series="series-1", recurrence=wanted.recurrence)
        now, policy = start - HOUR, replace(POLICY, ahead=timedelta(days=400))
        meeting = booking.book(PAIR, MENTEE, wish, now, policy)[0]
        found.append((Ref(ORG, f"m-{place}"), Versioned(meeting, 1, MORNING, MORNING)))
    return found


def expanded(document: str) -> list[datetime]:
    """Return when meetings start as a calendar program shows them: one that knows the zones by itself."""
    events = vobject.readOne(document).vevent_list
    [master] = [event for event in events if "recurrence-id" not in event.contents]
    named = re.search(r"DTSTART;TZID=([^:]+):", document)
    zone: Any = second_zone(named[1] if named else "UTC")
    others = {
        _wall(event.recurrence_id.value): event.dtstart.value for event in events if event is not master
    }
    without = {_wall(one) for part in master.contents.get("exdate", ()) for one in part.value}
    rule: Any = rrule.rrulestr(master.rrule.value, dtstart=_wall(master.dtstart.value))
    walls = [one for one in rule if one not in without]
    assert set(others) <= set(walls)
    regular = [tz.resolve_imaginary(one.replace(tzinfo=zone)) for one in walls]
    return sorted(others.get(w, one).astimezone(UTC) for w, one in zip(walls, regular, strict=True))


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def starts(items: list[tuple[Ref, Versioned[Meeting]]]) -> list[datetime]:
    return sorted(stored.state.start for _, stored in items)


def test_a_series_is_one_entry_on_its_wall_clock_under_one_name() -> None:
    told = vobject.readOne(calendar.series(kept(rhythm()), LOOK))
    [event] = told.vevent_list
    assert event.uid.value == "series-1@acme.mentoring"
    assert event.rrule.value == "FREQ=WEEKLY;COUNT=4;INTERVAL=2"
    assert f"{event.dtstart.value:%H:%M}" == "13:00"
    assert [one.value for one in event.attendee_list] == list(LOOK.people)
    assert told.vtimezone.tzid.value == "Europe/Berlin"


@given(
    st.builds(
        rhythm,
        st.integers(1, 60),
        st.integers(2, 6),
        st.sampled_from(ZONES),
        st.integers(0, 4 * 24 * 200).map(lambda quarters: MORNING + quarters * 15 * MINUTE),
    ),
    st.data(),
)
@examples(15)
def test_whatever_is_moved_or_called_off_is_shown_where_it_is(wanted: Rhythm, data: st.DataObject) -> None:
    items = kept(wanted)
    left = data.draw(st.lists(st.sampled_from(items), min_size=1, unique_by=lambda one: one[0].id))
    shown = []
    for ref, stored in left:
        by = data.draw(st.sampled_from((0, 0, 15, -60)))
        moved = replace(
            stored.state, start=stored.state.start + by * MINUTE, end=stored.state.end + by * MINUTE
        )
        shown.append((ref, replace(stored, state=moved)))
    assert expanded(calendar.feed(shown)) == starts(shown)


def test_one_of_a_series_says_which_one_it_is_and_its_answer_finds_it() -> None:
    [_, (ref, stored), *_] = kept(rhythm())
    document = calendar.invitation(ref, stored, LOOK)
    event = vobject.readOne(document).vevent
    assert (event.uid.value, event.recurrence_id.value) == ("series-1@acme.mentoring", stored.state.start)
    answer = document.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", "ACCEPTED")
    lines = [line for line in answer.replace("\r\n ", "").split("\r\n") if "ada@" not in line]
    known = replies.reply(ORG, "\r\n".join(lines))
    assert (known.meeting, known.occurrence) == ("series-1", stored.state.occurrence)


# --- kept ------------------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    return made


def series_of(world: World) -> Series:
    return Series((world.kept, world.circles), world.meetings, world.clock)


async def booked(world: World, wanted: Rhythm) -> list[str]:
    made = await series_of(world).book(mentee, PAIR_ID, lambda _: wanted, Cause("series"))
    return [ref.id for ref, _ in made.meetings]


async def hours(world: World, ids: list[str]) -> list[str]:
    return [f"{(await world.kept.get(Ref(ORG, one))).state.start:%d.%m. %H:%M}" for one in ids]


async def test_a_series_is_told_once_as_a_whole(world: World) -> None:
    for _ in range(2):
        await booked(world, rhythm(count=2))
    assert world.told().count("SeriesBooked") == 1


async def test_this_and_following_move_by_as_much_on_the_wall_clock(world: World) -> None:
    """Berlin changes its clocks on 29 March: the same shift on the wall clock before and after it."""
    ids = await booked(world, rhythm())
    how = (mentee, (PAIR_ID, ids[1]), datetime(2026, 3, 17, 14, tzinfo=UTC), Scope.FOLLOWING)
    for _ in range(2):
        made = await series_of(world).move(*how, Cause("move"))
        assert made.kept == []
    assert await hours(world, ids) == ["02.03. 12:00", "17.03. 14:00", "31.03. 13:00", "14.04. 13:00"]
    items = [(Ref(ORG, one), await world.kept.get(Ref(ORG, one))) for one in ids]
    assert expanded(calendar.feed(items)) == starts(items)


async def test_all_that_are_ahead_move_and_a_daily_series_does_not_stand_in_its_own_way(world: World) -> None:
    ids = await booked(world, rhythm(days=1, count=3))
    made = await series_of(world).move(
        mentee, (PAIR_ID, ids[0]), NOON + timedelta(days=1), Scope.ALL, Cause("move")
    )
    assert made.kept == []
    assert await hours(world, ids) == ["03.03. 12:00", "04.03. 12:00", "05.03. 12:00"]


async def test_one_that_cannot_be_moved_stays_and_is_told(world: World) -> None:
    ids = await booked(world, rhythm(count=3))
    other = datetime(2026, 3, 16, 14, tzinfo=UTC)
    await world.book(asked=Wish(PAIR_ID, other, other + HOUR), request="other")
    made = await series_of(world).move(mentee, (PAIR_ID, ids[0]), NOON + 2 * HOUR, Scope.ALL, Cause("move"))
    assert made.kept == [(ids[1], "SLOT_TAKEN")]
    assert await hours(world, ids) == ["02.03. 14:00", "16.03. 12:00", "30.03. 13:00"]


async def test_only_a_series_moves_as_one(world: World) -> None:
    meeting, _ = await world.book()
    with pytest.raises(NotFound, match="NO_SERIES"):
        await series_of(world).move(mentee, (PAIR_ID, meeting), NOON + HOUR, Scope.ALL, Cause("move"))


@pytest.mark.parametrize("occurrence", [None, 1])
async def test_an_answer_counts_for_one_of_a_series_or_for_all_of_it(
    world: World, occurrence: int | None
) -> None:
    ids = await booked(world, rhythm(count=3))
    first = (await world.kept.get(Ref(ORG, ids[0]))).state
    at = None if occurrence is None else (await world.kept.get(Ref(ORG, ids[occurrence]))).state.occurrence
    address = f"{MENTEE}@acme.example"
    reply = Reply(first.series, Answer("", Status.DECLINED), 0, address, address, at)
    app = Invitations(world.meetings, world.kept, world.people)
    assert (await app.receive(service, reply, Cause("reply")))[0] is Outcome.TAKEN
    answered = [bool((await world.kept.get(Ref(ORG, one))).state.answers) for one in ids]
    assert answered == ([True] * 3 if occurrence is None else [False, True, False])


async def test_an_answer_to_a_series_of_which_one_is_over_is_to_the_rest(world: World) -> None:
    ids = await booked(world, rhythm(count=3))
    series = (await world.kept.get(Ref(ORG, ids[0]))).state.series
    world.clock.advance(NOON - world.clock.now())
    for caller in (mentor, mentee):
        await world.meetings.check_in(caller, (PAIR_ID, ids[0]), Cause(caller.subject))
    app = Invitations(world.meetings, world.kept, world.people)
    meant = await app.meant(ORG, Reply(series, Answer("", Status.DECLINED), 0, ""))
    assert sorted(ref.id for ref, _ in meant) == sorted(ids[1:])


async def test_the_rest_of_a_series_is_still_called_off_as_one(world: World) -> None:
    ids = await booked(world, rhythm(count=3))
    off = await series_of(world).cancel(mentee, (PAIR_ID, ids[1]), Reason.WORKLOAD, Cause("off"))
    assert [ref.id for ref, _ in off] == ids[1:]


def test_the_rule_counts_days_where_they_are_no_weeks() -> None:
    event: Any = vobject.readOne(calendar.feed(kept(rhythm(days=10)))).vevent
    assert event.rrule.value == "FREQ=DAILY;COUNT=4;INTERVAL=10"
