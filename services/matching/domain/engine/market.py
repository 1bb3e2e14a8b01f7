"""Looks at whole cohorts: blocks of rows on all processors, and what comes of them put together."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import search
from services.matching.domain.engine.edges import Audit, Edges
from services.matching.domain.engine.kernels import RULES, Market
from services.matching.domain.engine.ranking import ANYBODY, MASK, NOBODY
from services.matching.domain.engine.search import (
    NO_SEAT,
    OTHER_KEY,
    OWN_KEY,
    Lists,
    Standing,
    Wanted,
    floor_at,
)

ROWS_AT_ONCE: Final = 128
PAIRS_AT_ONCE: Final = 2_500_000
"""Rows, and pairs, of one block: some 20 ms of work, after which it can be cancelled."""

Arrays = TypeVar("Arrays", Lists, Standing)

Watch = Callable[[str, int, int], None]
"""Told (stage, done, total) between blocks; raises to end the work."""


@dataclass(frozen=True)
class Field:
    """The `rows` of a market that look for partners (mentees), by place; implements `edges.Scan`.

    `seats` by column; columns without seats are seen, and nobody's candidates.
    """

    market: Market
    rows: NDArray[np.int32]
    seats: NDArray[np.int32]
    watch: Watch

    @property
    def mentees(self) -> int:
        """How many look for a mentor."""
        return len(self.rows)

    def by_mentees(self, k: int) -> Edges:
        """Return each mentee's best k by the mentee's strict order, best first."""
        return edges_of(self.best("candidates", k))

    def by_total(self, k: int, price: NDArray[np.int64]) -> Edges:
        """Return each mentee's best k by u + v - price[mentor] over all feasible pairs, best first."""
        wanted = Wanted(self._everything(), floor_at(self.open()), self._priced(price), 1)
        return edges_of(self.look("pricing", self.rows, wanted, k))

    def audit(self, mentor_of: NDArray[np.int32]) -> Audit:
        """Look at all feasible pairs beside an assignment (mentor of each mentee, -1 none)."""
        standing = self.standing(mentor_of)
        return Audit(standing.rank, standing.blocking, standing.stopped[:, 0].copy())

    def best(self, stage: str, k: int) -> Lists:
        """Return each row's best k among columns with seats."""
        return self.look(
            stage, self.rows, Wanted(self._everything(), floor_at(self.open()), no_price(), 0), k
        )

    def look(self, stage: str, rows: NDArray[np.int32], wanted: Wanted, k: int) -> Lists:
        """Return the best k of `rows` that count; `wanted.below` is as long as `rows`."""
        lists = search.no_lists(len(rows), min(k, len(self.seats)))

        def block(part: slice) -> None:
            mine = wanted._replace(below=wanted.below[part])
            search.best(self.market, rows[part], mine, _part(lists, part))

        self._in_blocks(stage, len(rows), block)
        return lists

    def standing(self, mentor_of: NDArray[np.int32], price: NDArray[np.int64] | None = None) -> Standing:
        """See how each row stands in an assignment, at prices (0); rank 0 for rows without partner."""
        values = self.values(mentor_of)
        held = np.where(mentor_of >= 0, values[:, OWN_KEY], NOBODY)
        floor = floor_at(self._floor(mentor_of, values[:, OTHER_KEY]))
        wanted = Wanted(held, floor, self._priced(price), 0)
        count = len(self.rows)
        standing = Standing(
            np.empty(count, np.int32),
            np.empty(count, np.int32),
            np.empty((count, RULES), np.int32),
            np.empty(count, np.int64),
            np.empty((count, 2), np.int32),
        )

        def block(part: slice) -> None:
            mine = wanted._replace(below=held[part])
            search.stand(self.market, self.rows[part], mine, _part(standing, part))

        self._in_blocks("audit", count, block)
        standing.rank[mentor_of < 0] = 0
        return standing

    def values(self, columns: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the values (`search.OWN`...) of each row and its column; zeros where the column is -1."""
        found = np.zeros((len(self.rows), search.VALUES), np.int64)
        some = np.flatnonzero(columns >= 0)
        read = np.empty((len(some), search.VALUES), np.int64)

        def block(part: slice) -> None:
            search.pairs(self.market, self.rows[some[part]], columns[some[part]], read[part])

        self._in_blocks("pairs", len(some), block)
        found[some] = read
        return found

    def open(self) -> NDArray[np.int64]:
        """Return by column what a row must beat while all seats are free."""
        return np.where(self.seats > 0, NOBODY, ANYBODY)

    def _everything(self) -> NDArray[np.int64]:
        return np.full(len(self.rows), ANYBODY)

    def _priced(self, price: NDArray[np.int64] | None) -> NDArray[np.int32]:
        """Return prices as the kernels read them; whoever has no seat costs more than any pair is worth."""
        given = np.zeros(len(self.seats), np.int64) if price is None else np.minimum(price, NO_SEAT - 1)
        return np.where(self.seats > 0, given, NO_SEAT).astype(np.int32)

    def _floor(self, mentor_of: NDArray[np.int32], keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by column the key of the worst partner where all seats are taken."""
        floor, worst = self.open(), np.full(len(self.seats), ANYBODY)
        made = mentor_of >= 0
        np.minimum.at(worst, mentor_of[made], keys[made])
        full = (np.bincount(mentor_of[made], minlength=len(floor)) >= self.seats) & (self.seats > 0)
        floor[full] = worst[full]
        return floor

    def _in_blocks(self, stage: str, count: int, work: Callable[[slice], None]) -> None:
        """Work off so many rows; an error in a block, or of the watch, drops the blocks not begun."""
        size = max(1, min(ROWS_AT_ONCE, PAIRS_AT_ONCE // max(1, len(self.seats))))
        parts = [slice(start, min(start + size, count)) for start in range(0, count, size)]
        self.watch(stage, 0, count)
        if len(parts) <= 1:  # no need for threads
            for part in parts:
                work(part)
            return
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                for part, block in zip(parts, [pool.submit(work, part) for part in parts], strict=True):
                    block.result()
                    self.watch(stage, part.stop, count)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _part(arrays: Arrays, rows: slice) -> Arrays:
    """Return views of some rows of arrays by row."""
    parts: Any = (array[rows] for array in arrays)
    return type(arrays)(*parts)


def no_price() -> NDArray[np.int32]:
    """Return prices for looks that ask for none."""
    return np.empty(0, np.int32)


def edges_of(lists: Lists) -> Edges:
    """Return lists, each as long as it is, one after the other."""
    listed = np.arange(lists.key.shape[1]) < lists.size[:, None]
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(lists.size, dtype=np.int64)))
    column = (MASK - (lists.key[listed] & MASK)).astype(np.int32)
    return Edges(start, column, lists.own[listed], lists.other[listed])
