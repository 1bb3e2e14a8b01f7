"""How well two people fit, told for one pair: credits 0..1000 per criterion, weighed by either side.

The kernels of `engine` count the same credits for all pairs; here they are counted to explain one, in the
same order of integer operations, so that contributions add up to the kernels' scores exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from services.matching.domain import skills, week
from services.matching.domain.members import Meeting, Member
from services.matching.domain.plan import Contribution, Proposal
from services.matching.domain.policy import Criterion, Past, Policy, Weights
from services.matching.domain.skills import FULL

AMPLE_OVERLAP_MINUTES: Final = 240
"""Common time in a week from which more is no better (house rule)."""

GRADE_COST: Final = 200
"""Credit that each grade off the best distance costs (house rule)."""

LINGUA_FRANCA: Final = "en"
"""Shared by nearly everybody, so a second common language is worth the other half of the credit."""

NEUTRAL: Final = FULL // 2
"""Credit where one of the two has not stated anything."""

USUAL_BREADTH: Final = 8
"""Skills that a mentor may list at no cost."""

BREADTH_SLOPE: Final = 250
"""Per mille: how much listing everything costs (pivoted length normalisation, Singhal 1996; house values)."""

PREFERRED: Final = (1000, 700, 400)
"""Credit of the first, second, and any later partner that somebody asked for."""


class Wish(NamedTuple):
    """A skill sought at a level; `share` is its part of the wishes of its kind, per mille."""

    level: int
    share: int


@dataclass(frozen=True, slots=True)
class Side:
    """One participant made ready for comparison: spellings resolved, hours as bits of each week looked at."""

    member: Member
    offered: Mapping[str, int]
    technical: Mapping[str, Wish]
    soft: Mapping[str, Wish]
    languages: frozenset[str]
    focus: frozenset[str]
    preferred: tuple[str, ...]
    hours: tuple[int, ...]


def prepared(
    member: Member, weeks: Sequence[datetime], *, focus: Iterable[str] = (), preferred: Iterable[str] = ()
) -> Side:
    """Make a participant ready; `weeks` are Mondays (aware UTC). Raises Invalid UNKNOWN_TIME_ZONE."""
    where = week.zone(member.time_zone)
    sought = skills.levels(member.sought)
    return Side(
        member,
        skills.levels(member.offered),
        wishes({tag: level for tag, level in sought.items() if not skills.is_soft(tag)}),
        wishes({tag: level for tag, level in sought.items() if skills.is_soft(tag)}),
        frozenset(member.languages),
        frozenset(focus),
        tuple(dict.fromkeys(preferred)),
        week.weekly(member.hours, where, weeks),
    )


def wishes(sought: Mapping[str, int]) -> dict[str, Wish]:
    """Share out the importance equally; what does not divide goes to the first spellings."""
    if not sought:
        return {}
    each, over = divmod(FULL, len(sought))
    return {tag: Wish(sought[tag], each + (place < over)) for place, tag in enumerate(sorted(sought))}


def breadth(offered: int) -> int:
    """Return per mille what is left of the credit for skills of a mentor who lists so many."""
    return FULL * FULL // (FULL + BREADTH_SLOPE * max(0, offered - USUAL_BREADTH) // USUAL_BREADTH)


def preference(whose: Side, partner: str) -> int:
    """Return the credit of a partner whom somebody asked for, 0 for others."""
    if partner not in whose.preferred:
        return 0
    return preferred_credit(whose.preferred.index(partner))


def preferred_credit(place: int) -> int:
    """Return the credit of the partner at a place, from 0, in somebody's list."""
    return PREFERRED[min(place, len(PREFERRED) - 1)]


def credits_of(mentor: Side, mentee: Side, policy: Policy, *, partners_before: bool) -> tuple[int, ...]:
    """Return what both sides share: the credit of each criterion but the last, preference."""
    teacher, learner = mentor.member, mentee.member
    return (
        _skills(mentor, mentee.technical),
        _skills(mentor, mentee.soft),
        _focus(mentor.focus, mentee.focus),
        _overlap(common_minutes(mentor, mentee)),
        max(0, FULL - GRADE_COST * abs(teacher.grade - learner.grade - policy.best_grade_gap)),
        _languages(mentor.languages & mentee.languages),
        _departments(teacher.department, learner.department),
        _meeting(teacher.meeting, learner.meeting),
        history(policy.rules.past, partners_before=partners_before),
    )


def contributions(shared: Sequence[int], preferred: int, weights: Weights) -> tuple[Contribution, ...]:
    """Explain the score of one side by `credits_of` and its preference, in the order of the criteria."""
    return tuple(
        _contribution(criterion, weight, credit)
        for (criterion, weight), credit in zip(_listed(weights), (*shared, preferred), strict=True)
    )


def proposal(mentor: Side, mentee: Side, policy: Policy, *, partners_before: bool) -> Proposal:
    """Explain how two fit, in the eyes of both."""
    ids = (mentor.member.id, mentee.member.id)
    shared = credits_of(mentor, mentee, policy, partners_before=partners_before)
    own = contributions(shared, preference(mentee, ids[0]), policy.mentee_weights)
    theirs = contributions(shared, preference(mentor, ids[1]), policy.mentor_weights)
    return Proposal(
        *ids,
        score_ppm=sum(part.score_ppm for part in own),
        contributions=own,
        mentor_score_ppm=sum(part.score_ppm for part in theirs),
        mentor_contributions=theirs,
    )


def common_minutes(mentor: Side, mentee: Side) -> int:
    """Return the common time in a week: the least of the weeks looked at."""
    return min(week.minutes(one & other) for one, other in zip(mentor.hours, mentee.hours, strict=True))


def history(past: Past, *, partners_before: bool) -> int:
    """Return the credit of having been partners before, or not."""
    return FULL if partners_before == (past is Past.PREFER) or past is Past.FORBID else 0


@lru_cache(maxsize=256)
def _listed(weights: Weights) -> tuple[tuple[Criterion, int], ...]:
    return tuple((criterion, weights.of(criterion)) for criterion in Criterion)


@lru_cache(maxsize=65_536)  # few differ, and a cohort has a million
def _contribution(criterion: Criterion, weight: int, credit: int) -> Contribution:
    return Contribution(criterion, weight * credit, weight * FULL)


def _skills(mentor: Side, sought: Mapping[str, Wish]) -> int:
    if not sought:
        return NEUTRAL
    earned = sum(
        wish.share * skills.credit(wish.level, mentor.offered[tag])
        for tag, wish in sought.items()
        if tag in mentor.offered
    )
    return earned // FULL * breadth(len(mentor.offered)) // FULL


def _focus(mentor: frozenset[str], mentee: frozenset[str]) -> int:
    if not mentor or not mentee:
        return NEUTRAL
    return len(mentor & mentee) * FULL // len(mentee)


def _overlap(minutes: int) -> int:
    return min(minutes, AMPLE_OVERLAP_MINUTES) * FULL // AMPLE_OVERLAP_MINUTES


def _departments(first: str, second: str) -> int:
    if not first or not second:
        return NEUTRAL
    return FULL if first != second else 0  # views from elsewhere are the point


def _meeting(first: Meeting, second: Meeting) -> int:
    if Meeting.UNSTATED in (first, second):
        return NEUTRAL
    return FULL if first == second else 0


def _languages(common: frozenset[str]) -> int:
    if not common:
        return 0
    return FULL if len(common) > 1 or LINGUA_FRANCA not in common else NEUTRAL
