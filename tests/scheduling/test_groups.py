"""Meetings of groups: who books, who is invited, whose time it takes, and when it took place."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.scheduling.app.availability import Asked
from services.scheduling.app.following import Groups
from services.scheduling.domain import attendance, booking, groups, proposals
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.diary import claimed
from services.scheduling.domain.groups import Following, Group
from services.scheduling.domain.hours import Range
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.parents import in_group
from services.scheduling.domain.said import Answer
from services.scheduling.domain.settings import Settings
from services.scheduling.domain.told import MeetingHeld, MeetingMissed, Notice, Reason, Status
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
    UTC_HOURS,
    wish,
)
from tests.scheduling.test_app import World, mentee, mentor, stranger

CO_MENTOR, MEMBER = "e0100300", "e0100800"
GROUP_ID = "33333333-3333-4333-8333-333333333333"
PARENT = in_group(GROUP_ID)
REF = Ref(ORG, GROUP_ID)
GROUP = Group((MENTOR, CO_MENTOR), (MENTEE, MEMBER), meeting_minutes=60)
HOUR = timedelta(hours=1)
END = NOON + HOUR
WISH = Wish(PARENT, NOON, END)
member = Caller(ORG, MEMBER, frozenset({"mentee"}))


def booked() -> Meeting:
    return booking.book(GROUP, MENTOR, WISH, MORNING, POLICY)[0]


def attended(*people: str) -> Meeting:
    """Return a meeting that is over and at which these checked in."""
    meeting = booked()
    for person in people:
        meeting, _ = meeting.check_in(PARENT, person, NOON)
    return meeting.fire(END)[0]


def taken_of(meeting: Meeting, person: str) -> int:
    """Return how many quarter hours of a person a meeting takes."""
    return len(claimed(person, meeting.slots))


class Here(World):
    """Scheduling in memory with GROUP beside the pairs."""

    def __init__(self) -> None:
        super().__init__()
        self.people.known |= {CO_MENTOR: UTC_HOURS, MEMBER: UTC_HOURS}
        self.following = Groups(self.groups, self.meetings, self.kept, self.clock)

    async def become(self, group: Group, sequence: int) -> None:
        """Let the group be another one."""
        await self.following.changed(REF, group, sequence, Cause(f"group-{sequence}"))

    async def meeting(self, ref: Ref) -> Meeting:
        return (await self.kept.get(ref)).state


@pytest.fixture
async def here() -> Here:
    made = Here()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.become(GROUP, 1)
    return made


def test_all_in_the_group_are_invited_and_it_is_decided_at_its_end() -> None:
    meeting = booked()
    assert (meeting.hosts, meeting.members) == (GROUP.mentors, GROUP.members)
    assert meeting.everybody == (*GROUP.mentors, *GROUP.members)
    assert (meeting.parent, meeting.mentorship, meeting.check_time) == (PARENT, "", END)


@pytest.mark.parametrize(
    ("present", "stage"),
    [
        ((MENTOR, MENTEE), Stage.HELD),
        ((CO_MENTOR, MEMBER, MENTEE), Stage.HELD),
        ((MENTOR, CO_MENTOR), Stage.MISSED),
        ((MENTEE, MEMBER), Stage.MISSED),
        ((MENTOR,), Stage.MISSED),
        ((), Stage.MISSED),
    ],
)
def test_it_took_place_if_a_mentor_and_a_member_were_there(present: tuple[str, ...], stage: Stage) -> None:
    meeting = attended(*present)
    assert (meeting.stage, meeting.present) == (stage, present)
    assert meeting.absent == tuple(one for one in meeting.everybody if one not in present)


def test_who_comes_in_the_middle_counts_and_is_late() -> None:
    meeting, _ = booked().check_in(PARENT, MENTEE, NOON + 30 * MINUTE)
    assert (meeting.stage, meeting.tardy) == (Stage.BOOKED, (MENTEE,))
    with pytest.raises(Refused, match="MEETING_OVER"):
        meeting.check_in(PARENT, MEMBER, END)


def test_who_said_so_or_declined_is_known_to_be_absent() -> None:
    meeting, _ = attendance.give_notice(booked(), (PARENT, MEMBER), (Notice.ABSENT, 0), MORNING, POLICY)
    meeting, _ = attendance.answer(meeting, Answer(MENTEE, Status.DECLINED), 0, MORNING)
    assert meeting.check_time == END
    _, [missed] = meeting.fire(END)
    assert missed == MeetingMissed(meeting.everybody, (MENTEE, MEMBER))
    assert (taken_of(meeting, MENTEE), taken_of(meeting, MEMBER), taken_of(meeting, MENTOR)) == (0, 4, 4)


def test_a_mentor_who_declines_gives_notice_and_keeps_the_time() -> None:
    meeting, _ = attendance.answer(booked(), Answer(CO_MENTOR, Status.DECLINED), 0, MORNING)
    assert ([one.person for one in meeting.told], taken_of(meeting, CO_MENTOR)) == ([CO_MENTOR], 4)


def test_a_counter_is_told_and_holds_nothing() -> None:
    asked = Answer(MENTOR, Status.COUNTERED, start=NOON + HOUR, end=END + HOUR)
    answered = attendance.answer(booked(), asked, 0, MORNING)
    meeting, [told] = proposals.counter(answered, asked, MORNING, POLICY)
    assert (meeting.proposal, told) == (None, answered[1][0])


def test_mentors_alone_move_it_and_call_it_off() -> None:
    later = Wish(PARENT, NOON + HOUR, END + HOUR)
    for person, refusal in ((MENTEE, Denied), (STRANGER, NotFound)):
        with pytest.raises(refusal):
            booked().cancel(PARENT, person, MORNING)
        with pytest.raises(refusal):
            booking.move(booked(), person, later, MORNING, POLICY)
    moved, _ = booking.move(booked(), CO_MENTOR, later, MORNING, POLICY)
    assert (moved.start, moved.check_time, moved.revision) == (NOON + HOUR, END + HOUR, 1)
    assert booked().cancel(PARENT, MENTOR, MORNING)[0].slots == ()


def test_it_is_not_found_under_a_mentorship_nor_under_another_group() -> None:
    for parent in (GROUP_ID, "", PAIR_ID, in_group("another")):
        with pytest.raises(NotFound):
            booked().cancel(parent, MENTOR, MORNING)


def test_who_comes_is_invited_and_who_leaves_is_let_go() -> None:
    changed = replace(GROUP, members=(MEMBER, STRANGER))
    meeting, events = groups.follow(booked(), changed, MORNING, Following())
    assert [(type(one).__name__, one.person) for one in events] == [  # type: ignore[union-attr]  # both name one
        ("MeetingAttendeeAdded", STRANGER),
        ("MeetingAttendeeRemoved", MENTEE),
    ]
    assert (meeting.members, meeting.revision) == ((MEMBER, STRANGER), 1)
    assert (taken_of(meeting, STRANGER), taken_of(meeting, MENTEE)) == (4, 0)
    assert groups.follow(meeting, changed, MORNING, Following()) == (meeting, [])


def test_one_that_has_begun_stays_as_it_is() -> None:
    for group in (replace(GROUP, members=()), replace(GROUP, active=False)):
        assert groups.follow(booked(), group, NOON, Following()) == (booked(), [])


def test_the_answers_of_others_count_although_somebody_came_or_left() -> None:
    meeting, _ = groups.follow(booked(), replace(GROUP, members=(MENTEE,)), MORNING, Following())
    yes = Answer(MENTEE, Status.ACCEPTED)
    answered, _ = attendance.answer(meeting, yes, 0, MORNING)
    assert answered.answers == (yes,)
    moved, _ = booking.move(meeting, MENTOR, Wish(PARENT, END, END + HOUR), MORNING, POLICY)
    with pytest.raises(Refused, match="ANSWER_OUTDATED"):
        attendance.answer(moved, yes, 1, MORNING)


def test_mentors_say_afterwards_who_was_there() -> None:
    meeting, events = groups.record(attended(), (PARENT, MENTOR), (MEMBER, MENTOR), END + HOUR, POLICY)
    assert (meeting.stage, meeting.present, events) == (Stage.HELD, (MENTOR, MEMBER), [MeetingHeld()])
    assert groups.record(meeting, (PARENT, MENTOR), (MENTOR, MEMBER), END + HOUR, POLICY)[1] == []
    undone, _ = groups.record(meeting, (PARENT, CO_MENTOR), (MEMBER,), END + HOUR, POLICY)
    assert (undone.stage, undone.absent) == (Stage.MISSED, (MENTOR, CO_MENTOR, MENTEE))


@pytest.mark.parametrize(
    ("person", "present", "moment", "reason"),
    [
        (MENTEE, (MENTEE,), END, "NOT_A_MENTOR"),
        (STRANGER, (), END, "MEETING_NOT_FOUND"),
        (MENTOR, (STRANGER,), END, "NOT_INVITED"),
        (MENTOR, (MENTOR,), NOON - MINUTE, "NOT_STARTED"),
        (MENTOR, (MENTOR,), END + POLICY.dispute, "ATTENDANCE_TOO_LATE"),
    ],
)
def test_attendance_is_not_recorded(
    person: str, present: tuple[str, ...], moment: object, reason: str
) -> None:
    with pytest.raises((Denied, NotFound, Invalid, Refused), match=reason):
        groups.record(booked(), (PARENT, person), present, moment, POLICY)  # type: ignore[arg-type]  # a moment


@given(st.lists(st.sets(st.sampled_from([MENTEE, MEMBER, STRANGER, "e1", "e2"])), max_size=6))
def test_whoever_comes_and_goes_the_invited_are_the_group_and_nobody_else_loses_time(
    rounds: list[set[str]],
) -> None:
    meeting = booked()
    for members in rounds:
        now = replace(GROUP, members=tuple(sorted(members)))
        after, events = groups.follow(meeting, now, MORNING, Following())
        assert set(after.everybody) == {*GROUP.mentors, *members}
        assert after.revision == meeting.revision + bool(events)
        people = {slot.partition("/")[0] for slot in after.slots}
        assert people == set(after.everybody)
        meeting = after


async def test_only_mentors_book_and_those_outside_find_no_group(here: Here) -> None:
    with pytest.raises(Denied, match="NOT_A_MENTOR"):
        await here.book(mentee, WISH)
    with pytest.raises(NotFound, match="GROUP_NOT_FOUND"):
        await here.book(stranger, WISH)
    with pytest.raises(NotFound, match="GROUP_NOT_FOUND"):
        await here.book(mentor, replace(WISH, parent=in_group("unknown")))
    with pytest.raises(Invalid, match="GUESTS_OF_GROUP"):
        await here.book(mentor, replace(WISH, guests=(STRANGER,)))
    assert (await here.book(mentor, WISH))[1] is Stage.BOOKED


async def test_members_read_it_and_strangers_do_not(here: Here) -> None:
    meeting, _ = await here.book(mentor, WISH)
    for caller in (mentor, mentee, member):
        assert (await here.meetings.get(caller, (PARENT, meeting))).state.start == NOON
        assert len((await here.meetings.list(caller, PARENT, Query())).items) == 1
    with pytest.raises(NotFound):
        await here.meetings.get(stranger, (PARENT, meeting))
    assert (await here.meetings.list(stranger, PARENT, Query())).items == []


async def test_a_mentor_who_is_taken_stops_it_and_a_member_who_is_taken_does_not(here: Here) -> None:
    await here.book(mentee, wish(NOON, 15))
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await here.book(mentor, WISH, "group")
    alone = replace(GROUP, mentors=(CO_MENTOR,))
    await here.become(alone, 2)
    co_mentor = Caller(ORG, CO_MENTOR, frozenset({"mentor"}))
    ref, stored = await here.meetings.book(co_mentor, WISH, Cause("alone"))
    meeting = stored.state
    assert MENTEE in meeting.members
    assert (taken_of(meeting, MENTEE), taken_of(meeting, MEMBER)) == (0, 4)
    later = await here.meetings.move(
        co_mentor, (PARENT, ref.id), lambda _: replace(WISH, start=END, end=END + HOUR), ("", Cause("m"))
    )
    assert taken_of(later.state, MENTEE) == 4


async def test_a_member_in_a_session_is_not_booked_elsewhere_until_they_decline(here: Here) -> None:
    await here.become(replace(GROUP, mentors=(CO_MENTOR,)), 2)
    co_mentor = Caller(ORG, CO_MENTOR, frozenset({"mentor"}))
    ref, _ = await here.meetings.book(co_mentor, WISH, Cause("session"))
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await here.book(mentee)
    declined = Answer(MENTEE, Status.DECLINED)
    await here.meetings.answer(mentee, ref.id, (declined, 0), Cause("no"))
    assert (await here.book(mentee))[1] is Stage.BOOKED


async def test_of_a_pair_and_a_group_at_once_the_mentor_meets_one(here: Here) -> None:
    both = await asyncio.gather(
        here.book(mentor, WISH, "group"), here.book(mentor, wish(), "pair"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Refused", "tuple"]


async def test_who_joins_is_invited_to_what_is_ahead_even_if_they_are_taken_then(here: Here) -> None:
    await here.mentorships.activated(Ref(ORG, "other"), replace(PAIR, people=("somebody", STRANGER)), 5)
    ref, _ = await here.meetings.book(mentor, WISH, Cause("session"))
    await here.book(stranger, Wish("other", NOON, END), "other")
    await here.become(replace(GROUP, members=(MENTEE, MEMBER, STRANGER)), 2)
    meeting = await here.meeting(ref)
    assert STRANGER in meeting.members
    assert taken_of(meeting, STRANGER) == 0
    await here.become(replace(GROUP, members=(MENTEE,)), 3)
    assert (await here.meeting(ref)).members == (MENTEE,)


async def test_who_joined_while_it_was_booked_is_invited_when_the_booking_is_repeated(here: Here) -> None:
    ref, _ = await here.meetings.book(mentor, WISH, Cause("session"))
    await here.groups.put(REF, replace(GROUP, members=(STRANGER,)), 2)
    _, stored = await here.meetings.book(mentor, WISH, Cause("session"))
    assert stored.state.members == (STRANGER,)
    assert (await here.meeting(ref)) == stored.state


async def test_news_that_come_twice_or_late_change_nothing(here: Here) -> None:
    ref, _ = await here.meetings.book(mentor, WISH, Cause("session"))
    await here.become(replace(GROUP, members=()), 3)
    before = await here.meeting(ref)
    await here.become(replace(GROUP, members=()), 3)
    await here.become(GROUP, 2)
    assert await here.meeting(ref) == before


async def test_a_group_that_is_over_meets_no_more(here: Here) -> None:
    ref, _ = await here.meetings.book(mentor, WISH, Cause("session"))
    await here.following.stopped(REF, 2, Cause("over"))
    meeting = await here.meeting(ref)
    assert meeting.call is not None
    assert (meeting.stage, meeting.call.reason) == (Stage.CANCELLED, Reason.MENTORSHIP_ENDED)
    with pytest.raises(Refused, match="GROUP_OVER"):
        await here.book(mentor, WISH, "again")


async def test_its_program_says_when_it_is_reminded_of(here: Here) -> None:
    await here.become(replace(GROUP, program="spring"), 2)
    hr = Caller(ORG, "hr", frozenset({"hr_admin"}))
    await here.programs.put(hr, "spring", Settings((30,), "https://room.example/{meeting}"), ("", Cause("s")))
    _, stored = await here.meetings.book(mentor, WISH, Cause("session"))
    assert stored.state.reminders == (NOON - 30 * MINUTE,)
    assert stored.state.video == "https://room.example/{meeting}"


async def test_times_are_those_of_all_mentors_and_say_which_members_are_busy(here: Here) -> None:
    await here.become(replace(GROUP, mentors=(MENTOR,), members=(MEMBER,)), 2)
    await here.book(mentee, wish(NOON, 60))
    await here.become(replace(GROUP, mentors=(CO_MENTOR,), members=(MENTEE, MEMBER)), 3)
    co_mentor = Caller(ORG, CO_MENTOR, frozenset({"mentor"}))
    asked = Asked(PARENT, Range(NOON, END), page_size=100)
    found = await here.free.find(co_mentor, asked)
    assert [slot.start for slot in found.slots] == [NOON]
    assert (found.missing, found.zones) == ([[MENTEE]], ("UTC",))
    with pytest.raises(Denied, match="NOT_A_MENTOR"):
        await here.free.find(member, asked)
    with pytest.raises(NotFound, match="GROUP_NOT_FOUND"):
        await here.free.find(stranger, asked)
