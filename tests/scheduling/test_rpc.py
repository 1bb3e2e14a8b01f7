"""Meetings over real gRPC and MongoDB: booking, attendance, free times, and the events each step leaves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipEnded
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person, WeeklyWindow
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from tests.harness import reason
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    POLICY,
)
from tests.scheduling.serving import PARENT, PEOPLE, World, refused, replica_of, served, stamp

pytestmark = pytest.mark.servers


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with served(mongo_url) as made:
        yield made


async def test_a_meeting_is_booked_once_per_request_and_held_when_both_come(world: World) -> None:
    meeting = await world.book(request_id="r-1")
    assert await world.book(request_id="r-1") == meeting
    world.clock.advance(NOON - MORNING)
    assert await world.book(request_id="r-1") == meeting
    await world.check_in(meeting, world.mentee)
    held = await world.check_in(meeting, world.mentor)
    assert held.state == meetings.Meeting.STATE_HELD
    assert list(held.present) == [f"{PEOPLE}/{MENTEE}", f"{PEOPLE}/{MENTOR}"]
    assert await world.told(meeting) == [
        "MeetingBooked",
        "MeetingCheckedIn",
        "MeetingCheckedIn",
        "MeetingHeld",
    ]


async def test_a_request_id_is_not_reused_for_another_meeting(world: World) -> None:
    await world.book(request_id="r-1")
    again = world.book(NOON + 60 * MINUTE, request_id="r-1")
    assert await refused(again) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


async def test_of_100_bookings_of_one_slot_at_once_exactly_one_wins(world: World) -> None:
    callers = [world.mentor, world.mentee] * 50
    answers = await asyncio.gather(*(world.book(caller=one) for one in callers), return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert len(lost) == 99
    assert {(error.code(), reason(error)) for error in lost} == {
        (grpc.StatusCode.FAILED_PRECONDITION, "SLOT_TAKEN")
    }


async def test_neighbouring_meetings_do_not_collide_and_a_cancelled_one_is_free_again(world: World) -> None:
    meeting = await world.book()
    await world.book(NOON + 45 * MINUTE)
    assert (await refused(world.book(NOON + 30 * MINUTE)))[1] == "SLOT_TAKEN"
    cancel = meetings.CancelMeetingRequest(name=meeting.name, etag=meeting.etag)
    cancelled = await world.meetings.CancelMeeting(cancel, metadata=world.mentor)
    assert cancelled.state == meetings.Meeting.STATE_CANCELLED
    assert (await world.book()).state == meetings.Meeting.STATE_BOOKED


async def test_a_meeting_is_missed_once_the_grace_period_is_over(world: World) -> None:
    meeting = await world.book()
    kept, *_ = world.at.service.kinds
    world.clock.advance(NOON - 60 * MINUTE - MORNING)
    assert [await world.due.fire(kept) for _ in range(2)] == [1, 0]
    world.clock.advance(60 * MINUTE + POLICY.grace - timedelta(milliseconds=1))
    assert await world.due.fire(kept) == 0
    world.clock.advance(timedelta(milliseconds=1))
    assert [await world.due.fire(kept) for _ in range(2)] == [1, 0]
    assert await refused(world.check_in(meeting, world.mentee)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "MEETING_OVER",
    )
    assert await world.told(meeting) == ["MeetingBooked", "MeetingReminderDue", "MeetingMissed"]


async def test_no_timer_is_left_of_a_meeting_that_was_held(world: World) -> None:
    meeting = await world.book()
    world.clock.advance(NOON - MORNING)
    for caller in (world.mentor, world.mentee):
        await world.check_in(meeting, caller)
    world.clock.advance(timedelta(days=1))
    assert await world.due.fire(world.at.service.kinds[0]) == 0


async def test_an_ended_mentorship_leaves_nothing_to_miss(world: World) -> None:
    meeting = await world.book()
    await world.at.hear(MentorshipEnded(mentorship=PARENT), "ended", sequence=2)
    shown = await world.meetings.GetMeeting(
        meetings.GetMeetingRequest(name=meeting.name), metadata=world.mentee
    )
    assert shown.state == meetings.Meeting.STATE_CANCELLED
    code, why = await refused(world.book(NOON + 60 * MINUTE))
    assert (code, why) == (grpc.StatusCode.FAILED_PRECONDITION, "MENTORSHIP_NOT_ACTIVE")


async def test_others_do_not_find_the_meeting(world: World) -> None:
    request = meetings.GetMeetingRequest(name=(await world.book()).name)
    for caller in (world.stranger, world.foreigner):
        code, _ = await refused(world.meetings.GetMeeting(request, metadata=caller))
        assert code is grpc.StatusCode.NOT_FOUND
    assert (await world.meetings.GetMeeting(request, metadata=world.lead)).name == request.name


async def test_wrong_fields_roles_and_etags_have_their_own_answers(world: World) -> None:
    meeting = await world.book()
    code, why = await refused(world.book(NOON + 5 * MINUTE))
    assert (code, why) == (grpc.StatusCode.INVALID_ARGUMENT, "START_NOT_ON_QUARTER_HOUR")
    assert (await refused(world.book(NOON + 60 * MINUTE, caller=world.lead)))[0] is (
        grpc.StatusCode.PERMISSION_DENIED
    )
    stale = meetings.CancelMeetingRequest(name=meeting.name, etag='"9"')
    code, why = await refused(world.meetings.CancelMeeting(stale, metadata=world.mentee))
    assert (code, why) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


async def test_lists_go_page_by_page_and_show_what_the_caller_may_see(world: World) -> None:
    booked = [await world.book(NOON + hour * 60 * MINUTE) for hour in range(3)]
    names: list[str] = []
    request = meetings.ListMeetingsRequest(parent=PARENT, page_size=2)
    while True:
        page = await world.meetings.ListMeetings(request, metadata=world.mentee)
        names.extend(meeting.name for meeting in page.meetings)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert sorted(names) == sorted(meeting.name for meeting in booked)
    everybodys = meetings.ListMeetingsRequest(parent=f"organizations/{ORG}/mentorships/-")
    assert len((await world.meetings.ListMeetings(everybodys, metadata=world.lead)).meetings) == 3
    assert (await refused(world.meetings.ListMeetings(everybodys, metadata=world.mentor)))[1] == "STAFF_ONLY"


async def test_free_times_suit_both_zones_and_leave_out_what_is_booked(world: World) -> None:
    """Berlin's Monday from 9 to 17 is 8 to 16 UTC in March; Reykjavik keeps UTC."""
    monday = [WeeklyWindow(day=1, start_minute=9 * 60, end_minute=17 * 60)]
    world.people.add(
        Person(name=f"{PEOPLE}/{MENTOR}", time_zone="Europe/Berlin", weekly_hours=monday),
        Person(name=f"{PEOPLE}/{MENTEE}", time_zone="Atlantic/Reykjavik", weekly_hours=monday),
    )
    await world.book()
    request = availability.FindSlotsRequest(
        parent=PARENT,
        start_time=stamp(MORNING),
        end_time=stamp(MORNING + timedelta(days=2)),
        length=Duration(seconds=3_600),
        page_size=100,
    )
    slots = (await world.availability.FindSlots(request, metadata=world.mentor)).slots
    starts = [slot.start_time.ToDatetime(UTC) for slot in slots]
    assert (starts[0], starts[-1]) == (MORNING + 60 * MINUTE, NOON + 180 * MINUTE)
    assert not [start for start in starts if NOON - 60 * MINUTE < start < NOON + 45 * MINUTE]
    assert slots[0].mentor_local_start == "2026-03-02T10:00:00+01:00"
    assert slots[0].mentee_local_start == "2026-03-02T09:00:00+00:00"


async def test_free_times_wait_for_profiles(world: World) -> None:
    world.people.failure = grpc.StatusCode.RESOURCE_EXHAUSTED
    request = availability.FindSlotsRequest(
        parent=PARENT, start_time=stamp(MORNING), end_time=stamp(MORNING + timedelta(days=2))
    )
    code, why = await refused(world.availability.FindSlots(request, metadata=world.mentee))
    assert (code, why) == (grpc.StatusCode.UNAVAILABLE, "PROFILES_UNAVAILABLE")


async def test_a_range_out_of_bounds_names_its_field(world: World) -> None:
    request = availability.FindSlotsRequest(
        parent=PARENT, start_time=stamp(MORNING), end_time=stamp(MORNING + timedelta(days=63))
    )
    code, why = await refused(world.availability.FindSlots(request, metadata=world.mentee))
    assert (code, why) == (grpc.StatusCode.INVALID_ARGUMENT, "RANGE_OUT_OF_BOUNDS")


async def test_a_meeting_moves_on_both_calendars_at_once(world: World) -> None:
    meeting = await world.book()
    await world.book(NOON + 90 * MINUTE)
    request = meetings.RescheduleMeetingRequest(
        name=meeting.name, start_time=stamp(NOON + 60 * MINUTE), etag=meeting.etag, request_id="r-1"
    )
    taken = world.meetings.RescheduleMeeting(request, metadata=world.mentor)
    assert await refused(taken) == (grpc.StatusCode.FAILED_PRECONDITION, "SLOT_TAKEN")
    request.start_time.CopyFrom(stamp(NOON + 45 * MINUTE))
    moved = await world.meetings.RescheduleMeeting(request, metadata=world.mentor)
    assert moved == await world.meetings.RescheduleMeeting(request, metadata=world.mentor)
    assert (moved.start_time, moved.end_time) == (stamp(NOON + 45 * MINUTE), stamp(NOON + 90 * MINUTE))
    assert moved.sequence == 1
    assert (await world.book()).start_time == stamp(NOON)
    assert await world.told(meeting) == ["MeetingBooked", "MeetingRescheduled"]


async def test_calling_off_takes_the_reasons_of_people_only(world: World) -> None:
    request = meetings.CancelMeetingRequest(
        name=(await world.book()).name, reason=codes.CANCEL_REASON_MENTORSHIP_ENDED
    )
    code, _ = await refused(world.meetings.CancelMeeting(request, metadata=world.mentee))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    request.reason = codes.CANCEL_REASON_ILLNESS
    off = await world.meetings.CancelMeeting(request, metadata=world.mentee)
    assert (off.cancellation.person, off.cancellation.late) == (f"{PEOPLE}/{MENTEE}", True)
    assert off.cancellation.reason == codes.CANCEL_REASON_ILLNESS


async def test_who_gave_notice_and_missed_it_can_dispute_and_the_other_confirms(world: World) -> None:
    name = (await world.book()).name
    said = meetings.GiveNoticeRequest(name=name, notice=codes.NOTICE_LATE)
    code, _ = await refused(world.meetings.GiveNotice(said, metadata=world.mentee))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    said.minutes_late = 20
    assert (await world.meetings.GiveNotice(said, metadata=world.mentee)).notices[0].minutes_late == 20
    world.clock.advance(NOON + POLICY.grace - MORNING)
    await world.due.fire(world.at.service.kinds[0])
    world.clock.advance(20 * MINUTE)
    await world.due.fire(world.at.service.kinds[0])
    dispute = meetings.DisputeMeetingRequest(name=name)
    assert (await world.meetings.DisputeMeeting(dispute, metadata=world.mentee)).claim.HasField("expire_time")
    own = world.meetings.ConfirmMeeting(meetings.ConfirmMeetingRequest(name=name), metadata=world.mentee)
    assert await refused(own) == (grpc.StatusCode.PERMISSION_DENIED, "OWN_CLAIM")
    held = await world.meetings.ConfirmMeeting(
        meetings.ConfirmMeetingRequest(name=name), metadata=world.mentor
    )
    assert held.state == meetings.Meeting.STATE_HELD


async def test_a_meeting_that_took_place_elsewhere_is_logged_once_and_rejected_or_taken_back(
    world: World,
) -> None:
    def request(request_id: str) -> meetings.LogMeetingRequest:
        past = meetings.Meeting(start_time=stamp(MORNING - 60 * MINUTE), end_time=stamp(MORNING - 9 * MINUTE))
        return meetings.LogMeetingRequest(parent=PARENT, meeting=past, request_id=request_id)

    logged = await world.meetings.LogMeeting(request("r-1"), metadata=world.mentee)
    assert logged.state == meetings.Meeting.STATE_CLAIMED
    again = world.meetings.LogMeeting(request("r-2"), metadata=world.mentor)
    assert (await refused(again))[1] == "SLOT_TAKEN"
    reject = meetings.RejectMeetingRequest(name=logged.name, etag=logged.etag)
    rejected = await world.meetings.RejectMeeting(reject, metadata=world.mentor)
    assert rejected.state == meetings.Meeting.STATE_REJECTED
    logged = await world.meetings.LogMeeting(request("r-3"), metadata=world.mentee)
    withdraw = meetings.WithdrawClaimRequest(name=logged.name)
    await world.meetings.WithdrawClaim(withdraw, metadata=world.mentee)
    assert await world.told(logged) == ["MeetingClaimed", "MeetingClaimClosed"]


async def test_of_100_bookings_over_two_replicas_exactly_one_wins(world: World) -> None:
    """Nothing but the database knows of both."""
    wish = meetings.Meeting(start_time=stamp(NOON), end_time=stamp(NOON + 45 * MINUTE))
    request = meetings.BookMeetingRequest(parent=PARENT, meeting=wish)
    async with replica_of(world) as other:
        callers = [world.mentor, world.mentee] * 25
        books = [
            stub.BookMeeting(request, metadata=caller)
            for stub in (world.meetings, other)
            for caller in callers
        ]
        answers = await asyncio.gather(*books, return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert len(lost) == 99
    assert {reason(error) for error in lost} == {"SLOT_TAKEN"}
