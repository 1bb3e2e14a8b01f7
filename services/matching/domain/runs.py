"""One matching of a whole cohort: asked for, computed, published or failed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.kernel.errors import NotFound, Refused
from services.matching.domain.plan import Plan
from services.matching.domain.plan import Proposal


class Stage(StrEnum):
    """How far a run is."""

    RUNNING = "RUNNING"
    READY = "READY"
    PUBLISHED = "PUBLISHED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class CohortRunRequested:
    """Somebody asked for a cohort to be matched."""


@dataclass(frozen=True, slots=True)
class CohortRunReady:
    """The pairs are found; nobody has been told."""


@dataclass(frozen=True, slots=True)
class CohortRunFailed:
    """The cohort could not be matched."""


@dataclass(frozen=True, slots=True)
class CohortRunPublished:
    """The proposals are matches from now on."""


Event = CohortRunRequested | CohortRunReady | CohortRunFailed | CohortRunPublished


@dataclass(frozen=True, slots=True)
class CohortRun:
    """One run. `requested` (aware UTC) decides which week's hours count, so a repeat finds the same pairs.

    `round` is how many runs of the organization were published before this one was computed: it saw their
    pairs as taken. `claims` must be unique in the organization: the round, once the run is published.
    """

    program: str
    requested: datetime
    stage: Stage = Stage.RUNNING
    proposals: tuple[Proposal, ...] = ()
    unmatched: tuple[str, ...] = ()
    failure_reason: str = ""
    round: int = 0
    claims: tuple[str, ...] = ()

    def require_of(self, program: str) -> None:
        """Raise NotFound unless the run is one of `program`."""
        if self.program != program:
            raise NotFound("NOT_FOUND", "nothing of this name exists")

    def ready(self, plan: Plan, published_before: int) -> "tuple[CohortRun, list[Event]]":
        """Keep the answer; a run that has one already stays as it is."""
        if self.stage is not Stage.RUNNING:
            return self, []
        return replace(
            self,
            stage=Stage.READY,
            proposals=plan.proposals,
            unmatched=plan.unmatched,
            round=published_before,
        ), [CohortRunReady()]

    def fail(self, reason: str) -> "tuple[CohortRun, list[Event]]":
        """Give up; a run that has an answer already keeps it."""
        if self.stage is not Stage.RUNNING:
            return self, []
        return replace(self, stage=Stage.FAILED, failure_reason=reason), [CohortRunFailed()]

    def publish(self) -> "tuple[CohortRun, list[Event]]":
        """Publish the proposals. Refused RUN_NOT_READY, also when it was published before."""
        if self.stage is not Stage.READY:
            raise Refused(
                "RUN_NOT_READY", f"the run is {self.stage.lower()}, only a ready one can be published"
            )
        return replace(self, stage=Stage.PUBLISHED, claims=(f"round/{self.round}",)), [CohortRunPublished()]


def request(program: str, now: datetime) -> tuple[CohortRun, list[Event]]:
    """Ask for a cohort to be matched; `now` is aware UTC."""
    return CohortRun(program, now), [CohortRunRequested()]
