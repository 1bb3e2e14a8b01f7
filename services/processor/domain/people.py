"""What is one person's over all programs: a budget that no nudge passes, and what they are recognised for."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from services.processor.domain.decisions import (
    Achievement,
    AchievementCounted,
    Decision,
    Grounds,
    NudgeDue,
    NudgeHeld,
    RecognitionEarned,
    Waiting,
    text,
)
from services.processor.domain.policy import WEEK, Policy
from services.processor.domain.state import EVIDENCE

REMEMBERED = 48
"""Nudges whose verdict a person keeps: more than a cap of two lets pass in five months."""

MENTORSHIPS = 64
"""Mentorships whose counts a person keeps apart; of the longest untouched, over by then, the sum is kept."""


class Verdict(Struct, frozen=True):
    """What became of one nudge: `key` tells it from all others."""

    key: str
    time: datetime
    sent: bool


class Tally(Struct, frozen=True, omit_defaults=True):
    """How many of one kind, by mentorship, the longest untouched first; `before` are those not kept apart."""

    counts: Mapping[str, int] = {}
    before: int = 0
    evidence: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return how many over all mentorships."""
        return self.before + sum(self.counts.values())

    def counted(self, mentorship: str, count: int, event: str) -> "Tally":
        """Return the tally with what a mentorship has come to; the same for what it has had before."""
        if count <= self.counts.get(mentorship, 0):
            return self
        counts, before = dict(self.counts), self.before
        counts.pop(mentorship, None)
        counts[mentorship] = count
        if len(counts) > MENTORSHIPS:
            before += counts.pop(next(iter(counts)))
        return Tally(counts, before, (*self.evidence, event)[-EVIDENCE:])


class Person(Struct, frozen=True, omit_defaults=True):
    """The last nudges of one person, in the order they came, and what they were thanked for or led to."""

    verdicts: tuple[Verdict, ...] = ()
    impact: Tally = Tally()
    kudos: Tally = Tally()


def fold(person: Person, waiting: Waiting, policy: Policy) -> tuple[Person, list[Decision]]:
    """Return the person after something of one of their mentorships, and what is told because of it."""
    if isinstance(waiting, NudgeDue):
        person, verdict = judge(person, waiting, policy)
        return person, [verdict]
    return _count(person, waiting, policy)


def judge(person: Person, nudge: NudgeDue, policy: Policy) -> tuple[Person, NudgeDue | NudgeHeld]:
    """Let a nudge pass while no seven days around it hold more than `policy.nudges_per_week`, else hold it.

    Nudges of several pairs may come out of order. A repeat gets the verdict of the first time.
    """
    key = f"{nudge.grounds.cause}/{nudge.step}/{text(nudge.time)}"
    known = next((verdict for verdict in person.verdicts if verdict.key == key), None)
    if known is not None:
        return person, nudge if known.sent else _held(person, nudge, policy)
    sent = _has_room(person, nudge.time, policy.nudges_per_week)
    verdicts = (*person.verdicts, Verdict(key, nudge.time, sent))[-REMEMBERED:]
    return replace(person, verdicts=verdicts), nudge if sent else _held(person, nudge, policy)


def _has_room(person: Person, time: datetime, cap: int) -> bool:
    sent = (verdict.time for verdict in person.verdicts if verdict.sent)
    times = sorted([time, *(moment for moment in sent if abs(moment - time) < WEEK)])
    return all(last - first >= WEEK for first, last in zip(times, times[cap:], strict=False))


def _held(person: Person, nudge: NudgeDue, policy: Policy) -> NudgeHeld:
    if not nudge.is_last_warning:
        return NudgeHeld(nudge)
    leaving = sorted(verdict.time + WEEK for verdict in person.verdicts if verdict.sent)
    cap = policy.nudges_per_week
    room = (time for time in leaving if time > nudge.time and _has_room(person, time, cap))
    return NudgeHeld(nudge, next(room, nudge.time + WEEK))


def _count(person: Person, counted: AchievementCounted, policy: Policy) -> tuple[Person, list[Decision]]:
    is_impact = counted.achievement is Achievement.MENTOR_IMPACT
    before = person.impact if is_impact else person.kudos
    after = before.counted(counted.names.mentorship, counted.count, counted.grounds.cause)
    milestones = policy.recognition.impact if is_impact else policy.recognition.kudos
    earned: list[Decision] = [
        _earned(counted, after, reached, policy)
        for reached in sorted(milestones)
        if before.total < reached <= after.total
    ]
    return replace(person, impact=after) if is_impact else replace(person, kudos=after), earned


def _earned(counted: AchievementCounted, tally: Tally, reached: int, policy: Policy) -> RecognitionEarned:
    grounds = Grounds(tally.evidence[-reached:], policy.version)
    about = (counted.names, counted.time, counted.person, counted.achievement)
    return RecognitionEarned(*about, grounds, count=reached)
