"""How far the mentee is in a skill, as each of the two sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.rules import tag


@dataclass(frozen=True, slots=True)
class SkillRated:
    """A skill was rated."""


SkillEvent = SkillRated


@dataclass(frozen=True, slots=True)
class SkillRating:
    """What `rater`, one of `people` (mentor, mentee), thinks: 1 (beginner) to 5 (expert)."""

    mentorship: str
    people: tuple[str, str]
    rater: str
    skill: str
    level: int


@dataclass(frozen=True, slots=True)
class Point:
    """A level at a time."""

    level: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Growth:
    """How a skill grew in the eyes of both, earliest first."""

    skill: str
    by_mentee: tuple[Point, ...] = ()
    by_mentor: tuple[Point, ...] = ()


def rate(
    mentorship: str, parent: Mentorship, person: str, skill: str, level: int
) -> tuple[SkillRating, list[SkillEvent]]:
    """Rate a skill in `parent`, whose id is `mentorship`, at any time in or after it.

    Raises NotFound for others than the two, Invalid TEXT_BLANK or TEXT_NOT_PLAIN.
    """
    parent.require_reader(person)
    named = tag(skill, "skill_rating.skill")
    return SkillRating(mentorship, parent.people, person, named, level), [SkillRated()]


def growth(rated: Iterable[tuple[SkillRating, datetime]]) -> list[Growth]:
    """Return how skills grew, by tag; what was rated comes earliest first."""
    grown: dict[str, Growth] = {}
    for rating, time in rated:
        known = grown.get(rating.skill, Growth(rating.skill))
        point = Point(rating.level, time)
        if rating.rater == rating.people[0]:
            grown[rating.skill] = replace(known, by_mentor=(*known.by_mentor, point))
        else:
            grown[rating.skill] = replace(known, by_mentee=(*known.by_mentee, point))
    return [grown[skill] for skill in sorted(grown)]
