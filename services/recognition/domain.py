"""What a recognition is and who may see it. People, mentorships and goals are ids of one organization."""

from dataclasses import dataclass
from enum import StrEnum

from services.kernel.errors import NotFound, Refused


class Kind(StrEnum):
    """What a recognition is for."""

    GOAL_COMPLETED = "GOAL_COMPLETED"


@dataclass(frozen=True, slots=True)
class RecognitionIssued:
    """A recognition is stored."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a mentee is recognised for, with the ids of the events that prove it and the rule that decided."""

    mentor: str
    mentee: str
    mentorship: str
    goal: str
    evidence: tuple[str, ...]
    rule: str
    kind: Kind = Kind.GOAL_COMPLETED

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two."""
        if person not in {self.mentor, self.mentee}:
            raise not_found()


def issue(earned: Recognition) -> tuple[Recognition, list[RecognitionIssued]]:
    """Issue what was earned. Refused EVIDENCE_MISSING: nobody is recognised for what no event proves."""
    if not all(earned.evidence) or not earned.evidence:
        raise Refused("EVIDENCE_MISSING", "a recognition names the events that prove it")
    return earned, [RecognitionIssued()]


def not_found() -> NotFound:
    """Return the answer for what is hidden, the same as the store's for what is absent."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
