"""Mentoring programs and who takes part in them. People and programs are plain ids of one organization."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.kernel.errors import Refused
from services.matching.domain.members import Member, Role


class Stage(StrEnum):
    """Whether a program runs."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class ProgramCreated:
    """A program is open."""


@dataclass(frozen=True, slots=True)
class PersonEnrolled:
    """A person takes part, or takes part in one more role."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program, its lead, and what its pairs do unless they agree otherwise."""

    display_name: str
    lead: str
    cadence_days: int
    meeting_minutes: int
    stage: Stage = Stage.ACTIVE

    def require_active(self) -> None:
        """Raise Refused PROGRAM_CLOSED when the program is over."""
        if self.stage is not Stage.ACTIVE:
            raise Refused("PROGRAM_CLOSED", "the program is closed")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One participant of a program; the roles are in the order in which they were taken."""

    program: str
    person: str
    roles: tuple[Role, ...]


def open_program(program: Program, lead: Member) -> tuple[Program, list[ProgramCreated]]:
    """Open a program. Refused LEAD_NOT_ACTIVE: alerts must reach somebody."""
    if not lead.active:
        raise Refused(
            "LEAD_NOT_ACTIVE",
            "the program lead does not work here now",
            fields=(("program.lead", "must be an active person"),),
        )
    return program, [ProgramCreated()]


def require_eligible(asked: Sequence[Enrolment], people: Sequence[Member]) -> None:
    """Check that everybody asked for (people in the same order) may take part.

    Raises Refused NOT_ELIGIBLE that names each request whose person is not active or does not seek a role.
    """
    wrong = [
        (f"requests[{place}]", problem)
        for place, (enrolment, person) in enumerate(zip(asked, people, strict=True))
        if (problem := _problem(enrolment, person))
    ]
    if wrong:
        raise Refused(
            "NOT_ELIGIBLE",
            f"{len(wrong)} of {len(asked)} may not take part; nobody was enrolled",
            fields=wrong,
        )


def enrol(known: Enrolment | None, asked: Enrolment) -> tuple[Enrolment, list[PersonEnrolled]]:
    """Enrol a person, or add the roles asked for; nothing happens when there is nothing to add."""
    if known is None:
        return asked, [PersonEnrolled()]
    added = tuple(role for role in asked.roles if role not in known.roles)
    if not added:
        return known, []
    return replace(known, roles=(*known.roles, *added)), [PersonEnrolled()]


def _problem(enrolment: Enrolment, person: Member) -> str:
    if not person.active:
        return "the person is not active"
    if missing := [role.lower() for role in enrolment.roles if role not in person.seeks]:
        return f"the person does not seek to be {' or '.join(missing)}"
    return ""
