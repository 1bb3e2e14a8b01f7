"""Fit questions to and from protobuf; stored ids become full names of their organization."""

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import fit as domain
from services.mentorships.wire.names import below, mentorship_name, person_name
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events


def fit(value: codes.Fit.ValueType) -> domain.Fit:
    """Decode an answer."""
    return domain.Fit(codes.Fit.Name(value).removeprefix("FIT_"))


def fit_question(tenant: str, stored: Versioned[domain.FitQuestion]) -> pb.FitQuestion:
    """Encode a stored question."""
    state = stored.state
    message = pb.FitQuestion(
        name=_name(tenant, state),
        person=person_name(tenant, state.person),
        fit=_fit(state),
        words=state.words,
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def fit_outgoing(ref: Ref, state: domain.FitQuestion, event: domain.FitEvent) -> Outgoing:
    """Encode what happened to a question, keyed by its mentorship's id; never words."""
    parent, person = mentorship_name(ref.tenant, state.mentorship), person_name(ref.tenant, state.person)
    message: Message
    match event:
        case domain.FitQuestionOpened():
            message = events.FitQuestionOpened(mentorship=parent, person=person)
        case domain.FitAnswered():
            mentor, mentee = (person_name(ref.tenant, one) for one in state.people)
            message = events.FitAnswered(
                mentorship=parent, person=person, mentor=mentor, mentee=mentee, fit=_fit(state)
            )
    return Outgoing(message=message, subject=_name(ref.tenant, state), key=state.mentorship)


def _fit(state: domain.FitQuestion) -> codes.Fit.ValueType:
    return codes.FIT_UNSPECIFIED if state.fit is None else codes.Fit.Value(f"FIT_{state.fit}")


def _name(tenant: str, state: domain.FitQuestion) -> str:
    return below(tenant, state.mentorship, "fitQuestions", state.person)
