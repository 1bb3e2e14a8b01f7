"""How people take part in programs, from protobuf."""

from typing import Final

from services.mentorships.domain.participation import Participation, Role
from services.pb.mentoring.matching.v1.program_service_pb2 import Enrolment
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person

LEFT: Final = "LEFT"
_PROGRAM_CLOSED: Final = "PROGRAM_CLOSED"
"""Why an enrolment ended, of the contract."""

_TAKES_PART = {Enrolment.STATE_ACTIVE, Enrolment.STATE_PAUSED}


def participation(enrolment: Enrolment) -> Participation:
    """Decode how somebody takes part."""
    return Participation(
        roles=frozenset(Role(Person.Role.Name(role).removeprefix("ROLE_")) for role in enrolment.roles),
        active=enrolment.state == Enrolment.STATE_ACTIVE,
        stays=enrolment.state in _TAKES_PART or enrolment.end_reason == _PROGRAM_CLOSED,
    )
