"""Mentoring programs and who takes part in them. People and programs are plain ids of one organization."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from services.kernel.errors import Refused
from services.matching.domain.members import Member, Role
from services.matching.domain.policy import DEFAULT_POLICY, Policy


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


class Type(StrEnum):
    """What kind of mentoring a program is for."""

    ONE_TO_ONE = "ONE_TO_ONE"
    GROUP = "GROUP"
    PEER = "PEER"
    REVERSE = "REVERSE"
    FLASH = "FLASH"
    ONBOARDING = "ONBOARDING"
    HIGH_POTENTIAL = "HIGH_POTENTIAL"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may take part; empty and 0 forbid nothing. Countries are ISO 3166 alpha-2."""

    departments: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    min_grade: int = 0
    max_grade: int = 0
    min_tenure_days: int = 0


@dataclass(frozen=True, slots=True)
class AgreementDefaults:
    """What pairs agree on unless they say otherwise; channels and focus areas are codes."""

    channels: tuple[str, ...] = ()
    focus_areas: tuple[str, ...] = ()
    length_days: int = 180


@dataclass(frozen=True, slots=True)
class RequestRules:
    """How requests between people run; hours count from the request.

    The defaults remind after 3 and 7 days and expire after 14.
    """

    reminder_hours: tuple[int, ...] = (72, 168)
    expiry_hours: int = 336
    most_open: int = 3


ANYBODY: Final = Eligibility()
USUAL_AGREEMENT: Final = AgreementDefaults()
USUAL_REQUESTS: Final = RequestRules()


@dataclass(frozen=True, slots=True)
class Program:
    """One program, its lead, and what its pairs do unless they agree otherwise.

    `first_day` and `last_day` bound joining and matching, None: open. `most_mentees` per mentor, 0: only the
    mentor's own capacity counts. `revision` grows with every change.
    """

    display_name: str
    lead: str
    cadence_days: int
    meeting_minutes: int
    stage: Stage = Stage.ACTIVE
    type: Type = Type.ONE_TO_ONE
    first_day: date | None = None
    last_day: date | None = None
    mentees: Eligibility = ANYBODY
    mentors: Eligibility = ANYBODY
    agreement: AgreementDefaults = USUAL_AGREEMENT
    most_mentees: int = 0
    requests: RequestRules = USUAL_REQUESTS
    join_approval: bool = False
    policy: Policy = DEFAULT_POLICY
    revision: int = 1

    def require_active(self) -> None:
        """Raise Refused PROGRAM_CLOSED when the program is over."""
        if self.stage is not Stage.ACTIVE:
            raise Refused("PROGRAM_CLOSED", "the program is closed")


class Taking(StrEnum):
    """Whether a person takes part in a program."""

    ACTIVE = "ACTIVE"
    PENDING = "PENDING"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One participant of a program; the roles are in the order in which they were taken.

    `focus` are codes of focus areas; `preferred` people best first; `blocked` people are never matched with
    this one; `waits` counts the published runs in a row that left this mentee without a mentor. `end_reason`
    is LEFT, LEFT_COMPANY, REJECTED or PROGRAM_CLOSED.
    """

    program: str
    person: str
    roles: tuple[Role, ...]
    stage: Taking = Taking.ACTIVE
    focus: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    waits: int = 0
    end_reason: str = ""


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
