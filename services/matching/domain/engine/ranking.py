"""One strict order per side: by score, then by a hash that nobody can aim at, then by row.

A key says all three in one number: the larger, the better. Keys of one person's partners compare with each
other and with nobody else's.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.jit import compiled, inner

PLACE_BITS: Final = 22
MOST_PEOPLE: Final = 1 << PLACE_BITS
"""People per side whose rows fit into a key."""

NOBODY: Final = -(1 << 63)
"""Below every key."""

ANYBODY: Final = (1 << 63) - 1
"""Above every key."""

MOST_TOTAL: Final = 1 << 30
"""Totals less prices are clamped to it, either way."""

MASK: Final = MOST_PEOPLE - 1
"""The bits of a key that tell the partner: MASK - row."""

_SCORE_BITS = 20
_MIDDLE = 1 << (_SCORE_BITS - 1)  # signed numbers: half of all scores are below 0
_TOTAL_TIE_BITS = 10
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_TOP = np.uint64(64 - PLACE_BITS)


@inner
def tied(mine: np.uint64, theirs: np.uint64, salt: np.uint64) -> int:
    """Return the hash of a pair, the same whoever is named first, one per salt."""
    mixed = (mine ^ theirs) + salt
    mixed = (mixed ^ (mixed >> _SHIFTS[0])) * _FIRST
    mixed = (mixed ^ (mixed >> _SHIFTS[1])) * _SECOND
    tie: int = np.int64((mixed ^ (mixed >> _SHIFTS[2])) >> _TOP)  # type: ignore[assignment]  # is one here
    return tie


@inner
def key_of(score: int, tie: int, place: int) -> int:
    """Return the key of a partner by score (0..LIMIT)."""
    return (score - _MIDDLE << 2 * PLACE_BITS) | tie << PLACE_BITS | MASK - place


@inner
def total_key_of(total: int, tie: int, place: int) -> int:
    """Return the key of a partner by a total, which may be below 0."""
    return (
        (total << PLACE_BITS + _TOTAL_TIE_BITS)
        | (tie >> PLACE_BITS - _TOTAL_TIE_BITS) << PLACE_BITS
        | MASK - place
    )


@inner
def place_of(key: int) -> int:
    """Return the partner's row."""
    return MASK - (key & MASK)


@compiled
def score_of(key: int) -> int:
    """Return the score that a key was made of."""
    return (key >> 2 * PLACE_BITS) + _MIDDLE


def scores_of(keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the scores that keys were made of; 0 for NOBODY, the highest for ANYBODY."""
    return ((keys >> 2 * PLACE_BITS) + _MIDDLE).astype(np.int32)


@inner
def total_of(key: int) -> int:
    """Return the total that a key was made of."""
    return key >> PLACE_BITS + _TOTAL_TIE_BITS
