"""What scheduling tells of meetings of groups."""

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.mongo import Ref
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain import told
from services.scheduling.domain.meetings import Meeting
from services.scheduling.wire import codes
from services.scheduling.wire.names import group_name, meeting_name, person_name, stamp_of


def message(ref: Ref, state: Meeting, event: told.MeetingEvent) -> Message:
    """Encode what happened to a group's meeting. TypeError for what happens to meetings of two alone."""
    about: dict[str, Any] = {
        "group_meeting": meeting_name(ref, state.parent),
        "group": group_name(ref.tenant, state.group),
        "mentors": _names(ref.tenant, state.mentors),
        "members": _names(ref.tenant, state.members),
    }
    start, end = stamp_of(state.start), stamp_of(state.end)
    match event:
        case told.MeetingBooked():
            series = state.series
            return events.GroupMeetingBooked(**about, start_time=start, end_time=end, series=series)
        case told.SeriesBooked():
            return events.GroupSeriesBooked(**about, start_time=start, series=state.series)
        case told.MeetingReminderDue(before):
            wait = Duration()
            wait.FromTimedelta(before)
            return events.GroupMeetingReminderDue(**about, start_time=start, before=wait)
        case told.MeetingHeld():
            attendance = _attendance(ref.tenant, state)
            return events.GroupMeetingHeld(**about, **attendance, start_time=start, end_time=end)
        case told.MeetingMissed():
            attendance = _attendance(ref.tenant, state)
            return events.GroupMeetingMissed(**about, **attendance, start_time=start, end_time=end)
        case told.MeetingProposed() | told.MeetingProposalClosed():
            raise TypeError(type(event))
        case told.MeetingClaimed() | told.MeetingClaimClosed():
            raise TypeError(type(event))
        case _:
            person = person_name(ref.tenant, event.person) if event.person else ""
            return _of_person({**about, "person": person}, state, event)


def _attendance(tenant: str, state: Meeting) -> dict[str, Any]:
    people = {"present": state.present, "absent": state.absent, "notified": state.notified}
    return {field: _names(tenant, some) for field, some in people.items()}


def _names(tenant: str, people: tuple[str, ...]) -> list[str]:
    return [person_name(tenant, person) for person in people]


_OfPerson = (
    told.MeetingRescheduled
    | told.MeetingCancelled
    | told.MeetingNoticeGiven
    | told.MeetingCheckedIn
    | told.MeetingAnswered
    | told.GroupEvent
)


def _of_person(about: dict[str, Any], state: Meeting, event: _OfPerson) -> Message:
    """Encode what somebody did, or what was done to them; `about` names them."""
    start, end, sequence = stamp_of(state.start), stamp_of(state.end), state.revision
    message: Message
    match event:
        case told.MeetingRescheduled(_, old_start, old_end):
            message = events.GroupMeetingRescheduled(
                **about,
                start_time=start,
                end_time=end,
                old_start_time=stamp_of(old_start),
                old_end_time=stamp_of(old_end),
                sequence=sequence,
            )
        case told.MeetingCancelled(_, reason, late):
            message = events.GroupMeetingCancelled(
                **about, start_time=start, late=late, reason=codes.cancel_reason(reason), sequence=sequence
            )
        case told.MeetingNoticeGiven(_, notice, minutes):
            code = codes.notice(notice)
            message = events.GroupMeetingNoticeGiven(
                **about, notice=code, minutes_late=minutes, start_time=start
            )
        case told.MeetingCheckedIn(_, late):
            message = events.GroupMeetingCheckedIn(**about, late=late)
        case told.MeetingAnswered():
            message = _answered(about, event)
        case told.MeetingAttendeeAdded(_, told_of_series):
            message = events.GroupMeetingAttendeeAdded(
                **about, start_time=start, end_time=end, sequence=sequence, told_of_series=told_of_series
            )
        case told.MeetingAttendeeRemoved(_, told_of_series):
            message = events.GroupMeetingAttendeeRemoved(
                **about, start_time=start, sequence=sequence, told_of_series=told_of_series
            )
    return message


def _answered(about: dict[str, Any], event: told.MeetingAnswered) -> Message:
    message = events.GroupMeetingAnswered(**about, status=codes.answer_status(event.status))
    if event.start is not None and event.end is not None:
        message.proposed_start_time.CopyFrom(stamp_of(event.start))
        message.proposed_end_time.CopyFrom(stamp_of(event.end))
    return message
