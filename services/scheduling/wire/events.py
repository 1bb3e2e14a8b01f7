"""What scheduling tells."""

from google.protobuf.message import Message

from services.kernel.mongo import Outgoing, Ref
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain import meetings
from services.scheduling.wire.names import meeting_name, mentorship_name, person_name, stamp_of


def outgoing(ref: Ref, state: meetings.Meeting, event: meetings.MeetingEvent) -> Outgoing:
    """Encode what happened to a meeting, keyed by its mentorship's id."""
    return Outgoing(
        message=_event(ref, state, event), subject=meeting_name(ref, state.mentorship), key=state.mentorship
    )


def _event(ref: Ref, state: meetings.Meeting, event: meetings.MeetingEvent) -> Message:
    tenant = ref.tenant
    about = {
        "meeting": meeting_name(ref, state.mentorship),
        "mentorship": mentorship_name(tenant, state.mentorship),
        "mentor": person_name(tenant, state.people[0]),
        "mentee": person_name(tenant, state.people[1]),
    }
    match event:
        case meetings.MeetingBooked():
            return events.MeetingBooked(
                **about, start_time=stamp_of(state.start), end_time=stamp_of(state.end)
            )
        case meetings.MeetingCheckedIn(person):
            return events.MeetingCheckedIn(**about, person=person_name(tenant, person))
        case meetings.MeetingHeld():
            return events.MeetingHeld(**about)
        case meetings.MeetingMissed(absent):
            return events.MeetingMissed(
                **about,
                lead=person_name(tenant, state.lead),
                absent=[person_name(tenant, person) for person in absent],
                start_time=stamp_of(state.start),
            )
        case meetings.MeetingCancelled(person):
            return events.MeetingCancelled(**about, person=person_name(tenant, person) if person else "")
