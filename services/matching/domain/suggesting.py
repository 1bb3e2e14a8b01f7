"""Which known skills could be meant by what somebody types. For people to pick from, never for a score."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.matching.domain import skills

PPM: Final = 1_000_000
LEAST: Final = 300_000
"""Millionths of likeness in spelling from which a skill is worth showing: one pair of letters in three."""


class Likeness(StrEnum):
    """In what a known skill is like the text."""

    SPELLING = "SPELLING"
    MEANING = "MEANING"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A known skill, and in what and how much (in millionths) it is like the text."""

    tag: str
    likeness: Likeness
    score_ppm: int

    @property
    def soft(self) -> bool:
        """Whether it is a skill of working with people."""
        return skills.is_soft(self.tag)


def by_spelling(text: str) -> list[Suggestion]:
    """Return what is written like `text`, the likest first: that for which matching takes it, if any."""
    best: dict[str, int] = {}
    meant = skills.spelling(text)
    if skills.is_known(meant):
        best[meant] = PPM
    for tag, share in skills.likenesses(text):
        best[tag] = max(best.get(tag, 0), int(share * PPM))
    found = (Suggestion(tag, Likeness.SPELLING, score) for tag, score in best.items() if score >= LEAST)
    return _ordered(found)


def together(spelled: Iterable[Suggestion], meant: Iterable[Suggestion], most: int) -> list[Suggestion]:
    """Return the `most` likest of both, each skill once: what is certain first, then by likeness."""
    best: dict[str, Suggestion] = {}
    for one in (*spelled, *meant):
        known = best.get(one.tag)
        if known is None or one.score_ppm > known.score_ppm:
            best[one.tag] = one
    return _ordered(best.values())[:most]


def _ordered(found: Iterable[Suggestion]) -> list[Suggestion]:
    return sorted(found, key=lambda one: (-one.score_ppm, one.tag))
