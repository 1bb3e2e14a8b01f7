"""The stable result over ALL feasible pairs, from lists of the best few.

Deferred acceptance on cut-off lists is not stable: whoever comes to the end of a list may still be wanted
further down. So lists are extended until nobody is. In deferred acceptance whom a column holds only gets
better; who would be refused now would be refused later, and leaving them out of a list changes nothing. The
result is that of full lists, whatever their length here.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import search
from services.matching.domain.engine.acceptance import Held, Seekers, floor_of, propose
from services.matching.domain.engine.market import Field, no_price
from services.matching.domain.engine.ranking import MASK
from services.matching.domain.engine.search import Lists, Wanted, floor_at

LISTED: Final = 64
"""Partners listed at first: enough for most to need no more."""

EXTENDED: Final = 16
"""Partners listed at a time after that: each would accept right now, so few are needed."""


def stable(field: Field, wants: NDArray[np.int32], listed: int = LISTED) -> Held:
    """Return whom each column holds, best for the rows of all stable results.

    `wants` by row of the market: how many partners each takes; 0 for rows that are not in the field.
    """
    return stable_from(field, field.best("candidates", listed), wants)


def stable_from(field: Field, candidates: Lists, wants: NDArray[np.int32]) -> Held:
    """Return the same from lists of each row's best, which are used up."""
    lists = _spread(field, candidates, len(wants))
    seekers = Seekers(wants.copy(), np.zeros(len(wants), np.int32))
    held = _nobody_held(field.seats)
    through = lists.size < lists.key.shape[1]
    propose(field.market, lists, seekers, held)
    while len(seeking := _seeking(seekers, lists, through)):
        _extend(field, seeking, lists, held)
        seekers.at[seeking] = 0
        through[seeking] = lists.size[seeking] < _more(lists)
        propose(field.market, lists, seekers, held)
    return held


def partners_of(held: Held, rows: int) -> NDArray[np.int32]:
    """Return the column that holds each row, -1 none, where rows have one partner at most."""
    holder = np.full(rows, -1, np.int32)
    columns, keys = holdings(held)
    holder[MASK - (keys & MASK)] = columns
    return holder


def proposers_of(held: Held) -> NDArray[np.int32]:
    """Return the row that each column holds, -1 none, where columns hold one at most."""
    holder = np.full(len(held.size), -1, np.int32)
    columns, keys = holdings(held)
    holder[columns] = MASK - (keys & MASK)
    return holder


def holdings(held: Held) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return (column, key) of everything that is held."""
    columns = np.repeat(np.arange(len(held.size), dtype=np.int32), np.diff(held.start))
    within = np.arange(len(held.key)) - held.start[columns] < held.size[columns]
    return columns[within], held.key[within]


def _seeking(seekers: Seekers, lists: Lists, through: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the rows that want more and are at the end of a list that could go on."""
    wanting = (seekers.wants > 0) & (seekers.at >= lists.size) & ~through
    return np.flatnonzero(wanting).astype(np.int32)


def _extend(field: Field, rows: NDArray[np.int32], lists: Lists, held: Held) -> None:
    """Replace the lists of `rows`, which are used up, by what comes next and would accept now."""
    below = lists.key[rows, lists.size[rows] - 1]
    more = field.look("extension", rows, Wanted(below, floor_at(floor_of(held)), no_price(), 0), _more(lists))
    width = more.key.shape[1]
    lists.key[rows, :width], lists.own[rows, :width], lists.other[rows, :width] = more[:3]
    lists.size[rows] = more.size


def _more(lists: Lists) -> int:
    listed: int = lists.key.shape[1]
    return min(EXTENDED, listed)


def _spread(field: Field, lists: Lists, rows: int) -> Lists:
    """Return lists by row of the market, empty for rows that are not in the field."""
    if len(field.rows) == rows:
        return lists
    spread = search.no_lists(rows, lists.key.shape[1])
    spread.key[field.rows], spread.own[field.rows], spread.other[field.rows] = lists[:3]
    spread.size[field.rows] = lists.size
    return spread


def _nobody_held(seats: NDArray[np.int32]) -> Held:
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(seats, dtype=np.int64)))
    return Held(start, np.zeros(len(seats), np.int32), np.full(int(start[-1]), -1))
