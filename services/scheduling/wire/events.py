"""What scheduling tells."""

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.mongo import Outgoing, Ref
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain import told
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.wire import codes, group_events
from services.scheduling.wire.names import meeting_name, mentorship_name, person_name, stamp_of


def outgoing(ref: Ref, state: Meeting, event: told.MeetingEvent) -> Outgoing:
    """Encode what happened to a meeting, keyed by its mentorship's or group's id."""
    subject = meeting_name(ref, state.parent)
    if state.group or isinstance(event, told.GroupEvent):
        return Outgoing(group_events.message(ref, state, event), subject=subject, key=state.group)
    message = _event(_about(ref, state), ref.tenant, state, event)
    return Outgoing(message, subject=subject, key=state.mentorship)


def _about(ref: Ref, state: Meeting) -> dict[str, str]:
    mentor, mentee = (person_name(ref.tenant, person) for person in state.people)
    return {
        "meeting": meeting_name(ref, state.parent),
        "mentorship": mentorship_name(ref.tenant, state.mentorship),
        "mentor": mentor,
        "mentee": mentee,
    }


def _event(about: dict[str, Any], tenant: str, state: Meeting, event: told.PairEvent) -> Message:
    start, end = stamp_of(state.start), stamp_of(state.end)
    match event:
        case told.MeetingBooked():
            guests = _guests(tenant, state)
            series = state.series
            return events.MeetingBooked(**about, start_time=start, end_time=end, guests=guests, series=series)
        case told.SeriesBooked():
            guests = _guests(tenant, state)
            return events.SeriesBooked(**about, start_time=start, series=state.series, guests=guests)
        case told.MeetingReminderDue(before):
            wait = Duration()
            wait.FromTimedelta(before)
            guests = _guests(tenant, state)
            return events.MeetingReminderDue(**about, start_time=start, before=wait, guests=guests)
        case told.MeetingHeld(claimed):
            return events.MeetingHeld(**about, start_time=start, end_time=end, claimed=claimed)
        case told.MeetingMissed(absent, notified):
            return events.MeetingMissed(
                **about,
                lead=person_name(tenant, state.lead) if state.lead else "",
                absent=[person_name(tenant, person) for person in absent],
                start_time=start,
                notified=[person_name(tenant, person) for person in notified],
            )
        case _:
            person = person_name(tenant, event.person) if event.person else ""
            return _of_person({**about, "person": person}, tenant, state, event)


def _guests(tenant: str, state: Meeting) -> list[str]:
    return [person_name(tenant, person) for person in state.guests]


def _proposed(about: dict[str, Any], state: Meeting) -> Message:
    message = events.MeetingProposed(**about)
    if state.proposal is not None:
        message.options = len(state.proposal.options)
        message.expire_time.CopyFrom(stamp_of(state.proposal.until))
    return message


def _answered(about: dict[str, Any], state: Meeting, event: told.MeetingAnswered) -> Message:
    message = events.MeetingAnswered(**about, status=codes.answer_status(event.status))
    if event.start is None or event.end is None:
        return message
    message.proposed_start_time.CopyFrom(stamp_of(event.start))
    message.proposed_end_time.CopyFrom(stamp_of(event.end))
    if state.proposal is not None and state.proposal.person == event.person:
        message.hold_expire_time.CopyFrom(stamp_of(state.proposal.until))
    return message


def _of_person(about: dict[str, Any], tenant: str, state: Meeting, event: told.PersonalEvent) -> Message:
    """Encode what somebody did; `about` names them."""
    message: Message
    start, end = stamp_of(state.start), stamp_of(state.end)
    match event:
        case told.MeetingProposed():
            message = _proposed(about, state)
        case told.MeetingProposalClosed(_, closed):
            message = events.MeetingProposalClosed(**about, end=codes.claim_end(closed))
        case told.MeetingRescheduled(_, old_start, old_end):
            message = events.MeetingRescheduled(
                **about,
                start_time=start,
                end_time=end,
                old_start_time=stamp_of(old_start),
                old_end_time=stamp_of(old_end),
                sequence=state.revision,
                guests=_guests(tenant, state),
            )
        case told.MeetingNoticeGiven(_, notice, minutes):
            code = codes.notice(notice)
            message = events.MeetingNoticeGiven(**about, notice=code, minutes_late=minutes, start_time=start)
        case told.MeetingCheckedIn(_, late):
            message = events.MeetingCheckedIn(**about, late=late)
        case told.MeetingClaimed():
            disputes = state.stage is Stage.MISSED
            message = events.MeetingClaimed(**about, start_time=start, disputes_miss=disputes)
        case told.MeetingClaimClosed(_, closed):
            message = events.MeetingClaimClosed(**about, end=codes.claim_end(closed))
        case told.MeetingAnswered():
            message = _answered(about, state, event)
        case told.MeetingCancelled(_, reason, late):
            message = events.MeetingCancelled(
                **about,
                start_time=start,
                late=late,
                reason=codes.cancel_reason(reason),
                sequence=state.revision,
                guests=_guests(tenant, state),
            )
    return message
