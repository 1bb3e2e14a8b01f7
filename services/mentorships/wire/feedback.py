"""Feedback to and from protobuf; stored ids become full names of their organization."""

from datetime import UTC

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import feedback as domain
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.wire.names import MEETING, below, mentorship_name, optional_child, path, person_name
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld, MeetingMissed


def draft(parent: str, message: pb.Feedback) -> domain.FeedbackDraft:
    """Decode feedback to be given in the mentorship named `parent`. Raises Invalid OTHER_MENTORSHIP."""
    meeting = optional_child(parent, MEETING, message.meeting, "feedback.meeting")
    return domain.FeedbackDraft(meeting=meeting, rating=message.rating, words=message.words)


def past(tenant: str, message: MeetingHeld | MeetingMissed) -> tuple[Ref, PastMeeting]:
    """Decode which meeting of `tenant` is over. Raises Invalid for a malformed or foreign name."""
    meeting = fields.owned_id(tenant, MEETING, message.meeting, "meeting")
    start = message.start_time.ToDatetime(tzinfo=UTC) if message.HasField("start_time") else None
    missed = isinstance(message, MeetingMissed)
    return Ref(tenant, meeting), PastMeeting(path(MEETING, message.meeting)[0], start, missed)


def feedback(ref: Ref, stored: Versioned[domain.Feedback]) -> pb.Feedback:
    """Encode stored feedback."""
    state, tenant = stored.state, ref.tenant
    message = pb.Feedback(
        name=below(tenant, state.mentorship, "feedback", ref.id),
        meeting=_meeting(tenant, state),
        author=person_name(tenant, state.author),
        recipient=person_name(tenant, state.recipient),
        rating=state.rating,
        words=state.words,
        etag=stored.etag,
    )
    if state.acknowledge_time is not None:
        fields.set_time(message.acknowledge_time, state.acknowledge_time)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def feedback_outgoing(ref: Ref, state: domain.Feedback, event: domain.FeedbackEvent) -> Outgoing:
    """Encode what happened to feedback, keyed by its mentorship's id; never its words."""
    name = below(ref.tenant, state.mentorship, "feedback", ref.id)
    parent = mentorship_name(ref.tenant, state.mentorship)
    recipient = person_name(ref.tenant, state.recipient)
    message: Message
    match event:
        case domain.FeedbackGiven():
            message = events.FeedbackGiven(
                feedback=name,
                mentorship=parent,
                meeting=_meeting(ref.tenant, state),
                author=person_name(ref.tenant, state.author),
                recipient=recipient,
                rating=state.rating,
            )
        case domain.FeedbackAcknowledged():
            message = events.FeedbackAcknowledged(feedback=name, mentorship=parent, person=recipient)
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _meeting(tenant: str, state: domain.Feedback) -> str:
    return below(tenant, state.mentorship, "meetings", state.meeting) if state.meeting else ""
