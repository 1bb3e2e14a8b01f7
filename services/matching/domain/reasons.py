"""Why two people fit, as a sentence for one of them; why somebody has no mentor. English, no names."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from services.matching.domain.plan import Contribution, Leftover, Obstacle
from services.matching.domain.policy import Criterion

STRONG: Final = 0.75
WEAK: Final = 0.35
"""Shares of what a criterion could add from which, or below which, it is worth a word (house rule)."""

MOST_NAMED: Final = 3
"""Strengths in a sentence: more is a list."""

FOR_MENTEE: Final[Mapping[Criterion, tuple[str, str]]] = MappingProxyType(
    {
        Criterion.SKILLS: ("offers the skills you seek", "offers few of the skills you seek"),
        Criterion.SOFT_SKILLS: (
            "offers the soft skills you seek",
            "offers few of the soft skills you seek",
        ),
        Criterion.FOCUS: ("shares your focus areas", "has other focus areas"),
        Criterion.OVERLAP: ("is free when you are", "has little time in common with you"),
        Criterion.SENIORITY: ("is as senior as a mentor should be", "is not at the best distance in grade"),
        Criterion.LANGUAGES: ("speaks your languages", "shares only the common language with you"),
        Criterion.DEPARTMENT: ("sees things from another department", "works in your department"),
        Criterion.MEETING: ("likes to meet the way you do", "prefers another way to meet"),
        Criterion.HISTORY: ("is the kind of partner the program looks for", "was your partner before"),
        Criterion.PREFERENCE: ("is somebody you asked for", ""),
    }
)
FOR_MENTOR: Final[Mapping[Criterion, tuple[str, str]]] = MappingProxyType(
    {
        Criterion.SKILLS: ("seeks the skills you offer", "seeks few of the skills you offer"),
        Criterion.SOFT_SKILLS: (
            "seeks the soft skills you offer",
            "seeks few of the soft skills you offer",
        ),
        Criterion.FOCUS: ("shares your focus areas", "has other focus areas"),
        Criterion.OVERLAP: ("is free when you are", "has little time in common with you"),
        Criterion.SENIORITY: ("is at the right distance in grade", "is not at the best distance in grade"),
        Criterion.LANGUAGES: ("speaks your languages", "shares only the common language with you"),
        Criterion.DEPARTMENT: ("comes from another department", "works in your department"),
        Criterion.MEETING: ("likes to meet the way you do", "prefers another way to meet"),
        Criterion.HISTORY: ("is the kind of partner the program looks for", "was your partner before"),
        Criterion.PREFERENCE: ("is somebody you asked for", ""),
    }
)
"""Per criterion what a high and what a low share of its weight means."""

WHY_NOT: Final[Mapping[Obstacle, str]] = MappingProxyType(
    {
        Obstacle.NO_MENTORS: "there is no mentor with a free seat",
        Obstacle.FULL: "every mentor who fits is full with mentees who fit better",
        Obstacle.OVERLAP: "too little time in common",
        Obstacle.LANGUAGE: "no common language",
        Obstacle.REPORTING_LINE: "one reports to the other",
        Obstacle.DEPARTMENT: "the same department",
        Obstacle.GRADE_GAP: "too few grades apart",
        Obstacle.EXCLUDED: "excluded, blocked or declined before",
    }
)


def for_mentee(parts: Sequence[Contribution]) -> str:
    """Say why a mentor fits, to the mentee: strengths by what they add, then the greatest weakness."""
    return _sentence("This mentor", parts, FOR_MENTEE)


def for_mentor(parts: Sequence[Contribution]) -> str:
    """Say why a mentee fits, to the mentor."""
    return _sentence("This mentee", parts, FOR_MENTOR)


def without_mentor(leftover: Leftover) -> str:
    """Say why a mentee has no mentor, with the number of mentors that each rule kept away."""
    stopped = [f"{WHY_NOT[one.obstacle]} ({one.mentors})" for one in leftover.stopped if one.mentors]
    if leftover.obstacle is Obstacle.FULL or not stopped:
        return _capital(WHY_NOT[leftover.obstacle]) + "."
    return f"No mentor may be matched: {', '.join(stopped)}."


def _sentence(subject: str, parts: Sequence[Contribution], words: Mapping[Criterion, tuple[str, str]]) -> str:
    counted = sorted((part for part in parts if part.most_ppm), key=lambda part: -part.score_ppm)
    strong = [words[part.criterion][0] for part in counted if part.score_ppm >= STRONG * part.most_ppm]
    missing = sorted(counted, key=lambda part: part.score_ppm - part.most_ppm)
    weak = [words[part.criterion][1] for part in missing if part.score_ppm <= WEAK * part.most_ppm]
    praise = _joined(strong[:MOST_NAMED]) or "fits in some ways"
    doubt = next((word for word in weak if word), "")
    return f"{subject} {praise}{f', but {doubt}' if doubt else ''}."


def _joined(phrases: Sequence[str]) -> str:
    return " and ".join((", ".join(phrases[:-1]), phrases[-1])) if len(phrases) > 1 else "".join(phrases)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
