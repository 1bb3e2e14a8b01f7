"""What the history of one pair leads to: pure folds `(pair, heard) -> (pair, decisions)`.

People, meetings, goals and mentorships are full resource names that pass through unread. The same history
gives the same decisions for ever, told once or told again, and however the histories of other pairs lie
between: that is what lets the table be rebuilt.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

LEAD_ALERT_EVERY = 2
"""A lead hears of the second miss in a row, and of every second one after it."""

REMEMBERED = 128
"""Subjects whose last sequence a pair remembers: more meetings and goals than two years of weekly work."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of one mentorship.

    `misses` counts meetings missed since the last one held. `handled` holds (subject, last sequence seen),
    the longest untouched subject first, `REMEMBERED` of them at most.
    """

    misses: int = 0
    handled: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingMissed:
    """Somebody was not there."""

    mentorship: str
    meeting: str
    mentor: str
    mentee: str
    lead: str


@dataclass(frozen=True, slots=True)
class MeetingHeld:
    """Both were there."""


@dataclass(frozen=True, slots=True)
class GoalCompleted:
    """A goal is reached."""

    mentorship: str
    goal: str
    mentor: str
    mentee: str


Fact = MeetingMissed | MeetingHeld | GoalCompleted


@dataclass(frozen=True, slots=True)
class Heard:
    """One event: its id, what it is about (named below its mentorship), the version of that, what it says."""

    event: str
    subject: str
    sequence: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class RebookReminderDue:
    """Both should book another meeting."""

    rule: ClassVar[str] = "rebook-reminder/1"
    cause: str
    missed: MeetingMissed
    misses: int


@dataclass(frozen=True, slots=True)
class LeadAlertDue:
    """The program lead should know."""

    rule: ClassVar[str] = "lead-alert/1"
    cause: str
    missed: MeetingMissed
    misses: int


@dataclass(frozen=True, slots=True)
class RecognitionEarned:
    """The mentee earned a recognition."""

    rule: ClassVar[str] = "goal-recognition/1"
    cause: str
    completed: GoalCompleted


Decision = RebookReminderDue | LeadAlertDue | RecognitionEarned


def fold(pair: Pair, heard: Heard) -> tuple[Pair, list[Decision]]:
    """Return the pair after `heard` and what follows from it; of a repeat nothing follows."""
    if heard.sequence <= dict(pair.handled).get(heard.subject, 0):
        return pair, []
    pair = replace(pair, handled=_remember(pair.handled, heard))
    match heard.fact:
        case MeetingMissed() as missed:
            pair = replace(pair, misses=pair.misses + 1)
            return pair, _after_miss(heard.event, missed, pair.misses)
        case MeetingHeld():
            return replace(pair, misses=0), []
        case GoalCompleted() as completed:
            return pair, [RecognitionEarned(heard.event, completed)]


def fold_all(pair: Pair, history: Iterable[Heard]) -> tuple[Pair, list[Decision]]:
    """Fold a stretch of one pair's history, in order."""
    decisions: list[Decision] = []
    for heard in history:
        pair, more = fold(pair, heard)
        decisions += more
    return pair, decisions


def _remember(handled: tuple[tuple[str, int], ...], heard: Heard) -> tuple[tuple[str, int], ...]:
    others = [known for known in handled if known[0] != heard.subject]
    return (*others, (heard.subject, heard.sequence))[-REMEMBERED:]


def _after_miss(event: str, missed: MeetingMissed, misses: int) -> list[Decision]:
    decisions: list[Decision] = [RebookReminderDue(event, missed, misses)]
    if misses % LEAD_ALERT_EVERY == 0:
        decisions.append(LeadAlertDue(event, missed, misses))
    return decisions
