"""What people are recognised for, and how it ends. People, mentorships, goals are ids of one organization."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from services.kernel.errors import NotFound, Refused


class Kind(StrEnum):
    """What a recognition is for."""

    GOAL_COMPLETED = "GOAL_COMPLETED"
    FIRST_GOAL = "FIRST_GOAL"
    MEETINGS_HELD = "MEETINGS_HELD"
    STREAK = "STREAK"
    MENTOR_IMPACT = "MENTOR_IMPACT"
    KUDOS_RECEIVED = "KUDOS_RECEIVED"
    MENTORSHIP_COMPLETED = "MENTORSHIP_COMPLETED"


OF_A_PERSON = frozenset({Kind.MENTOR_IMPACT, Kind.KUDOS_RECEIVED})
"""What is counted over all mentorships of a person: each count is reached once."""


class Stage(StrEnum):
    """Whether it holds."""

    ISSUED = "ISSUED"
    REVOKED = "REVOKED"


class Reason(StrEnum):
    """Why a recognition was taken back."""

    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    EVIDENCE_WRONG = "EVIDENCE_WRONG"
    RULE_BROKEN = "RULE_BROKEN"
    PERSON_ASKED = "PERSON_ASKED"


class Place(NamedTuple):
    """Where something is earned: by a person in a mentorship; "": in groups."""

    person: str
    mentorship: str


@dataclass(frozen=True, slots=True)
class RecognitionIssued:
    """A recognition is stored."""


@dataclass(frozen=True, slots=True)
class RecognitionRevoked:
    """A recognition no longer holds."""


Event = RecognitionIssued | RecognitionRevoked


@dataclass(frozen=True, slots=True)
class Recognition:
    """What somebody is recognised for, with the ids of the events that prove it, and the rule.

    It is one of a pair in a `mentorship`, or a `mentee` of a `group` whose `mentor` said that a goal is
    reached; the other of these places is "". `goal` is empty unless one was reached, `count` 0 where nothing
    is counted. `person` is empty in what was stored before mentors were recognised too; `earner` is who it is
    about.
    """

    mentor: str
    mentee: str
    mentorship: str
    goal: str
    evidence: tuple[str, ...]
    rule: str
    kind: Kind = Kind.GOAL_COMPLETED
    person: str = ""
    count: int = 0
    policy_version: str = ""
    stage: Stage = Stage.ISSUED
    revoke_reason: str = ""
    group: str = ""

    @property
    def earner(self) -> str:
        """Who earned it."""
        return self.person or self.mentee

    @property
    def place(self) -> Place:
        """Where it was earned."""
        return Place(self.earner, self.mentorship)

    def require_of(self, person: str) -> None:
        """Raise NotFound unless `person` earned it."""
        if person != self.earner:
            raise not_found()

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the pair."""
        if person not in {self.earner, self.mentor, self.mentee}:
            raise not_found()

    def require_issued(self) -> None:
        """Raise Refused AWARD_REVOKED once it is taken back."""
        if self.stage is Stage.REVOKED:
            raise Refused("AWARD_REVOKED", "the recognition behind this badge was taken back")

    def revoke(self, reason: Reason) -> "tuple[Recognition, list[Event]]":
        """Take it back for good; a second time changes nothing, whatever the reason."""
        if self.stage is Stage.REVOKED:
            return self, []
        return replace(self, stage=Stage.REVOKED, revoke_reason=reason.value), [RecognitionRevoked()]


def issue(earned: Recognition) -> tuple[Recognition, list[Event]]:
    """Issue what was earned. Refused EVIDENCE_MISSING: nobody is recognised for what no event proves."""
    if not all(earned.evidence) or not earned.evidence:
        raise Refused("EVIDENCE_MISSING", "a recognition names the events that prove it")
    return earned, [RecognitionIssued()]


def not_found() -> NotFound:
    """Return the answer for what is hidden, the same as the store's for what is absent."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
