"""One matching of a whole cohort: asked for, computed, published, cancelled or failed.

The pairs lie in parts beside the run, since a cohort of a large company outgrows one document; a run names
the parts of its result by the result's digest, so parts of a computation that was cut off are never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.kernel.errors import NotFound, Refused
from services.matching.domain.plan import Leftover, Plan, Proposal, Report
from services.matching.domain.policy import DEFAULT_OPTIONS, Options

PART_SIZE: Final = 250
"""Pairs, or mentees left over, per part: about 300 KB."""


class Stage(StrEnum):
    """How far a run is."""

    RUNNING = "RUNNING"
    READY = "READY"
    PUBLISHED = "PUBLISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CohortRunRequested:
    """Somebody asked for a cohort to be matched."""


@dataclass(frozen=True, slots=True)
class CohortRunProgressed:
    """The computation went on."""


@dataclass(frozen=True, slots=True)
class CohortRunReady:
    """The pairs are found; nobody has been told."""


@dataclass(frozen=True, slots=True)
class CohortRunFailed:
    """The cohort could not be matched."""


@dataclass(frozen=True, slots=True)
class CohortRunPublished:
    """The proposals are matches from now on."""


@dataclass(frozen=True, slots=True)
class CohortRunCancelled:
    """The run was given up."""


Event = (
    CohortRunRequested
    | CohortRunProgressed
    | CohortRunReady
    | CohortRunFailed
    | CohortRunPublished
    | CohortRunCancelled
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a computation is: `done` of `total` steps of a stage."""

    stage: str = ""
    done: int = 0
    total: int = 0

    @property
    def tenth(self) -> tuple[str, int]:
        """Return what a watcher wants to know of it: the stage and the tenths done."""
        return self.stage, self.done * 10 // self.total if self.total else 0


NO_PROGRESS: Final = Progress()
DELIVERED: Final = Progress("delivered", 1, 1)
"""Of a published run: every proposal is a match."""


@dataclass(frozen=True, slots=True)
class CohortRun:
    """One run. `requested` (aware UTC) decides which weeks' hours count, so a repeat finds the same pairs.

    `round` is how many runs of the organization were published before this one was computed: it saw their
    pairs as taken. `claims` must be unique in the organization: the round, once the run is published.
    `failure_field` is the part of the request to blame for `failure_reason`, if any.
    """

    program: str
    requested: datetime
    stage: Stage = Stage.RUNNING
    failure_reason: str = ""
    failure_field: str = ""
    round: int = 0
    claims: tuple[str, ...] = ()
    options: Options = DEFAULT_OPTIONS
    progress: Progress = NO_PROGRESS
    report: Report | None = None
    leftovers: int = 0

    @property
    def parts(self) -> int:
        """How many parts the result has."""
        if self.report is None:
            return 0
        return max(_parts(self.report.matched), _parts(self.leftovers))

    @property
    def is_delivered(self) -> bool:
        """Whether every proposal of the published run is a match."""
        return self.progress == DELIVERED

    def require_of(self, program: str) -> None:
        """Raise NotFound unless the run is one of `program`."""
        if self.program != program:
            raise NotFound("NOT_FOUND", "nothing of this name exists")

    def require_computed(self) -> Report:
        """Return the report. Refused RUN_NOT_COMPUTED before there is a result."""
        if self.report is None:
            raise Refused("RUN_NOT_COMPUTED", f"the run is {self.stage.lower()} and has no result")
        return self.report

    def progressed(self, progress: Progress) -> "tuple[CohortRun, list[Event]]":
        """Keep how far it is; told once per stage and tenth, and only while the run is being computed."""
        if self.stage is not Stage.RUNNING or progress.tenth == self.progress.tenth:
            return self, []
        return replace(self, progress=progress), [CohortRunProgressed()]

    def delivered(self) -> "tuple[CohortRun, list[Event]]":
        """Note that every proposal is a match; a second time changes nothing."""
        if self.is_delivered:
            return self, []
        return replace(self, progress=DELIVERED), [CohortRunProgressed()]

    def ready(self, report: Report, leftovers: int, published_before: int) -> "tuple[CohortRun, list[Event]]":
        """Keep the answer; a run that has one already, or was cancelled, stays as it is."""
        if self.stage is not Stage.RUNNING:
            return self, []
        return replace(
            self,
            stage=Stage.READY,
            report=report,
            leftovers=leftovers,
            round=published_before,
            progress=NO_PROGRESS,
        ), [CohortRunReady()]

    def fail(self, reason: str, field: str = "") -> "tuple[CohortRun, list[Event]]":
        """Give up; a run that has an answer already keeps it."""
        if self.stage is not Stage.RUNNING:
            return self, []
        failed = replace(self, stage=Stage.FAILED, failure_reason=reason, failure_field=field)
        return failed, [CohortRunFailed()]

    def cancel(self) -> "tuple[CohortRun, list[Event]]":
        """Give the run up; a second time changes nothing. Refused RUN_PUBLISHED, RUN_NOT_CANCELLABLE."""
        if self.stage is Stage.CANCELLED:
            return self, []
        if self.stage is Stage.PUBLISHED:
            raise Refused("RUN_PUBLISHED", "the matches of a published run are there already")
        if self.stage is Stage.FAILED:
            raise Refused("RUN_NOT_CANCELLABLE", "the run has failed")
        return replace(self, stage=Stage.CANCELLED), [CohortRunCancelled()]

    def publish(self) -> "tuple[CohortRun, list[Event]]":
        """Publish the proposals. Refused RUN_NOT_READY, also when it was published before."""
        if self.stage is not Stage.READY:
            raise Refused(
                "RUN_NOT_READY", f"the run is {self.stage.lower()}, only a ready one can be published"
            )
        return replace(self, stage=Stage.PUBLISHED, claims=(f"round/{self.round}",)), [CohortRunPublished()]


def request(program: str, options: Options, now: datetime) -> tuple[CohortRun, list[Event]]:
    """Ask for a cohort to be matched; `now` is aware UTC."""
    return CohortRun(program, now, options=options), [CohortRunRequested()]


@dataclass(frozen=True, slots=True)
class Part:
    """The `number`th part of a run's result, counted from 0: the next `PART_SIZE` of both lists."""

    run: str
    number: int
    proposals: tuple[Proposal, ...]
    leftovers: tuple[Leftover, ...]


def part(run: str, number: int, plan: Plan) -> Part:
    """Return a part of a plan."""
    cut = slice(number * PART_SIZE, (number + 1) * PART_SIZE)
    return Part(run, number, plan.proposals[cut], plan.unmatched[cut])


def wanted(offset: int, size: int) -> range:
    """Return the numbers of the parts that hold entries `offset` to `offset + size`."""
    return range(offset // PART_SIZE, _parts(offset + size))


def cut(entries: Sequence[object], offset: int, size: int) -> slice:
    """Return which of the entries of the parts `wanted` are the ones asked for."""
    first = offset % PART_SIZE
    return slice(first, min(first + size, len(entries)))


def _parts(entries: int) -> int:
    return -(-entries // PART_SIZE)
