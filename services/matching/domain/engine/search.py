"""Looks of some rows at everybody: their best, how an assignment stands, and single pairs.

Work is done tile by tile for all rows of a block, so that a tile is fetched once. Shortcuts are upper bounds:
nobody is left out who could be in the answer.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.crowd import TILE
from services.matching.domain.engine.jit import compiled, inner
from services.matching.domain.engine.kernels import ALLOWED, LIMIT, RULES, Market, Tile, blank, fill
from services.matching.domain.engine.ranking import (
    ANYBODY,
    MOST_TOTAL,
    NOBODY,
    key_of,
    score_of,
    scores_of,
    tied,
    total_key_of,
    total_of,
)

OWN, OTHER, BROKEN, OWN_KEY, OTHER_KEY = range(5)
VALUES: Final = 5
"""What a pair comes to: both scores, the first broken rule, and the key of either in the other's order."""


class Lists(NamedTuple):
    """The best partners of each row, best first once sorted: keys, own score, the other's score; how many."""

    key: NDArray[np.int64]
    own: NDArray[np.int32]
    other: NDArray[np.int32]
    size: NDArray[np.int32]


def no_lists(rows: int, most: int) -> Lists:
    """Make room for lists of at most so many."""
    key, size = np.empty((rows, most), np.int64), np.zeros(rows, np.int32)
    own, other = np.empty((2, rows, most), np.int32)
    return Lists(key, own, other, size)


NO_SEAT: Final = MOST_TOTAL // 2
"""Price of a column without seats: more than any pair is worth, and less than what may overflow."""


class Floor(NamedTuple):
    """By column: the key that a row must beat to be welcome, NOBODY for any; and the score in it."""

    key: NDArray[np.int64]
    score: NDArray[np.int32]


def floor_at(key: NDArray[np.int64]) -> Floor:
    """Return a floor by its keys."""
    return Floor(key, scores_of(key))


class Wanted(NamedTuple):
    """Which partners count: keys below `below` (by row), and those whose own key of the row is above `floor`.

    With `by_total` 1 the order is own + other - `price` (by column) instead of own.
    """

    below: NDArray[np.int64]
    floor: Floor
    price: NDArray[np.int32]
    by_total: int


class Standing(NamedTuple):
    """How an assignment stands for each row, as `edges.Audit` tells.

    `stopped` counts columns by first broken rule, allowed ones at 0; for rows with a partner only these.
    `nearest` is the key of the best allowed column, for rows without partner, NOBODY none. `gain` [rows, 2]
    is the most that own + other comes to over allowed columns, 0 at least: less the price, and without.
    """

    rank: NDArray[np.int32]
    blocking: NDArray[np.int32]
    stopped: NDArray[np.int32]
    nearest: NDArray[np.int64]
    gain: NDArray[np.int32]


@compiled
def best(market: Market, rows: NDArray[np.int32], wanted: Wanted, lists: Lists) -> None:
    """Find the best partners of `rows`; the arrays of `wanted.below` and `lists` are as long as `rows`."""
    room = blank(market.columns.tie.size)
    lists.size[:] = 0
    for tile in range(market.columns.posted.shape[0]):
        for at in range(rows.size):
            found = fill(market, rows[at], tile, room)
            if wanted.by_total:
                price = wanted.price[tile * TILE : tile * TILE + found.own.size]
                for k in range(price.size):
                    total = max(found.own[k] + found.other[k] - price[k], 1 - MOST_TOTAL)
                    found.common[k] = total if found.broken[k] == ALLOWED else -MOST_TOTAL
            else:
                _welcome(found, wanted, (at, tile * TILE))
            _take(market, (rows[at], at, tile * TILE), wanted, found, lists)
    for at in range(rows.size):
        _sort(lists, at)


@inner
def _welcome(found: Tile, wanted: Wanted, where: tuple[int, int]) -> None:
    """Write down the own scores of columns that may count; the others are out of the question."""
    at, first = where
    most = LIMIT if wanted.below[at] == ANYBODY else score_of(wanted.below[at])
    floor = wanted.floor.score[first : first + found.own.size]
    for k in range(floor.size):
        counts = (found.broken[k] == ALLOWED) & (found.other[k] >= floor[k]) & (found.own[k] <= most)
        found.common[k] = found.own[k] if counts else -MOST_TOTAL


@inner
def _take(market: Market, where: tuple[int, int, int], wanted: Wanted, found: Tile, lists: Lists) -> None:
    row, at, first = where
    most = lists.key.shape[1]
    least = -MOST_TOTAL + 1
    if lists.size[at] == most:
        least = _value_of(lists.key[at, 0], wanted.by_total)
    for k in range(found.common.size):
        if found.common[k] < least:
            continue
        column = first + k
        tie = tied(market.rows.tie[row], market.columns.tie[column], market.terms.own_salt)
        if wanted.by_total:
            key = total_key_of(found.common[k], tie, column)
        else:
            key = key_of(found.common[k], tie, column)
        if key >= wanted.below[at] or not _would(market, (row, column), found.other[k], wanted.floor.key):
            continue
        if _keep(lists, at, (key, found.own[k], found.other[k])):
            least = max(least, _value_of(lists.key[at, 0], wanted.by_total))


@inner
def _value_of(key: int, by_total: int) -> int:
    return total_of(key) if by_total else score_of(key)


@inner
def _would(market: Market, pair: tuple[int, int], other: int, floor: NDArray[np.int64]) -> bool:
    """Whether the one looked at would rather have the row than the worst that counts."""
    row, column = pair
    worst = floor[column]
    if worst == NOBODY:
        return True
    if other < score_of(worst):
        return False
    tie = tied(market.rows.tie[row], market.columns.tie[column], market.terms.other_salt)
    return bool(key_of(other, tie, row) > worst)


@inner
def _keep(lists: Lists, at: int, entry: tuple[int, int, int]) -> bool:
    """Put an entry among the best (a heap, worst first) or forget it; return whether the list is full."""
    size, most = lists.size[at], lists.key.shape[1]
    if size < most:
        lists.size[at] = size + 1
        _rise(lists, at, size, entry)
    elif entry[0] > lists.key[at, 0]:
        _sink(lists, at, size, entry)
    return bool(lists.size[at] == most)


@inner
def _rise(lists: Lists, at: int, hole: int, entry: tuple[int, int, int]) -> None:
    while hole and lists.key[at, (hole - 1) >> 1] > entry[0]:
        _move(lists, at, (hole - 1) >> 1, hole)
        hole = (hole - 1) >> 1
    _put(lists, at, hole, entry)


@inner
def _sink(lists: Lists, at: int, size: int, entry: tuple[int, int, int]) -> None:
    """Replace the worst of the first `size` entries."""
    hole = 0
    while 2 * hole + 1 < size:
        child = 2 * hole + 1
        if child + 1 < size and lists.key[at, child + 1] < lists.key[at, child]:
            child += 1
        if lists.key[at, child] >= entry[0]:
            break
        _move(lists, at, child, hole)
        hole = child
    _put(lists, at, hole, entry)


@inner
def _sort(lists: Lists, at: int) -> None:
    """Turn the heap into a list, best first."""
    for last in range(lists.size[at] - 1, 0, -1):
        entry = (lists.key[at, last], lists.own[at, last], lists.other[at, last])
        _move(lists, at, 0, last)
        _sink(lists, at, last, entry)


@inner
def _move(lists: Lists, at: int, source: int, target: int) -> None:
    lists.key[at, target] = lists.key[at, source]
    lists.own[at, target] = lists.own[at, source]
    lists.other[at, target] = lists.other[at, source]


@inner
def _put(lists: Lists, at: int, place: int, entry: tuple[int, int, int]) -> None:
    lists.key[at, place] = entry[0]
    lists.own[at, place] = entry[1]
    lists.other[at, place] = entry[2]


@compiled
def stand(market: Market, rows: NDArray[np.int32], wanted: Wanted, standing: Standing) -> None:
    """See how rows stand whose assigned partner's key is `wanted.below` (NOBODY: none).

    Arrays by row are as long as `rows`. The rank of a row without partner is of no use.
    """
    room = blank(market.columns.tie.size)
    standing.rank[:] = 1
    standing.blocking[:] = 0
    standing.stopped[:] = 0
    standing.nearest[:] = NOBODY
    standing.gain[:] = 0
    for tile in range(market.columns.posted.shape[0]):
        for at in range(rows.size):
            found = fill(market, rows[at], tile, room)
            _count(found, at, standing, RULES if wanted.below[at] == NOBODY else 1)
            price = wanted.price[tile * TILE : tile * TILE + found.own.size]
            paid, unpaid = standing.gain[at, 0], standing.gain[at, 1]
            for k in range(price.size):
                total = found.own[k] + found.other[k] if found.broken[k] == ALLOWED else 0
                paid = max(paid, total - price[k])
                unpaid = max(unpaid, total if price[k] < NO_SEAT else 0)
            standing.gain[at, 0], standing.gain[at, 1] = paid, unpaid
            _compare(market, (rows[at], at, tile * TILE), wanted, found, standing)


@inner
def _count(found: Tile, at: int, standing: Standing, rules: int) -> None:
    """Count columns by what they break, as far as that is asked for."""
    for rule in range(rules):
        count = np.int32(0)
        for k in range(found.broken.size):
            count += np.int32(found.broken[k] == rule)
        standing.stopped[at, rule] += count


@inner
def _compare(
    market: Market, where: tuple[int, int, int], wanted: Wanted, found: Tile, standing: Standing
) -> None:
    row, at, first = where
    held = wanted.below[at]
    if held == NOBODY:
        _see_all(market, where, wanted, found, standing)
        return
    least = score_of(held)
    for k in range(found.own.size):
        if found.own[k] < least or found.broken[k] != ALLOWED:
            continue
        column = first + k
        tie = tied(market.rows.tie[row], market.columns.tie[column], market.terms.own_salt)
        if key_of(found.own[k], tie, column) > held:
            standing.rank[at] += 1
            standing.blocking[at] += _would(market, (row, column), found.other[k], wanted.floor.key)


@inner
def _see_all(
    market: Market, where: tuple[int, int, int], wanted: Wanted, found: Tile, standing: Standing
) -> None:
    """Compare for a row without partner, which would rather have anybody."""
    row, at, first = where
    floor = wanted.floor.score[first : first + found.own.size]
    nearest = standing.nearest[at]
    least = 0 if nearest == NOBODY else score_of(nearest)
    for k in range(floor.size):
        near, welcome = found.own[k] >= least, found.other[k] >= floor[k]
        if found.broken[k] != ALLOWED or not near | welcome:
            continue
        column = first + k
        if near:
            tie = tied(market.rows.tie[row], market.columns.tie[column], market.terms.own_salt)
            nearest = max(nearest, key_of(found.own[k], tie, column))
            least = score_of(nearest)
        standing.blocking[at] += _would(market, (row, column), found.other[k], wanted.floor.key)
    standing.nearest[at] = nearest


@compiled
def pairs(
    market: Market, rows: NDArray[np.int32], columns: NDArray[np.int32], values: NDArray[np.int64]
) -> None:
    """Write what each pair (row, column) comes to into `values` [pairs, VALUES]."""
    room = blank(market.columns.tie.size)
    for at in range(rows.size):
        row, column = rows[at], columns[at]
        found = fill(market, row, column // TILE, room)
        k = column % TILE
        mine, theirs = market.rows.tie[row], market.columns.tie[column]
        values[at, OWN], values[at, OTHER], values[at, BROKEN] = found.own[k], found.other[k], found.broken[k]
        values[at, OWN_KEY] = key_of(found.own[k], tied(mine, theirs, market.terms.own_salt), column)
        values[at, OTHER_KEY] = key_of(found.other[k], tied(mine, theirs, market.terms.other_salt), row)
