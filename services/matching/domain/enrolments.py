"""How long a participant has waited for a mentor."""

from dataclasses import dataclass, replace

from services.matching.domain.programs import Enrolment


@dataclass(frozen=True, slots=True)
class EnrolmentWaited:
    """A mentee waits for a mentor, longer than before."""


def missed(enrolment: Enrolment) -> tuple[Enrolment, list[EnrolmentWaited]]:
    """Put a mentee without a mentor before others who score as high next time."""
    return replace(enrolment, waits=enrolment.waits + 1), [EnrolmentWaited()]
