"""Kudos to and from protobuf; stored ids become full names of their organization."""

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import kudos as domain
from services.mentorships.wire.names import below, mentorship_name, person_name
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb


def draft(message: pb.Kudos) -> domain.KudosDraft:
    """Decode thanks to be given."""
    name = codes.KudosCategory.Name(message.category)
    return domain.KudosDraft(domain.Category(name.removeprefix("KUDOS_CATEGORY_")), message.words)


def kudos(ref: Ref, stored: Versioned[domain.Kudos]) -> pb.Kudos:
    """Encode stored thanks."""
    state = stored.state
    message = pb.Kudos(
        name=below(ref.tenant, state.mentorship, "kudos", ref.id),
        author=person_name(ref.tenant, state.author),
        recipient=person_name(ref.tenant, state.recipient),
        category=_category(state),
        words=state.words,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def kudos_outgoing(ref: Ref, state: domain.Kudos, _: domain.KudosGiven) -> Outgoing:
    """Encode that somebody was thanked, keyed by the mentorship's id; never the words."""
    name = below(ref.tenant, state.mentorship, "kudos", ref.id)
    message = events.KudosGiven(
        kudos=name,
        mentorship=mentorship_name(ref.tenant, state.mentorship),
        author=person_name(ref.tenant, state.author),
        recipient=person_name(ref.tenant, state.recipient),
        category=_category(state),
    )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _category(state: domain.Kudos) -> codes.KudosCategory.ValueType:
    return codes.KudosCategory.Value(f"KUDOS_CATEGORY_{state.category}")
