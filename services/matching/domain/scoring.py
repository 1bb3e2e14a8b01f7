"""How well a mentor fits a mentee, in integers: score = sum of weight (per mille) x credit (0..1000).

The contributions are the terms of that sum, so they add up to the score exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.matching.domain import skills, week
from services.matching.domain.members import Meeting, Member, superiors
from services.matching.domain.plan import Contribution
from services.matching.domain.policy import Criterion
from services.matching.domain.skills import FULL

WEIGHTS: Final[Mapping[Criterion, int]] = MappingProxyType(
    {
        Criterion.SKILLS: 450,
        Criterion.OVERLAP: 150,
        Criterion.SENIORITY: 130,
        Criterion.LANGUAGES: 100,
        Criterion.DEPARTMENT: 100,
        Criterion.MEETING: 70,
    }
)
"""Per mille, 1000 together (house default)."""

LEAST_OVERLAP_MINUTES: Final = 60
"""Pairs with less common time in the week are never matched (house rule)."""

AMPLE_OVERLAP_MINUTES: Final = 240
"""Common time from which more is no better (house rule)."""

BEST_GRADE_GAP: Final = 3
"""Grades a mentor is above the mentee at best; each grade off costs 200 of 1000 (house rule)."""

GRADE_COST: Final = 200

LINGUA_FRANCA: Final = "en"
"""Shared by nearly everybody, so a second common language is worth the other half of the credit."""

_HALF = FULL // 2


@dataclass(frozen=True, slots=True)
class Side:
    """One member made ready for comparison: spellings resolved, hours as bits of the week."""

    member: Member
    offered: Mapping[str, int]
    sought: Mapping[str, int]
    languages: frozenset[str]
    hours: int
    superiors: frozenset[str]


def prepared(member: Member, monday: datetime, manager_of: Mapping[str, str]) -> Side:
    """Make a member ready; hours are those of the week from `monday`. Raises Invalid UNKNOWN_TIME_ZONE."""
    return Side(
        member,
        skills.levels(member.offered),
        skills.levels(member.sought),
        frozenset(member.languages),
        week.slots(member.hours, week.zone(member.time_zone), monday),
        superiors(member.id, manager_of),
    )


def may_meet(mentor: Side, mentee: Side) -> bool:
    """Whether the hard rules allow it: two people, neither above the other, a common language and hour."""
    return (
        week.minutes(mentor.hours & mentee.hours) >= LEAST_OVERLAP_MINUTES
        and not mentor.languages.isdisjoint(mentee.languages)
        and mentor.member.id != mentee.member.id
        and mentor.member.id not in mentee.superiors
        and mentee.member.id not in mentor.superiors
    )


def contributions(mentor: Side, mentee: Side) -> tuple[Contribution, ...]:
    """Explain the score of a pair, in the order of `WEIGHTS`."""
    earned = sum(skills.credit(level, mentor.offered.get(tag, -FULL)) for tag, level in mentee.sought.items())
    terms = _terms(mentor, mentee, earned)
    return tuple(Contribution(criterion, term) for criterion, term in zip(WEIGHTS, terms, strict=True))


class Offers:
    """Mentors by skill, so that one look finds what all of them can teach one mentee."""

    def __init__(self, mentors: Sequence[Side]) -> None:
        self._mentors = mentors
        self._holders: dict[str, list[tuple[int, int]]] = {}
        for place, mentor in enumerate(mentors):
            for tag, level in mentor.offered.items():
                self._holders.setdefault(tag, []).append((place, level))

    def scores(self, mentee: Side) -> Iterator[tuple[int, int]]:
        """Yield (score in millionths, place of the mentor) for every mentor that the hard rules allow."""
        earned = self._earned(mentee)
        for place, mentor in enumerate(self._mentors):
            if may_meet(mentor, mentee):
                yield sum(_terms(mentor, mentee, earned[place])), place

    def _earned(self, mentee: Side) -> list[int]:
        earned = [0] * len(self._mentors)
        for tag, sought in mentee.sought.items():
            for place, level in self._holders.get(tag, ()):
                earned[place] += skills.credit(sought, level)
        return earned


def _terms(mentor: Side, mentee: Side, earned: int) -> tuple[int, ...]:
    teacher, learner = mentor.member, mentee.member
    earnings = (
        earned // len(mentee.sought) if mentee.sought else 0,
        _overlap(week.minutes(mentor.hours & mentee.hours)),
        max(0, FULL - GRADE_COST * abs(teacher.grade - learner.grade - BEST_GRADE_GAP)),
        _languages(mentor.languages & mentee.languages),
        _departments(teacher.department, learner.department),
        _meeting(teacher.meeting, learner.meeting),
    )
    return tuple(weight * credit for weight, credit in zip(WEIGHTS.values(), earnings, strict=True))


def _overlap(minutes: int) -> int:
    return min(minutes, AMPLE_OVERLAP_MINUTES) * FULL // AMPLE_OVERLAP_MINUTES


def _departments(first: str, second: str) -> int:
    if not first or not second:
        return _HALF
    return FULL if first != second else 0  # views from elsewhere are the point


def _meeting(first: Meeting, second: Meeting) -> int:
    if Meeting.UNSTATED in (first, second):
        return _HALF
    return FULL if first == second else 0


def _languages(common: frozenset[str]) -> int:
    if not common:
        return 0
    return FULL if len(common) > 1 or LINGUA_FRANCA not in common else _HALF
