"""Another time that somebody asks for from their calendar: held beside the booked one until answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Refused
from services.kernel.mongo import Cause, Ref
from services.scheduling.app.proposals import Proposals
from services.scheduling.domain import attendance, proposals
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.booking import Wish, move
from services.scheduling.domain.diary import Diary
from services.scheduling.domain.meetings import Decision, Meeting, Stage
from services.scheduling.domain.said import Answer
from services.scheduling.domain.told import (
    Closed,
    MeetingAnswered,
    MeetingCheckedIn,
    MeetingHeld,
    MeetingProposalClosed,
    MeetingReminderDue,
    MeetingRescheduled,
    Reason,
    Status,
)
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    POLICY,
    STRANGER,
    booked,
    wish,
)
from tests.scheduling.test_app import OTHER_ID, World, mentee, mentor, stranger

HOUR = 60 * MINUTE
TOMORROW = NOON + timedelta(days=1)
LAST_CALL = NOON - POLICY.reschedule


def asking(start: datetime = TOMORROW, person: str = MENTEE, at: datetime = MORNING) -> Answer:
    return Answer(person, Status.COUNTERED, at, start, start + 45 * MINUTE)


def countered(
    meeting: Meeting | None = None, asked: Answer | None = None, now: datetime = MORNING
) -> Decision:
    """Return what becomes of a meeting, and what that tells, when somebody asks for another time."""
    told = asked or asking()
    answered = attendance.answer(meeting or booked(), told, 0, now)
    return proposals.counter(answered, told, now, POLICY)


def test_the_other_time_is_held_beside_the_booked_one_until_the_other_moves_the_meeting_there() -> None:
    asked, happened = countered()
    assert happened == [MeetingAnswered(MENTEE, Status.COUNTERED, TOMORROW, TOMORROW + 45 * MINUTE)]
    assert (asked.stage, asked.start) == (Stage.BOOKED, NOON), "it stays as it is booked"
    assert set(asked.slots) == {*booked().slots, *booked(TOMORROW).slots}
    assert asked.starts == (NOON, TOMORROW)
    there, happened = proposals.accept(asked, (PAIR_ID, MENTOR), TOMORROW, MORNING, POLICY)
    assert happened == [MeetingRescheduled(MENTOR, NOON, NOON + 45 * MINUTE)]
    assert there == replace(booked(TOMORROW), revision=1)


@pytest.mark.parametrize(("person", "closed"), [(MENTEE, Closed.WITHDRAWN), (MENTOR, Closed.REJECTED)])
def test_either_of_the_two_may_leave_the_meeting_as_it_is_booked(person: str, closed: Closed) -> None:
    asked, _ = countered()
    left, happened = proposals.close(asked, (PAIR_ID, person), MORNING)
    assert happened == [MeetingProposalClosed(person, closed)]
    assert left == replace(booked(), answers=asked.answers)


def test_who_asked_does_not_accept_and_only_the_time_asked_for_is_accepted() -> None:
    asked, _ = countered()
    with pytest.raises(Denied, match="OWN_PROPOSAL"):
        proposals.accept(asked, (PAIR_ID, MENTEE), TOMORROW, MORNING, POLICY)
    with pytest.raises(Refused, match="NO_SUCH_OPTION"):
        proposals.accept(asked, (PAIR_ID, MENTOR), NOON, MORNING, POLICY)


def test_it_is_held_as_long_as_the_meeting_can_be_moved_and_reminders_go_out_beside_it() -> None:
    asked, _ = countered()
    assert asked.due_at == min(booked().reminders) == LAST_CALL
    lapsed, happened = asked.fire(LAST_CALL)
    assert happened == [MeetingProposalClosed("", Closed.LAPSED)]
    assert lapsed == replace(booked(), answers=asked.answers)
    assert lapsed.fire(LAST_CALL)[1] == [MeetingReminderDue(HOUR)]
    with pytest.raises(Refused, match="NOTHING_PROPOSED"):
        proposals.accept(asked, (PAIR_ID, MENTOR), TOMORROW, LAST_CALL, POLICY)


def test_it_is_held_no_longer_than_offers_are() -> None:
    far = booked(NOON + timedelta(days=30))
    asked, _ = countered(far, asking(NOON + timedelta(days=31)))
    assert asked.due_at == MORNING + POLICY.hold


@pytest.mark.parametrize(
    "asked",
    [
        asking(TOMORROW + MINUTE),
        asking(MORNING - HOUR),
        asking(NOON + timedelta(days=1000)),
        asking(NOON),
        Answer(MENTEE, Status.COUNTERED, MORNING),
    ],
    ids=["not on a quarter hour", "past", "too far ahead", "as booked", "none"],
)
def test_a_time_that_cannot_be_had_is_told_and_not_held(asked: Answer) -> None:
    meeting, happened = countered(asked=asked)
    assert happened == [MeetingAnswered(MENTEE, Status.COUNTERED, asked.start, asked.end)]
    assert meeting == replace(booked(), answers=(asked,))


def test_what_is_asked_for_when_the_meeting_cannot_be_moved_any_more_is_told_and_not_held() -> None:
    meeting, happened = countered(now=LAST_CALL + MINUTE)
    assert (len(happened), meeting.proposal) == (1, None)


def test_what_a_guest_asks_for_is_told_and_not_held() -> None:
    with_guest = replace(booked(), guests=(STRANGER,))
    meeting, happened = countered(with_guest, asking(person=STRANGER))
    assert (len(happened), meeting.proposal) == (1, None)


def test_whatever_somebody_answers_next_takes_back_what_they_asked_for() -> None:
    asked, _ = countered()
    yes = Answer(MENTEE, Status.ACCEPTED, MORNING + MINUTE)
    accepted, happened = attendance.answer(asked, yes, 0, MORNING + MINUTE)
    withdrawn = MeetingProposalClosed(MENTEE, Closed.WITHDRAWN)
    assert happened == [MeetingAnswered(MENTEE, Status.ACCEPTED), withdrawn]
    assert accepted == replace(booked(), answers=(yes,))
    later = asking(TOMORROW + HOUR, at=MORNING + MINUTE)
    again, happened = countered(asked, later)
    assert happened[1:] == [withdrawn]
    assert set(again.slots) == {*booked().slots, *booked(TOMORROW + HOUR).slots}


def test_who_asks_for_a_third_time_declines_what_the_other_one_asked_for() -> None:
    asked, _ = countered()
    other, happened = countered(asked, asking(TOMORROW + HOUR, MENTOR))
    assert happened[1:] == [MeetingProposalClosed(MENTOR, Closed.REJECTED)]
    assert set(other.slots) == {*booked().slots, *booked(TOMORROW + HOUR).slots}
    kept, happened = countered(asked, asking(NOON, MENTOR))
    assert (kept.proposal, len(happened)) == (asked.proposal, 1), "what cannot be held replaces nothing"


def test_a_guest_who_declines_meanwhile_stays_free_when_the_meeting_stays() -> None:
    guests = replace(booked(), guests=(STRANGER,), slots=(*booked().slots, f"{STRANGER}/2026-03-02T12:00Z"))
    asked, _ = countered(guests)
    declined, _ = attendance.answer(asked, Answer(STRANGER, Status.DECLINED), 0, MORNING)
    left, _ = proposals.close(declined, (PAIR_ID, MENTOR), MORNING)
    assert left.slots == booked().slots


@pytest.mark.parametrize(
    "settle",
    [
        lambda one: move(one, MENTOR, wish(TOMORROW + HOUR), MORNING, POLICY),
        lambda one: one.cancel(PAIR_ID, MENTOR, MORNING),
        lambda one: one.drop(MORNING, Reason.MENTORSHIP_ENDED),
        lambda one: replace(one, proposal=replace(one.proposal, until=TOMORROW)).fire(one.check_time),
    ],
    ids=["moved elsewhere", "called off", "mentorship over", "missed"],
)
def test_nothing_stays_held_once_the_meeting_itself_is_settled(settle: Callable[[Meeting], Decision]) -> None:
    settled, _ = settle(countered()[0])
    assert settled.proposal is None
    assert set(settled.slots).isdisjoint(booked(TOMORROW).slots)


def test_a_meeting_that_is_held_before_the_timer_fired_holds_its_own_time_alone() -> None:
    asked, _ = countered()
    there, happened = asked.check_in(PAIR_ID, MENTEE, NOON)[0].check_in(PAIR_ID, MENTOR, NOON)
    assert happened == [MeetingCheckedIn(MENTOR), MeetingHeld()]
    assert (there.slots, there.proposal) == (booked().slots, None)


@given(st.integers(-3, 3), st.sampled_from(["accepted", "left"]))
def test_booked_and_asked_for_may_overlap_and_each_is_whole_whichever_comes(
    quarters: int, answer: str
) -> None:
    own = Availability("UTC", before=15, after=30, notice=0, per_day=3)
    diaries = (Diary(MENTOR, own=own), Diary(MENTEE))
    first, _ = move(booked(TOMORROW), MENTOR, wish(), MORNING, POLICY, diaries)
    asked = asking(NOON + quarters * 15 * MINUTE)
    answered = attendance.answer(first, asked, 1, MORNING)
    meeting, _ = proposals.counter(answered, asked, MORNING, POLICY, diaries)
    if not quarters:
        assert meeting.proposal is None
    elif answer == "accepted":
        assert asked.start is not None
        there, _ = proposals.accept(meeting, (PAIR_ID, MENTOR), asked.start, MORNING, POLICY)
        assert there.slots == move(first, MENTOR, wish(asked.start), MORNING, POLICY, diaries)[0].slots
    else:
        assert proposals.close(meeting, (PAIR_ID, MENTOR), MORNING)[0].slots == first.slots


# --- kept ------------------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.mentorships.activated(Ref(ORG, OTHER_ID), replace(PAIR, people=(MENTOR, STRANGER)), 5)
    return made


async def test_nobody_else_gets_the_time_that_is_asked_for_until_the_meeting_stays(world: World) -> None:
    meeting, _ = await world.book()
    elsewhere = Wish(OTHER_ID, TOMORROW, TOMORROW + HOUR)
    for _ in range(2):
        _, stored = await world.meetings.answer(mentee, meeting, (asking(), 0), Cause("counter"))
    assert stored.state.proposal is not None
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book(stranger, elsewhere, "r-1")
    app = Proposals((world.kept, world.circles), world.diaries, world.clock, world.policies)
    await app.close(mentor, (PAIR_ID, meeting), ("", Cause("leave")))
    assert (await world.book(stranger, elsewhere, "r-2"))[1] is Stage.BOOKED
    assert world.told() == ["MeetingBooked", "MeetingAnswered", "MeetingProposalClosed", "MeetingBooked"]


async def test_what_is_asked_for_is_not_offered_to_others_as_free(world: World) -> None:
    meeting, _ = await world.book()
    assert "14:00" in await world.starts(stranger, OTHER_ID)
    await world.meetings.answer(mentee, meeting, (asking(NOON + 2 * HOUR), 0), Cause("counter"))
    assert not {"12:00", "14:00"} & set(await world.starts(stranger, OTHER_ID))


async def test_a_time_that_is_taken_is_told_and_not_held(world: World) -> None:
    meeting, _ = await world.book()
    await world.book(stranger, Wish(OTHER_ID, TOMORROW, TOMORROW + HOUR), "other")
    _, stored = await world.meetings.answer(mentee, meeting, (asking(), 0), Cause("counter"))
    assert (stored.state.proposal, stored.state.answers) == (None, (asking(),))
    assert world.told()[-1] == "MeetingAnswered"
