"""Deferred acceptance: who seeks asks the best first; who is asked holds the best so far, as seats allow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.jit import compiled, inner
from services.matching.domain.engine.kernels import Market
from services.matching.domain.engine.ranking import ANYBODY, NOBODY, key_of, place_of, tied
from services.matching.domain.engine.search import Lists


class Seekers(NamedTuple):
    """By row: how many more partners it wants, and how far it is down its list."""

    wants: NDArray[np.int32]
    at: NDArray[np.int32]


class Held(NamedTuple):
    """By column: keys of the rows held, a heap with the worst first, at start[c]:start[c] + size[c]."""

    start: NDArray[np.int64]
    size: NDArray[np.int32]
    key: NDArray[np.int64]


@compiled
def propose(market: Market, lists: Lists, seekers: Seekers, held: Held) -> None:
    """Let every row ask down its list until it has what it wants or the list ends.

    May be called again when lists have grown; what a column holds only gets better.
    """
    rows = seekers.wants.size
    waiting = np.arange(rows - 1, -1, -1).astype(np.int32)
    listed = np.ones(rows, np.bool_)
    size = rows
    while size:
        size -= 1
        row = waiting[size]
        listed[row] = False
        while seekers.wants[row] > 0 and seekers.at[row] < lists.size[row]:
            place = seekers.at[row]
            seekers.at[row] += 1
            column = place_of(lists.key[row, place])
            tie = tied(market.rows.tie[row], market.columns.tie[column], market.terms.other_salt)
            released = _consider(held, column, key_of(lists.other[row, place], tie, row))
            if released == row:
                continue
            seekers.wants[row] -= 1
            if released >= 0:
                seekers.wants[released] += 1
                if not listed[released]:
                    listed[released] = True
                    waiting[size] = released
                    size += 1


@inner
def _consider(held: Held, column: int, key: int) -> int:
    """Hold the asking row or refuse it; return who is let go, maybe the one who asks, -1 for nobody."""
    start, count = held.start[column], held.size[column]
    if start + count < held.start[column + 1]:
        held.size[column] = count + 1
        _rise(held.key, start, count, key)
        return -1
    if not count or key < held.key[start]:
        return place_of(key)
    released = place_of(held.key[start])
    _sink(held.key, start, count, key)
    return released


@inner
def _rise(keys: NDArray[np.int64], start: int, hole: int, key: int) -> None:
    while hole and keys[start + ((hole - 1) >> 1)] > key:
        keys[start + hole] = keys[start + ((hole - 1) >> 1)]
        hole = (hole - 1) >> 1
    keys[start + hole] = key


@inner
def _sink(keys: NDArray[np.int64], start: int, size: int, key: int) -> None:
    hole = 0
    while 2 * hole + 1 < size:
        child = 2 * hole + 1
        if child + 1 < size and keys[start + child + 1] < keys[start + child]:
            child += 1
        if keys[start + child] >= key:
            break
        keys[start + hole] = keys[start + child]
        hole = child
    keys[start + hole] = key


def floor_of(held: Held) -> NDArray[np.int64]:
    """Return by column which key a row must beat: that of the worst held, ANYBODY's without any seat."""
    seats = np.diff(held.start)
    floor = np.where(seats > 0, NOBODY, ANYBODY)
    full = (held.size == seats) & (seats > 0)
    floor[full] = held.key[held.start[:-1][full]]
    return floor
