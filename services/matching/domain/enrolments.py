"""Who takes part in a program, as what, with which wishes; from joining to leaving."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain.members import Role
from services.matching.domain.programs import Program

T = TypeVar("T")

LEFT, LEFT_COMPANY, REJECTED, PROGRAM_CLOSED = "LEFT", "LEFT_COMPANY", "REJECTED", "PROGRAM_CLOSED"
"""Why an enrolment ended."""

ON_LEAVE: Final = "ON_LEAVE"
"""Why an enrolment is paused that resumes by itself when the person is back."""


class Taking(StrEnum):
    """Whether a person takes part in a program."""

    ACTIVE = "ACTIVE"
    PENDING = "PENDING"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class EnrolmentRequested:
    """A person wants to take part and waits for approval."""

    lead: str


@dataclass(frozen=True, slots=True)
class PersonEnrolled:
    """A person takes part, or takes part in one more role."""


@dataclass(frozen=True, slots=True)
class EnrolmentUpdated:
    """A participant's roles, wishes or place in the line changed."""


@dataclass(frozen=True, slots=True)
class EnrolmentPaused:
    """A participant is not matched for now."""


@dataclass(frozen=True, slots=True)
class EnrolmentResumed:
    """A participant is back."""


@dataclass(frozen=True, slots=True)
class EnrolmentEnded:
    """A person takes no part any more."""


Event = (
    EnrolmentRequested
    | PersonEnrolled
    | EnrolmentUpdated
    | EnrolmentPaused
    | EnrolmentResumed
    | EnrolmentEnded
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a participant may change: None leaves as it is."""

    roles: tuple[Role, ...] | None = None
    focus: tuple[str, ...] | None = None
    preferred: tuple[str, ...] | None = None
    blocked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One participant of a program; the roles are in the order in which they were taken.

    `focus` are codes of focus areas; `preferred` people best first; `blocked` people are never matched with
    this one; `waits` counts the published runs in a row that left this mentee without a mentor. `end_reason`
    is LEFT, LEFT_COMPANY, REJECTED or PROGRAM_CLOSED, `pause_reason` ON_LEAVE or "".
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
    pause_reason: str = ""

    def require_of(self, program: str) -> None:
        """Raise NotFound unless it is an enrolment of `program`."""
        if self.program != program:
            raise NotFound("NOT_FOUND", "nothing of this name exists")

    def require_reader(self, person: str, *, oversees: bool) -> None:
        """Raise NotFound unless `person` is the participant or oversees all."""
        if not oversees and person != self.person:
            raise NotFound("NOT_FOUND", "nothing of this name exists")

    def seen_by(self, person: str, *, hr: bool) -> "Enrolment":
        """Return what a reader may see: whom a participant blocks is for them and HR only."""
        return self if hr or person == self.person else replace(self, blocked=())

    def require_blocker(self, person: str, *, hr: bool) -> None:
        """Raise Denied BLOCKS_NOT_YOURS unless `person` may say whom the participant is never matched with.

        Who does not see the blocks would take them away by sending back what was read.
        """
        if not hr and person != self.person:
            raise Denied(
                "BLOCKS_NOT_YOURS",
                "only the participant and HR change whom a participant blocks",
                fields=(("update_mask", "must leave out blocked_people"),),
            )

    def require_approved(self, program: Program, roles: Iterable[Role]) -> None:
        """Raise Refused ROLE_NEEDS_APPROVAL for one more role where the program wants joining approved.

        Who waits may ask for what they like: the approval is still to come.
        """
        if program.approves and self.stage is not Taking.PENDING and not set(roles) <= set(self.roles):
            raise Refused("ROLE_NEEDS_APPROVAL", "a program lead must add the role")

    def update(self, wishes: Wishes) -> "tuple[Enrolment, list[Event]]":
        """Change roles and wishes. Refused ENROLMENT_ENDED."""
        self._require_not_ended()
        new = replace(
            self,
            roles=_or(wishes.roles, self.roles),
            focus=_or(wishes.focus, self.focus),
            preferred=_or(wishes.preferred, self.preferred),
            blocked=_or(wishes.blocked, self.blocked),
        )
        return new, [] if new == self else [EnrolmentUpdated()]

    def approve(self) -> "tuple[Enrolment, list[Event]]":
        """Let a waiting person take part; one who does already stays. Refused ENROLMENT_NOT_PENDING."""
        if self.stage is Taking.ACTIVE:
            return self, []
        self._require_pending()
        return replace(self, stage=Taking.ACTIVE), [PersonEnrolled()]

    def reject(self) -> "tuple[Enrolment, list[Event]]":
        """Turn a waiting person away. Refused ENROLMENT_NOT_PENDING."""
        if self.end_reason == REJECTED:
            return self, []
        self._require_pending()
        return self.end(REJECTED)

    def pause(self, reason: str = "") -> "tuple[Enrolment, list[Event]]":
        """Take a participant out of matching, also beyond a leave. Refused ENROLMENT_NOT_ACTIVE."""
        if self.stage is Taking.PAUSED and self.pause_reason == reason:
            return self, []
        if self.stage not in {Taking.ACTIVE, Taking.PAUSED}:
            raise Refused("ENROLMENT_NOT_ACTIVE", f"the enrolment is {self.stage.lower()}")
        return replace(self, stage=Taking.PAUSED, pause_reason=reason), [EnrolmentPaused()]

    def resume(self) -> "tuple[Enrolment, list[Event]]":
        """Put a paused participant back. Refused ENROLMENT_NOT_PAUSED."""
        if self.stage is Taking.ACTIVE:
            return self, []
        if self.stage is not Taking.PAUSED:
            raise Refused("ENROLMENT_NOT_PAUSED", f"the enrolment is {self.stage.lower()}")
        return replace(self, stage=Taking.ACTIVE, pause_reason=""), [EnrolmentResumed()]

    def end(self, reason: str) -> "tuple[Enrolment, list[Event]]":
        """Take no part any more; what has ended keeps its reason."""
        if self.stage is Taking.ENDED:
            return self, []
        ended = replace(self, stage=Taking.ENDED, end_reason=reason, pause_reason="", waits=0)
        return ended, [EnrolmentEnded()]

    def on_leave(self) -> "tuple[Enrolment, list[Event]]":
        """Pause while the person is away; whoever takes no part now is left alone."""
        return self.pause(ON_LEAVE) if self.stage is Taking.ACTIVE else (self, [])

    def back(self) -> "tuple[Enrolment, list[Event]]":
        """Resume what only the leave paused."""
        is_away = self.stage is Taking.PAUSED and self.pause_reason == ON_LEAVE
        return self.resume() if is_away else (self, [])

    def missed(self) -> "tuple[Enrolment, list[Event]]":
        """Count a published run that left this mentee without a mentor; who is gone does not wait."""
        if self.stage is Taking.ENDED:
            return self, []
        return replace(self, waits=self.waits + 1), [EnrolmentUpdated()]

    def served(self) -> "tuple[Enrolment, list[Event]]":
        """Forget the waiting of a mentee who has a mentor now."""
        return (replace(self, waits=0), [EnrolmentUpdated()]) if self.waits else (self, [])

    def _require_not_ended(self) -> None:
        if self.stage is Taking.ENDED:
            raise Refused("ENROLMENT_ENDED", "the person takes no part any more")

    def _require_pending(self) -> None:
        if self.stage is not Taking.PENDING:
            raise Refused("ENROLMENT_NOT_PENDING", f"the enrolment is {self.stage.lower()}")


def enrol(known: Enrolment | None, asked: Enrolment) -> tuple[Enrolment, list[Event]]:
    """Enrol a person anew or again, or add the roles asked for; nothing happens when there is nothing to add.

    Wishes that are asked for replace those known, but blocks are only added: whoever enrols a person may not
    see them, and one who comes back still has the reason. A waiting person is approved by this.
    """
    if known is None or known.stage is Taking.ENDED:
        return _anew(known, asked), [PersonEnrolled()]
    new = _added(known, asked)
    if known.stage is Taking.PENDING:
        return replace(new, stage=Taking.ACTIVE), [PersonEnrolled()]
    if new.roles != known.roles:
        return new, [PersonEnrolled()]
    return new, [] if new == known else [EnrolmentUpdated()]


def join(known: Enrolment | None, asked: Enrolment, program: Program) -> tuple[Enrolment, list[Event]]:
    """Enrol oneself, as `enrol`; wait where the program wants approval. Refused ROLE_NEEDS_APPROVAL."""
    if not program.approves:
        return enrol(known, asked)
    if known is None or known.stage is Taking.ENDED:
        return replace(_anew(known, asked), stage=Taking.PENDING), [EnrolmentRequested(program.lead)]
    known.require_approved(program, asked.roles)
    new = _added(known, asked)
    return new, [] if new == known else [EnrolmentUpdated()]


def _anew(known: Enrolment | None, asked: Enrolment) -> Enrolment:
    return asked if known is None else replace(asked, blocked=_together(known.blocked, asked.blocked))


def _added(known: Enrolment, asked: Enrolment) -> Enrolment:
    return replace(
        known,
        roles=_together(known.roles, asked.roles),
        focus=asked.focus or known.focus,
        preferred=asked.preferred or known.preferred,
        blocked=_together(known.blocked, asked.blocked),
    )


def _together(known: tuple[T, ...], asked: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *asked)))


def _or(asked: T | None, known: T) -> T:
    return known if asked is None else asked
