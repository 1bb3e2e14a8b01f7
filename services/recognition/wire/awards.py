"""Badges that people hold, to protobuf."""

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.recognition.v1 import badge_service_pb2 as pb
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.recognition.domain.awards import (
    Award,
    BadgeAwarded,
    BadgeAwardRevoked,
    CredentialIssued,
    Event,
)
from services.recognition.wire.names import (
    award_name,
    badge_name,
    mentorship_name,
    person_name,
    recognition_name,
)


def award(ref: Ref, stored: Versioned[Award]) -> pb.BadgeAward:
    """Encode an award."""
    state = stored.state
    message = pb.BadgeAward(
        name=award_name(ref.tenant, state.person, ref.id),
        badge=badge_name(ref.tenant, state.badge),
        badge_revision=state.revision,
        display_name=state.words.display_name,
        description=state.words.description,
        criteria=state.words.criteria,
        recognition=recognition_name(ref.tenant, state.person, state.recognition),
        mentorship=mentorship_name(ref.tenant, state.mentorship),
        evidence_event_ids=state.evidence,
        origin=pb.BadgeAward.Origin.Value(f"ORIGIN_{state.origin}"),
        state=pb.BadgeAward.State.Value(f"STATE_{state.stage}"),
        has_credential=state.credential is not None,
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def outgoing(ref: Ref, state: Award, event: Event) -> Outgoing:
    """Encode what happened to an award, keyed by its mentorship's id, or its own for a group's goal."""
    name = award_name(ref.tenant, state.person, ref.id)
    return Outgoing(message=_told(ref, state, event, name), subject=name, key=state.mentorship or ref.id)


def _told(ref: Ref, state: Award, event: Event, name: str) -> Message:
    person = person_name(ref.tenant, state.person)
    mentorship = mentorship_name(ref.tenant, state.mentorship)
    badge = badge_name(ref.tenant, state.badge)
    match event:
        case BadgeAwarded():
            return events.BadgeAwarded(
                badge_award=name,
                badge=badge,
                person=person,
                mentorship=mentorship,
                recognition=recognition_name(ref.tenant, state.person, state.recognition),
            )
        case BadgeAwardRevoked():
            return events.BadgeAwardRevoked(
                badge_award=name, badge=badge, person=person, mentorship=mentorship
            )
        case CredentialIssued():
            return events.CredentialIssued(badge_award=name, person=person, mentorship=mentorship)
