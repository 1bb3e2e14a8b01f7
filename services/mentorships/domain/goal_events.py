"""What happens to a goal. The state tells the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GoalCreated:
    """A goal is set."""


@dataclass(frozen=True, slots=True)
class GoalUpdated:
    """A goal was changed."""


@dataclass(frozen=True, slots=True)
class GoalCompleted:
    """A goal is reached."""


@dataclass(frozen=True, slots=True)
class GoalReopened:
    """A goal is open again."""


@dataclass(frozen=True, slots=True)
class GoalDropped:
    """A goal is given up."""


@dataclass(frozen=True, slots=True)
class GoalProgressNoted:
    """One of the two noted how it goes."""

    person: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class MilestoneCompleted:
    """A milestone is reached."""

    milestone: str


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """A task is done."""

    task: str
    owner: str


GoalEvent = (
    GoalCreated
    | GoalUpdated
    | GoalCompleted
    | GoalReopened
    | GoalDropped
    | GoalProgressNoted
    | MilestoneCompleted
    | TaskCompleted
)
