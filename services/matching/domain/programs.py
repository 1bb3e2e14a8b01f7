"""Mentoring programs: what they are for, who may take part, what their pairs do. All of it is data.

People and programs are plain ids of one organization.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.kernel.errors import Refused
from services.matching.domain.members import Member
from services.matching.domain.policy import DEFAULT_POLICY, Policy


class Stage(StrEnum):
    """Whether a program runs."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


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
class ProgramCreated:
    """A program is open."""


@dataclass(frozen=True, slots=True)
class ProgramUpdated:
    """Fields of a program changed."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgramClosed:
    """A program is over."""


Event = ProgramCreated | ProgramUpdated | ProgramClosed


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may take part; empty and 0 forbid nothing. Countries are ISO 3166 alpha-2."""

    departments: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    min_grade: int = 0
    max_grade: int = 0
    min_tenure_days: int = 0
    max_tenure_days: int = 0

    def problem(self, person: Member, today: date) -> str:
        """Say why a person may not take part, "" when nothing forbids it."""
        if self.departments and person.department not in self.departments:
            return "the person's department takes no part"
        if self.countries and person.country not in self.countries:
            return "the person's country takes no part"
        if person.grade < self.min_grade:
            return f"the person's grade is below {self.min_grade}"
        if self.max_grade and person.grade > self.max_grade:
            return f"the person's grade is above {self.max_grade}"
        return self._tenure_problem(person.tenure_days(today))

    def _tenure_problem(self, days: int) -> str:
        if days < self.min_tenure_days:
            return f"the person has not been here for {self.min_tenure_days} days"
        if self.max_tenure_days and days > self.max_tenure_days:
            return f"the person has been here for more than {self.max_tenure_days} days"
        return ""


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
class Usual:
    """What a program of a type does unless its lead says otherwise (house rules but where a source is named).

    Two-weekly meetings of 45 minutes for six months are what mentoring products offer first. `grade_gap`: how
    far a mentor is above the mentee at best. `newcomer_days`: how long mentees may have been here, 0 for any
    time. `seats`: mentees per mentor, 0: as many as the mentor takes.
    """

    cadence_days: int = 14
    meeting_minutes: int = 45
    length_days: int = USUAL_AGREEMENT.length_days
    requests: RequestRules = USUAL_REQUESTS
    grade_gap: int = DEFAULT_POLICY.best_grade_gap
    newcomer_days: int = 0
    seats: int = 0


USUAL: Final[Mapping[Type, Usual]] = MappingProxyType(
    {
        Type.ONE_TO_ONE: Usual(),
        Type.GROUP: Usual(cadence_days=28, meeting_minutes=60, seats=8),
        Type.PEER: Usual(grade_gap=0),
        Type.REVERSE: Usual(cadence_days=28, grade_gap=-3),
        # A short talk is soon or never: 48 hours as ADPList, 15 minutes as PushFar.
        Type.FLASH: Usual(
            meeting_minutes=15,
            length_days=14,
            requests=RequestRules(reminder_hours=(24,), expiry_hours=48),
        ),
        Type.ONBOARDING: Usual(cadence_days=7, meeting_minutes=30, length_days=90, newcomer_days=180),
        Type.HIGH_POTENTIAL: Usual(meeting_minutes=60, length_days=365, grade_gap=4),
    }
)


@dataclass(frozen=True, slots=True)
class Program:
    """One program, its lead, and what its pairs do unless they agree otherwise.

    `first_day` and `last_day` (UTC) bound joining and matching, None: open. `most_mentees` per mentor, 0:
    only the mentor's own capacity counts. `revision` grows with every change. `history` holds those
    revisions that may not be kept on their own yet: a change and the record of it are one write, and a record
    leaves the program only by a later change, once it was kept. So none is lost, and the program stays small.
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
    history: "tuple[Revision, ...]" = ()

    @property
    def approves(self) -> bool:
        """Whether whoever joins waits for approval: people are chosen for a high-potential program."""
        return self.join_approval or self.type is Type.HIGH_POTENTIAL

    def require_active(self) -> None:
        """Raise Refused PROGRAM_CLOSED when the program is over."""
        if self.stage is not Stage.ACTIVE:
            raise Refused("PROGRAM_CLOSED", "the program is closed")

    def require_open(self, today: date) -> None:
        """Raise Refused PROGRAM_CLOSED, or PROGRAM_NOT_OPEN before its first and after its last day."""
        self.require_active()
        if self.first_day is not None and today < self.first_day:
            raise Refused("PROGRAM_NOT_OPEN", f"the program opens on {self.first_day}")
        if self.last_day is not None and today > self.last_day:
            raise Refused("PROGRAM_NOT_OPEN", f"the program was open until {self.last_day}")

    def forget(self, kept: int) -> "Program":
        """Return the program without the revisions up to number `kept`: they are kept on their own."""
        rest = tuple(one for one in self.history if one.program.revision > kept)
        return replace(self, history=rest)

    def changed(self, to: "Program", by: str, at: datetime) -> "tuple[Program, list[Event]]":
        """Take the settings of `to`; nothing happens when they are the same. Refused PROGRAM_CLOSED."""
        self.require_active()
        differing = tuple(name for name in SETTINGS if getattr(self, name) != getattr(to, name))
        if not differing:
            return self, []
        new = replace(to, stage=self.stage, revision=self.revision, history=self.history)
        return _recorded(new, differing, by, at), [ProgramUpdated(differing)]

    def close(self, by: str, at: datetime) -> "tuple[Program, list[Event]]":
        """End the program; a second time changes nothing."""
        if self.stage is Stage.CLOSED:
            return self, []
        return _recorded(replace(self, stage=Stage.CLOSED), ("stage",), by, at), [ProgramClosed()]


@dataclass(frozen=True, slots=True)
class Revision:
    """A program after one change: who changed which settings, and when (aware UTC)."""

    program: Program
    by: str
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision on its own: the `number`-th of the program of id `of`."""

    of: str
    number: int
    revision: Revision


SETTINGS: Final = tuple(
    field.name for field in fields(Program) if field.name not in {"stage", "revision", "history"}
)
"""What a change may change."""


def open_program(program: Program, lead: Member, by: str, at: datetime) -> tuple[Program, list[Event]]:
    """Open a program. Refused LEAD_NOT_ACTIVE: alerts must reach somebody."""
    require_lead(lead)
    return replace(program, history=(Revision(program, by, at),)), [ProgramCreated()]


def require_lead(lead: Member) -> None:
    """Raise Refused LEAD_NOT_ACTIVE unless the lead works here now."""
    if not lead.active:
        raise Refused(
            "LEAD_NOT_ACTIVE",
            "the program lead does not work here now",
            fields=(("program.lead", "must be an active person"),),
        )


def _recorded(program: Program, changed: tuple[str, ...], by: str, at: datetime) -> Program:
    now = replace(program, revision=program.revision + 1, history=())
    return replace(now, history=(*program.history, Revision(now, by, at, changed)))
