"""Introductions to and from protobuf; stored ids become full names of their organization."""

from typing import Any

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import introductions as domain
from services.mentorships.wire.names import below, mentorship_name, person_id, person_name
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import introduction_service_pb2 as pb


def draft(tenant: str, message: pb.Introduction) -> domain.IntroductionDraft:
    """Decode an introduction to be proposed. Raises Invalid for a malformed or foreign contact."""
    contact = person_id(tenant, message.contact, "introduction.contact")
    return domain.IntroductionDraft(contact, message.note, message.message)


def progress(state: pb.Introduction.State.ValueType) -> domain.Progress | None:
    """Decode which introductions are asked for; None for all."""
    return domain.Progress(pb.Introduction.State.Name(state).removeprefix("STATE_")) if state else None


def introduction(ref: Ref, stored: Versioned[domain.Introduction], reader: str) -> pb.Introduction:
    """Encode a stored introduction as `reader` may see it."""
    state, tenant = stored.state, ref.tenant
    mentor, mentee, contact = (person_name(tenant, person) for person in state.people)
    message = pb.Introduction(
        name=_name(ref, state),
        mentor=mentor,
        mentee=mentee,
        contact=contact,
        note=state.note,
        message=state.message,
        state=pb.Introduction.State.Value(f"STATE_{state.progress}"),
        consented=reader in state.consents,
        etag=stored.etag if reader in state.people[1:] else "",
    )
    fields.set_time(message.expire_time, state.expire_time)
    fields.set_time(message.create_time, stored.create_time)
    return message


def introduction_outgoing(ref: Ref, state: domain.Introduction, event: domain.IntroductionEvent) -> Outgoing:
    """Encode what happened to an introduction, keyed by its mentorship's id; never words."""
    return Outgoing(message=_event(ref, state, event), subject=_name(ref, state), key=state.mentorship)


def _event(ref: Ref, state: domain.Introduction, event: domain.IntroductionEvent) -> Message:
    tenant = ref.tenant
    mentor, mentee, contact = (person_name(tenant, person) for person in state.people)
    about: dict[str, Any] = {
        "introduction": _name(ref, state),
        "mentorship": mentorship_name(tenant, state.mentorship),
    }
    match event:
        case domain.IntroductionProposed():
            return events.IntroductionProposed(mentor=mentor, mentee=mentee, contact=contact, **about)
        case domain.IntroductionConsented(person):
            return events.IntroductionConsented(person=person_name(tenant, person), **about)
        case domain.IntroductionOffered():
            return events.IntroductionOffered(contact=contact, **about)
        case domain.IntroductionMade():
            return events.IntroductionMade(mentor=mentor, mentee=mentee, contact=contact, **about)
        case domain.IntroductionDeclined():
            return events.IntroductionDeclined(**about)


def _name(ref: Ref, state: domain.Introduction) -> str:
    return below(ref.tenant, state.mentorship, "introductions", ref.id)
