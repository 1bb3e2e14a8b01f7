"""Goals of a mentorship, in words for its two people only."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.kernel.errors import Refused
from services.mentorships.domain.rules import invalid, line, not_found

_WESTMOST = timedelta(hours=-12)
"""UTC-12, the last zone to begin a day: a date is in the past everywhere once it is in the past there."""


class Kind(StrEnum):
    """What a goal is about."""

    TECHNICAL_SKILL = "TECHNICAL_SKILL"
    SOFT_SKILL = "SOFT_SKILL"
    CAREER = "CAREER"
    NETWORK = "NETWORK"
    CONFIDENCE = "CONFIDENCE"
    CHALLENGE = "CHALLENGE"


@dataclass(frozen=True, slots=True)
class GoalCreated:
    """A goal is set."""


@dataclass(frozen=True, slots=True)
class GoalCompleted:
    """A goal is reached."""


GoalEvent = GoalCreated | GoalCompleted


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal as asked for. An empty `measure` and an absent `target_date` mean: not said."""

    kind: Kind
    title: str
    measure: str = ""
    target_date: date | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """Something the mentee of `people` (mentor, mentee) wants to reach, in words for these two only."""

    mentorship: str
    people: tuple[str, str]
    kind: Kind
    title: str
    measure: str = ""
    target_date: date | None = None
    complete_time: datetime | None = None

    def read_by(self, person: str, *, oversees: bool) -> "Goal":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in self.people:
            return self
        if not oversees:
            raise not_found()
        return replace(self, title="", measure="")

    def complete(self, mentorship: str, person: str, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Mark as reached, once, by one of the two. What was reached stays so after the mentorship's end.

        Raises NotFound for anybody else or under another mentorship's name, Refused GOAL_ALREADY_COMPLETED.
        """
        if mentorship != self.mentorship or person not in self.people:
            raise not_found()
        if self.complete_time is not None:
            raise Refused("GOAL_ALREADY_COMPLETED", "this goal is reached already")
        return replace(self, complete_time=now), [GoalCompleted()]


def create(
    mentorship: str, people: tuple[str, str], draft: GoalDraft, now: datetime
) -> tuple[Goal, list[GoalEvent]]:
    """Set a goal of `people` (mentor, mentee).

    Raises Invalid TARGET_DATE_PAST when the date is over in every time zone, or for words that say nothing.
    """
    if draft.target_date is not None and draft.target_date < (now + _WESTMOST).date():
        raise invalid("TARGET_DATE_PAST", "goal.target_date", "must not be in the past")
    goal = Goal(
        mentorship=mentorship,
        people=people,
        kind=draft.kind,
        title=line(draft.title, "goal.title"),
        measure=line(draft.measure, "goal.measure") if draft.measure else "",
        target_date=draft.target_date,
    )
    return goal, [GoalCreated()]
