"""Meetings of groups over real gRPC and MongoDB: invitations, answers, attendance, people who come and go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
import vobject
from google.protobuf.duration_pb2 import Duration

from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from tests.harness import Metadata
from tests.scheduling.factories import MENTEE, MENTOR, MINUTE, MORNING, NOON, ORG, STRANGER
from tests.scheduling.serving import PEOPLE, World, refused, served, stamp

pytestmark = pytest.mark.servers

CO_MENTOR, MEMBER = "e0100300", "e0100800"
GROUP = f"organizations/{ORG}/groups/33333333-3333-4333-8333-333333333333"
HOUR = timedelta(hours=1)


def roster(kind: type[Any], person: str, *members: str) -> Any:
    """Return what mentorships tells of a group that MENTOR and CO_MENTOR guide."""
    return kind(
        group=GROUP,
        person=f"{PEOPLE}/{person}",
        mentors=[f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{CO_MENTOR}"],
        members=[f"{PEOPLE}/{one}" for one in members],
        meeting_length=Duration(seconds=3600),
    )


class Group:
    """The service with one group, and those in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.co_mentor = world.at.token(CO_MENTOR, "mentor")
        self.member = world.at.token(MEMBER, "mentee")
        self.service = world.at.token("mail", "service")

    async def book(
        self, start: datetime = NOON, request_id: str = "", caller: Metadata | None = None
    ) -> meetings.Meeting:
        wish = meetings.Meeting(start_time=stamp(start), end_time=stamp(start + HOUR))
        request = meetings.BookMeetingRequest(parent=GROUP, meeting=wish, request_id=request_id)
        return await self.world.meetings.BookMeeting(request, metadata=caller or self.world.mentor)

    async def shown(self, meeting: meetings.Meeting, caller: Metadata) -> meetings.Meeting:
        request = meetings.GetMeetingRequest(name=meeting.name)
        return await self.world.meetings.GetMeeting(request, metadata=caller)

    async def invitation(self, meeting: meetings.Meeting, attendee: str) -> Any:
        """Return the method of the invitation for somebody, and its event as another reader sees it."""
        request = meetings.GetInvitationRequest(
            name=meeting.name,
            organizer_address="mailto:meet@acme.example",
            attendee=f"{PEOPLE}/{attendee}",
        )
        found = await self.world.meetings.GetInvitation(request, metadata=self.service)
        return found.method, vobject.readOne(found.document).vevent


@pytest.fixture
async def group(mongo_url: str) -> AsyncIterator[Group]:
    async with served(mongo_url) as world:
        for person in (MENTOR, CO_MENTOR, MENTEE, MEMBER, STRANGER):
            name = f"{PEOPLE}/{person}"
            world.people.add(
                Person(name=name, given_name=person, email=f"{person}@acme.example", time_zone="UTC")
            )
        await world.at.hear(roster(mentorships.GroupJoined, MENTEE, MENTEE, MEMBER), "joined")
        yield Group(world)


def addresses(event: Any) -> set[str]:
    return {one.value.removeprefix("mailto:").partition("@")[0] for one in event.contents["attendee"]}


async def test_a_session_is_booked_moved_and_called_off_as_one_and_all_are_told(group: Group) -> None:
    world = group.world
    meeting = await group.book(request_id="r-1")
    assert await group.book(request_id="r-1") == meeting
    assert meeting.name.startswith(f"{GROUP}/meetings/")
    assert list(meeting.mentors) == [f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{CO_MENTOR}"]
    assert list(meeting.members) == [f"{PEOPLE}/{MENTEE}", f"{PEOPLE}/{MEMBER}"]
    assert (meeting.mentor, meeting.mentee, list(meeting.guests)) == ("", "", [])
    method, event = await group.invitation(meeting, MEMBER)
    assert (method, event.sequence.value) == ("REQUEST", "0")
    assert addresses(event) == {MENTOR, CO_MENTOR, MENTEE, MEMBER}
    later = meetings.RescheduleMeetingRequest(name=meeting.name, start_time=stamp(NOON + 2 * HOUR))
    assert (await refused(world.meetings.RescheduleMeeting(later, metadata=world.mentee)))[
        1
    ] == "NOT_A_MENTOR"
    moved = await world.meetings.RescheduleMeeting(later, metadata=group.co_mentor)
    assert (moved.start_time, moved.end_time) == (stamp(NOON + 2 * HOUR), stamp(NOON + 3 * HOUR))
    cancel = meetings.CancelMeetingRequest(name=meeting.name, etag=moved.etag)
    off = await world.meetings.CancelMeeting(cancel, metadata=world.mentor)
    assert off.state == meetings.Meeting.STATE_CANCELLED
    method, event = await group.invitation(meeting, MENTEE)
    assert (method, event.sequence.value, len(addresses(event))) == ("CANCEL", "2", 4)
    assert await world.told(meeting) == [
        "GroupMeetingBooked",
        "GroupMeetingRescheduled",
        "GroupMeetingCancelled",
    ]


async def test_others_neither_book_nor_find_it_and_staff_lists_those_of_all_groups(group: Group) -> None:
    world = group.world
    meeting = await group.book()
    assert await refused(group.book(caller=group.member)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_A_MENTOR",
    )
    outside = (world.stranger, world.at.token(STRANGER, "mentor"))
    for caller in outside:
        assert (await refused(group.book(caller=caller)))[0] is grpc.StatusCode.NOT_FOUND
    for caller in (*outside, world.foreigner):
        assert (await refused(group.shown(meeting, caller)))[0] is grpc.StatusCode.NOT_FOUND
    assert (await group.shown(meeting, group.member)).name == meeting.name
    await world.book(MORNING + 2 * HOUR)
    for parent, caller, count in (
        (GROUP, group.member, 1),
        (GROUP, world.stranger, 0),
        (f"organizations/{ORG}/groups/-", world.lead, 1),
        (f"organizations/{ORG}/mentorships/-", world.lead, 1),
    ):
        request = meetings.ListMeetingsRequest(parent=parent)
        assert len((await world.meetings.ListMeetings(request, metadata=caller)).meetings) == count
    everything = meetings.ListMeetingsRequest(parent=f"organizations/{ORG}/groups/-")
    assert (await refused(world.meetings.ListMeetings(everything, metadata=group.member)))[1] == "STAFF_ONLY"


async def test_of_bookings_at_once_a_mentor_meets_the_group_or_the_mentee_but_not_both(group: Group) -> None:
    world = group.world
    calls = [group.book() for _ in range(10)] + [world.book(caller=world.mentor) for _ in range(10)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, meetings.Meeting) for one in answers) == 1


async def test_two_groups_that_share_a_member_both_meet(group: Group) -> None:
    """Whose hours are claimed at the same moment is decided by the database; the session is booked anyway."""
    other = f"organizations/{ORG}/groups/other"
    message = mentorships.GroupJoined(
        group=other, mentors=[f"{PEOPLE}/{STRANGER}"], members=[f"{PEOPLE}/{MEMBER}"]
    )
    await group.world.at.hear(message, "joined-other")
    wish = meetings.Meeting(start_time=stamp(NOON), end_time=stamp(NOON + HOUR))
    request = meetings.BookMeetingRequest(parent=other, meeting=wish)
    caller = group.world.at.token(STRANGER, "mentor")
    both = await asyncio.gather(
        group.book(), group.world.meetings.BookMeeting(request, metadata=caller), return_exceptions=True
    )
    assert all(isinstance(one, meetings.Meeting) for one in both)


async def test_attendance_of_each_is_known_and_a_mentor_corrects_it(group: Group) -> None:
    world = group.world
    meeting = await group.book()
    notice = meetings.GiveNoticeRequest(name=meeting.name, notice=codes.NOTICE_ABSENT)
    await world.meetings.GiveNotice(notice, metadata=group.co_mentor)
    kept = world.at.service.kinds[0]
    world.clock.advance(NOON - HOUR - MORNING)
    assert await world.due.fire(kept) == 1
    world.clock.advance(HOUR + 20 * MINUTE)
    for caller in (world.mentor, world.mentee):
        await world.check_in(meeting, caller)
    world.clock.advance(40 * MINUTE)
    assert await world.due.fire(kept) == 1
    over = await group.shown(meeting, group.member)
    assert over.state == meetings.Meeting.STATE_HELD
    assert list(over.present) == list(over.tardy) == [f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{MENTEE}"]
    request = meetings.RecordAttendanceRequest(name=meeting.name, present=[f"{PEOPLE}/{MEMBER}"])
    denied = world.meetings.RecordAttendance(request, metadata=group.member)
    assert (await refused(denied))[1] == "NOT_A_MENTOR"
    corrected = await world.meetings.RecordAttendance(request, metadata=world.mentor)
    assert corrected.state == meetings.Meeting.STATE_MISSED
    assert await world.told(meeting) == [
        "GroupMeetingBooked",
        "GroupMeetingNoticeGiven",
        "GroupMeetingReminderDue",
        "GroupMeetingCheckedIn",
        "GroupMeetingCheckedIn",
        "GroupMeetingHeld",
        "GroupMeetingMissed",
    ]


async def test_who_leaves_gets_a_withdrawal_and_who_comes_an_invitation(group: Group) -> None:
    world = group.world
    meeting = await group.book()
    await world.at.hear(roster(mentorships.GroupLeft, MENTEE, MEMBER), "left", sequence=2)
    await world.at.hear(roster(mentorships.GroupPromoted, STRANGER, MEMBER, STRANGER), "up", sequence=3)
    method, event = await group.invitation(meeting, MENTEE)
    assert (method, event.status.value, addresses(event)) == ("CANCEL", "CANCELLED", {MENTEE})
    method, event = await group.invitation(meeting, STRANGER)
    assert (method, addresses(event)) == ("REQUEST", {MENTOR, CO_MENTOR, MEMBER, STRANGER})
    assert (await refused(group.shown(meeting, world.mentee)))[0] is grpc.StatusCode.NOT_FOUND
    assert (await group.shown(meeting, world.stranger)).sequence == 2
    await world.at.hear(mentorships.GroupCompleted(group=GROUP), "over", sequence=4)
    off = await group.shown(meeting, group.member)
    assert off.cancellation.reason == codes.CANCEL_REASON_MENTORSHIP_ENDED
    assert (await refused(group.book(NOON + 3 * HOUR)))[1] == "GROUP_OVER"


async def test_an_answer_by_mail_counts_for_who_sent_it(group: Group) -> None:
    world = group.world
    meeting = await group.book()
    reply = "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "PRODID:-//Example Corp.//Calendar//EN",
            "VERSION:2.0",
            "METHOD:REPLY",
            "BEGIN:VEVENT",
            f"ATTENDEE;PARTSTAT=DECLINED:mailto:{MENTEE}@acme.example",
            f"UID:{meeting.name.rpartition('/')[2]}@{ORG}.mentoring",
            "SEQUENCE:0",
            "DTSTAMP:20260302T090000Z",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    )
    request = meetings.ReceiveReplyRequest(
        parent=f"organizations/{ORG}", message=reply.encode(), sender_address=f"{MENTEE}@acme.example"
    )
    answered = await world.meetings.ReceiveReply(request, metadata=group.service)
    assert answered.outcome == meetings.ReceiveReplyResponse.OUTCOME_TAKEN
    assert [(one.person, one.status) for one in answered.meeting.answers] == [
        (f"{PEOPLE}/{MENTEE}", codes.ANSWER_STATUS_DECLINED)
    ]


async def test_a_group_meets_in_series(group: Group) -> None:
    world = group.world
    request = meetings.BookSeriesRequest(
        parent=GROUP, start_time=stamp(NOON), time_zone="Europe/Berlin", count=3, interval_days=7
    )
    assert (await refused(world.meetings.BookSeries(request, metadata=group.member)))[1] == "NOT_A_MENTOR"
    booked = (await world.meetings.BookSeries(request, metadata=world.mentor)).meetings
    assert len(booked) == 3
    assert await world.told(booked[0]) == ["GroupMeetingBooked", "GroupSeriesBooked"]
    later = meetings.RescheduleSeriesRequest(
        name=booked[1].name,
        start_time=stamp(NOON + 7 * 24 * HOUR + HOUR),
        scope=meetings.RescheduleSeriesRequest.SCOPE_FOLLOWING,
    )
    moved = await world.meetings.RescheduleSeries(later, metadata=group.co_mentor)
    assert [one.name for one in moved.meetings] == [one.name for one in booked[1:]]
    off = await world.meetings.CancelSeries(
        meetings.CancelSeriesRequest(name=booked[0].name), metadata=world.mentor
    )
    assert len(off.meetings) == 3


async def test_times_are_those_of_the_mentors_with_the_members_who_are_busy(group: Group) -> None:
    world = group.world
    await world.at.hear(
        mentorships.GroupMentorJoined(
            group=GROUP,
            mentors=[f"{PEOPLE}/{CO_MENTOR}"],
            members=[f"{PEOPLE}/{MENTEE}"],
            meeting_length=Duration(seconds=3600),
        ),
        "smaller",
        sequence=2,
    )
    for person in (CO_MENTOR, MENTEE):
        windows = [availability.Availability.WeeklyWindow(day=1, start_minute=0, end_minute=1440)]
        own = availability.Availability(
            name=f"{PEOPLE}/{person}/availability",
            time_zone="UTC",
            weekly_hours=availability.Availability.WeeklyHours(windows=windows),
        )
        await world.availability.UpdateAvailability(
            availability.UpdateAvailabilityRequest(availability=own),
            metadata=world.at.token(person, "mentor"),
        )
    await world.book(NOON)
    find = availability.FindSlotsRequest(
        parent=GROUP, start_time=stamp(NOON), end_time=stamp(NOON + 2 * HOUR)
    )
    found = await world.availability.FindSlots(find, metadata=group.co_mentor)
    busy = {slot.mentor_local_start[11:16]: list(slot.busy_members) for slot in found.slots}
    assert busy == {
        "12:00": [f"{PEOPLE}/{MENTEE}"],
        "12:15": [f"{PEOPLE}/{MENTEE}"],
        "12:30": [f"{PEOPLE}/{MENTEE}"],
        "12:45": [],
        "13:00": [],
    }
    assert (await refused(world.availability.FindSlots(find, metadata=world.mentee)))[1] == "NOT_A_MENTOR"
