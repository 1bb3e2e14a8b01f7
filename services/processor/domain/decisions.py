"""What follows from what was heard, or from hearing nothing.

`identity` names a decision for ever: the event behind it and the rule, then what tells several decisions of
one event and rule apart. `time` is when it was due, never when somebody looked.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from services.processor.domain.facts import Names
from services.processor.domain.policy import Step


class Status(StrEnum):
    """How a relationship goes."""

    TOO_EARLY = "TOO_EARLY"
    ON_TRACK = "ON_TRACK"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    AT_RISK = "AT_RISK"
    INACTIVE = "INACTIVE"


class Reason(StrEnum):
    """What was noticed."""

    AGREEMENT_UNSIGNED = "AGREEMENT_UNSIGNED"
    NO_FIRST_MEETING = "NO_FIRST_MEETING"
    GAP = "GAP"
    MISSED_OFTEN = "MISSED_OFTEN"
    MISSED_IN_ROW = "MISSED_IN_ROW"
    LOW_ANSWER = "LOW_ANSWER"
    FALLING_ANSWER = "FALLING_ANSWER"
    CHECK_INS_UNANSWERED = "CHECK_INS_UNANSWERED"
    GOAL_OVERDUE = "GOAL_OVERDUE"
    NOT_A_FIT = "NOT_A_FIT"
    ONE_SIDE_SILENT = "ONE_SIDE_SILENT"
    NO_SIGN_OF_LIFE = "NO_SIGN_OF_LIFE"


class Achievement(StrEnum):
    """What a recognition is earned with."""

    GOAL_COMPLETED = "GOAL_COMPLETED"
    FIRST_GOAL = "FIRST_GOAL"
    MEETINGS_HELD = "MEETINGS_HELD"
    STREAK = "STREAK"
    MENTOR_IMPACT = "MENTOR_IMPACT"
    KUDOS_RECEIVED = "KUDOS_RECEIVED"
    MENTORSHIP_COMPLETED = "MENTORSHIP_COMPLETED"


class Grounds(Struct, frozen=True):
    """Why something was decided: the events, the latest last, and the policy that was in force."""

    evidence: tuple[str, ...]
    policy: str

    @property
    def cause(self) -> str:
        """Return the event that ids derive from."""
        return self.evidence[-1]


class RebookReminderDue(Struct, frozen=True):
    """Both should book another meeting."""

    rule: ClassVar[str] = "rebook-reminder/1"
    names: Names
    time: datetime
    cause: str
    meeting: str
    misses: int

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.cause, self.rule)


class LeadAlertDue(Struct, frozen=True):
    """The program lead should know of the misses."""

    rule: ClassVar[str] = "lead-alert/1"
    names: Names
    time: datetime
    cause: str
    meeting: str
    misses: int

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.cause, self.rule)


class RecognitionEarned(Struct, frozen=True):
    """`person` earned a recognition. `goal` is the one behind it; `count` is 0 where nothing is counted."""

    names: Names
    time: datetime
    person: str
    achievement: Achievement
    grounds: Grounds
    goal: str = ""
    count: int = 0

    @property
    def rule(self) -> str:
        """Return the rule with its version."""
        return _RULES[self.achievement]

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from; a goal has one mentee, whom its rule never named.

        What counts over all mentorships of a person is reached once, whichever event comes last.
        """
        if self.achievement in OF_A_PERSON:
            return (self.person, self.rule, str(self.count))
        if self.achievement is Achievement.GOAL_COMPLETED:
            return (self.grounds.cause, self.rule)
        return (self.grounds.cause, self.rule, self.person)


class AchievementCounted(Struct, frozen=True):
    """One more of what counts over all mentorships of `person`; `count` is how many in this one by now."""

    rule: ClassVar[str] = "achievement-counted/1"
    names: Names
    time: datetime
    person: str
    achievement: Achievement
    grounds: Grounds
    count: int
    goal: ClassVar[str] = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.grounds.cause, self.rule, self.person)


OF_A_PERSON = frozenset({Achievement.MENTOR_IMPACT, Achievement.KUDOS_RECEIVED})
"""What counts over all mentorships of a person."""

_RULES = {
    Achievement.GOAL_COMPLETED: "goal-recognition/1",
    Achievement.FIRST_GOAL: "first-goal/1",
    Achievement.MEETINGS_HELD: "meetings-held/1",
    Achievement.STREAK: "streak/1",
    Achievement.MENTOR_IMPACT: "mentor-impact/2",
    Achievement.KUDOS_RECEIVED: "kudos-received/2",
    Achievement.MENTORSHIP_COMPLETED: "mentorship-completed/1",
}


class NudgeDue(Struct, frozen=True):
    """`person` should be reminded, warned or told of the end."""

    rule: ClassVar[str] = "silence-nudge/1"
    names: Names
    time: datetime
    person: str
    step: Step
    reasons: tuple[Reason, ...]
    grounds: Grounds

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.grounds.cause, self.rule, self.step, self.person, text(self.time))

    @property
    def is_last_warning(self) -> bool:
        """Whether nothing but the end follows."""
        return self.step is Step.WARN and Reason.NO_SIGN_OF_LIFE in self.reasons


class NudgeHeld(Struct, frozen=True):
    """A nudge was due, but its person has heard enough this week; a last warning is tried again `again`."""

    rule: ClassVar[str] = "nudge-cap/1"
    nudge: NudgeDue
    again: datetime | None = None

    @property
    def names(self) -> Names:
        """Return who it is about."""
        return self.nudge.names

    @property
    def time(self) -> datetime:
        """Return when it was due."""
        return self.nudge.time

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (*self.nudge.identity, self.rule)


class LeadEscalationDue(Struct, frozen=True):
    """The program lead should look at a silent pair."""

    rule: ClassVar[str] = "silence-lead/1"
    names: Names
    time: datetime
    step: Step
    reasons: tuple[Reason, ...]
    grounds: Grounds

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.grounds.cause, self.rule, text(self.time))


class ConclusionDue(Struct, frozen=True):
    """A silent pair was warned and stayed silent: the mentorship should end."""

    rule: ClassVar[str] = "silence-end/1"
    names: Names
    time: datetime
    reasons: tuple[Reason, ...]
    grounds: Grounds

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.grounds.cause, self.rule, text(self.time))


class HealthChanged(Struct, frozen=True):
    """How a relationship goes has changed."""

    rule: ClassVar[str] = "health/1"
    names: Names
    time: datetime
    before: Status
    after: Status
    reasons: tuple[Reason, ...]
    grounds: Grounds

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what the id derives from."""
        return (self.grounds.cause, self.rule, self.after, text(self.time))


Decision = (
    RebookReminderDue
    | LeadAlertDue
    | RecognitionEarned
    | AchievementCounted
    | NudgeDue
    | NudgeHeld
    | LeadEscalationDue
    | ConclusionDue
    | HealthChanged
)


Waiting = AchievementCounted | NudgeDue
"""What waits for the verdict of its person, over all mentorships."""


def text(moment: datetime) -> str:
    """Return a moment as it is part of ids, to the millisecond as in events."""
    return moment.isoformat(timespec="milliseconds")
