"""Enrolments to and from protobuf."""

from collections.abc import Sequence
from typing import Protocol

from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel import fields
from services.kernel.fields import masked
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import enrolments
from services.matching.domain.enrolments import Wishes
from services.matching.wire import people
from services.matching.wire.names import enrolment_name, person_id, person_name, person_names
from services.matching.wire.settings import wrong
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb

_CHANGEABLE = ("roles", "focus_areas", "preferred_people", "blocked_people")


class _Wished(Protocol):
    """What requests and enrolments have in common."""

    @property
    def focus_areas(self) -> Sequence[str]: ...
    @property
    def preferred_people(self) -> Sequence[str]: ...
    @property
    def blocked_people(self) -> Sequence[str]: ...


def asked(tenant: str, program: str, requests: Sequence[pb.EnrolmentRequest]) -> list[enrolments.Enrolment]:
    """Decode whom to enrol. Invalid MALFORMED_NAME, FOREIGN_ORGANIZATION, DUPLICATE_PERSON, OWN_NAME."""
    found: dict[str, enrolments.Enrolment] = {}
    for place, request in enumerate(requests):
        field = f"requests[{place}]"
        person = person_id(tenant, request.person, f"{field}.person")
        if person in found:
            raise wrong("DUPLICATE_PERSON", f"{field}.person", "must not be there twice")
        bare = enrolments.Enrolment(program, person, people.roles(request.roles))
        found[person] = _wishing(tenant, bare, request, f"{field}.")
    return list(found.values())


def joining(tenant: str, program: str, person: str, request: pb.JoinProgramRequest) -> enrolments.Enrolment:
    """Decode a wish to take part. Invalid as of `asked`."""
    bare = enrolments.Enrolment(program, person, people.roles(request.roles))
    return _wishing(tenant, bare, request, "")


def wishes(tenant: str, person: str, message: pb.Enrolment, mask: FieldMask) -> Wishes:
    """Decode what to change of a person's enrolment. Invalid as of `asked`, or UNKNOWN_FIELD."""
    chosen = masked(message, mask, _CHANGEABLE)
    if "roles" in chosen and not message.roles:
        raise wrong("ROLES_MISSING", "enrolment.roles", "must name one; or leave the program")
    bare = enrolments.Enrolment("", person, people.roles(message.roles))
    new = _wishing(tenant, bare, message, "enrolment.")
    return Wishes(
        roles=new.roles if "roles" in chosen else None,
        focus=new.focus if "focus_areas" in chosen else None,
        preferred=new.preferred if "preferred_people" in chosen else None,
        blocked=new.blocked if "blocked_people" in chosen else None,
    )


def enrolment(ref: Ref, stored: Versioned[enrolments.Enrolment]) -> pb.Enrolment:
    """Encode a stored enrolment."""
    state = stored.state
    message = pb.Enrolment(
        name=enrolment_name(ref.tenant, state.program, ref.id),
        person=person_name(ref.tenant, state.person),
        roles=people.role_values(state.roles),
        state=pb.Enrolment.State.Value(f"STATE_{state.stage}"),
        focus_areas=state.focus,
        preferred_people=person_names(ref.tenant, state.preferred),
        blocked_people=person_names(ref.tenant, state.blocked),
        rounds_unmatched=state.waits,
        end_reason=state.end_reason,
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def _wishing(tenant: str, bare: enrolments.Enrolment, message: _Wished, at: str) -> enrolments.Enrolment:
    return enrolments.Enrolment(
        bare.program,
        bare.person,
        bare.roles,
        focus=tuple(message.focus_areas),
        preferred=_others(tenant, bare.person, message.preferred_people, f"{at}preferred_people"),
        blocked=_others(tenant, bare.person, message.blocked_people, f"{at}blocked_people"),
    )


def _others(tenant: str, person: str, names: Sequence[str], field: str) -> tuple[str, ...]:
    """Decode people other than `person`; whether they exist is not looked at: who does not is never met."""
    found = tuple(person_id(tenant, name, f"{field}[{place}]") for place, name in enumerate(names))
    if person in found:
        raise wrong("OWN_NAME", f"{field}[{found.index(person)}]", "must be somebody else")
    return found
