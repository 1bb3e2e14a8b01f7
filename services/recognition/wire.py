"""Recognitions to and from protobuf; stored ids become full names of their organization."""

from services.kernel import fields, ids
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.recognition import domain

_PERSON = "organizations/*/people/*"
_MENTORSHIP = "organizations/*/mentorships/*"
_GOAL = "organizations/*/mentorships/*/goals/*"
_RECOGNITION = "organizations/*/people/*/recognitions/*"


def person_of(parent: str) -> str:
    """Return the person of a list request's parent; "-" stands for all people."""
    return ids.parse_name(_PERSON, parent, "parent")[1]


def path_of(name: str) -> tuple[str, str]:
    """Return (person, recognition) of a recognition's name."""
    _, person, recognition = ids.parse_name(_RECOGNITION, name)
    return person, recognition


def earned(tenant: str, message: processor.RecognitionEarned) -> domain.Recognition:
    """Decode what was earned. Raises Invalid for malformed names and names of other organizations."""
    return domain.Recognition(
        mentor=fields.owned_id(tenant, _PERSON, message.mentor, "mentor"),
        mentee=fields.owned_id(tenant, _PERSON, message.mentee, "mentee"),
        mentorship=fields.owned_id(tenant, _MENTORSHIP, message.mentorship, "mentorship"),
        goal=fields.owned_id(tenant, _GOAL, message.goal, "goal"),
        evidence=(message.cause_event_id,),
        rule=message.rule,
    )


def recognition(ref: Ref, stored: Versioned[domain.Recognition]) -> recognitions.Recognition:
    """Encode a stored recognition."""
    state = stored.state
    message = recognitions.Recognition(
        name=_name(ref, state),
        kind=_kind(state),
        mentorship=_mentorship(ref.tenant, state),
        goal=f"{_mentorship(ref.tenant, state)}/goals/{state.goal}",
        evidence_event_ids=state.evidence,
        rule=state.rule,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def outgoing(ref: Ref, state: domain.Recognition, _event: domain.RecognitionIssued) -> Outgoing:
    """Encode that a recognition was issued, keyed by its mentorship's id."""
    name, mentorship = _name(ref, state), _mentorship(ref.tenant, state)
    message = events.RecognitionIssued(
        recognition=name,
        kind=_kind(state),
        mentorship=mentorship,
        mentor=ids.name("organizations", ref.tenant, "people", state.mentor),
        mentee=ids.name("organizations", ref.tenant, "people", state.mentee),
        goal=f"{mentorship}/goals/{state.goal}",
    )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _name(ref: Ref, state: domain.Recognition) -> str:
    return ids.name("organizations", ref.tenant, "people", state.mentee, "recognitions", ref.id)


def _mentorship(tenant: str, state: domain.Recognition) -> str:
    return ids.name("organizations", tenant, "mentorships", state.mentorship)


def _kind(state: domain.Recognition) -> recognitions.Recognition.Kind.ValueType:
    return recognitions.Recognition.Kind.Value(f"KIND_{state.kind}")
