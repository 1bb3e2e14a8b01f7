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
    """What the mentee of `people` (mentor, mentee) is recognised for; `evidence` holds ids of events."""

    people: tuple[str, str]
    mentorship: str
    goal: str
    evidence: tuple[str, ...]
    rule: str
    kind: Kind = Kind.GOAL_COMPLETED

    @property
    def mentor(self) -> str:
        """Who guides."""
        return self.people[0]

    @property
    def mentee(self) -> str:
        """Who earned it."""
        return self.people[1]

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two."""
        if person not in self.people:
            raise recognition_not_found()


def issue(earned: Recognition) -> tuple[Recognition, list[RecognitionIssued]]:
    """Issue what was earned. Refused EVIDENCE_MISSING: nobody is recognised for what no event proves."""
    if not all(earned.evidence) or not earned.evidence:
        raise Refused("EVIDENCE_MISSING", "a recognition names the events that prove it")
    return earned, [RecognitionIssued()]


def recognition_not_found() -> NotFound:
    """Return the one answer for absent and for hidden recognitions."""
    return NotFound("RECOGNITION_NOT_FOUND", "no such recognition")
