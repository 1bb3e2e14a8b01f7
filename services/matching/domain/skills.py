"""Skill tags as people type them -> one spelling, and how well an offered level serves a sought one."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from services.matching.domain.vocabulary import ALIASES, SOFT, TECHNICAL

FULL: Final = 1000
"""Credit of a skill offered at the wished level or above."""

MISSING_LEVEL: Final = 350
"""Credit lost for each level that is missing (house rule)."""

SHORTEST_GUESS: Final = 5
"""Letters of a tag, at least, for a typing mistake to be seen: shorter words are too close to each other."""

LIKE: Final = 0.7
"""Share of letter pairs in common (Dice) from which a tag is a misspelling: in a word of five letters,
one too many or one too few."""

_KEPT = frozenset("+#")  # c, c++ and c# are three skills
_KNOWN = TECHNICAL | SOFT
_GRAM = 2


@dataclass(frozen=True, slots=True)
class Skill:
    """A tag as typed, and a level from 1 (beginner) to 5 (expert): held, or wished for."""

    tag: str
    level: int


@lru_cache(maxsize=65_536)
def spelling(tag: str) -> str:
    """Return the one spelling of a tag: folded case, no spaces or punctuation but + and #, aliases resolved.

    A tag that is nearly a known one is taken for it. A tag of nothing but punctuation stays as it is.
    """
    folded, plain = _plain(tag)
    known = ALIASES.get(plain, plain)
    return known if known in _KNOWN else _nearly_known(plain) or plain or folded


def _plain(tag: str) -> tuple[str, str]:
    folded = unicodedata.normalize("NFKC", tag).casefold()
    return folded, "".join(sign for sign in folded if sign.isalnum() or sign in _KEPT)


def is_known(spelled: str) -> bool:
    """Whether a spelling is one of the skills known by name."""
    return spelled in _KNOWN


def known() -> list[str]:
    """Return the skills known by name, in order."""
    return sorted(_KNOWN)


def likenesses(tag: str) -> Iterator[tuple[str, float]]:
    """Yield every known skill with the share of letter pairs in common (Dice), once per word for it."""
    grams = _grams(_plain(tag)[1])
    for word in (*_KNOWN, *ALIASES):
        yield ALIASES.get(word, word), _dice(grams, _grams(word))


def is_soft(spelled: str) -> bool:
    """Whether a spelling is a skill of working with people."""
    return spelled in SOFT


def levels(skills: Iterable[Skill]) -> dict[str, int]:
    """Return the highest level of each spelling."""
    highest: dict[str, int] = {}
    for skill in skills:
        tag = spelling(skill.tag)
        highest[tag] = max(highest.get(tag, 0), skill.level)
    return highest


def credit(sought: int, offered: int) -> int:
    """Return 0..1000: how well the level `offered` serves the level `sought`."""
    return max(0, FULL - MISSING_LEVEL * max(0, sought - offered))


def _nearly_known(plain: str) -> str:
    """Return what a misspelled tag means, "" when it is like nothing known or like two things equally."""
    if len(plain) < SHORTEST_GUESS:
        return ""
    grams = _grams(plain)
    likeness = sorted(
        ((_dice(grams, others), word) for word, others in _dictionary().items() if _one_off(word, plain)),
        reverse=True,
    )[:2]
    if not likeness or likeness[0][0] < LIKE:
        return ""
    meant = {ALIASES.get(word, word) for score, word in likeness if score == likeness[0][0]}
    return meant.pop() if len(meant) == 1 else ""


def _one_off(word: str, other: str) -> bool:
    """Whether the lengths differ by one at most: a letter more or less is a mistake, more is another word."""
    return abs(len(word) - len(other)) <= 1


@cache
def _dictionary() -> dict[str, frozenset[str]]:
    words = (word for word in (*_KNOWN, *ALIASES) if len(word) >= SHORTEST_GUESS)
    return {word: _grams(word) for word in words}


@lru_cache(maxsize=4_096)
def _grams(word: str) -> frozenset[str]:
    padded = f"^{word}$"  # the ends count as letters
    return frozenset(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))


def _dice(first: frozenset[str], second: frozenset[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second))
