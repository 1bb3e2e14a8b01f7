"""Every pair of a cohort in two tables: what a scan answers, told again in the plainest way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.edges import Audit, Edges
from services.matching.domain.engine.optimal import Task

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass
class Dense:
    """Scores by mentee (row) and mentor (column), and which pairs are allowed. Ties go to the smaller row."""

    u: Ints
    v: Ints
    seats: Ints
    allowed: NDArray[np.bool_]

    def __post_init__(self) -> None:
        self.mentees = len(self.u)
        self.allowed = self.allowed & (self.seats > 0)
        self.total = self.u.astype(np.int64) + self.v

    @property
    def task(self) -> Task:
        return Task(self, np.arange(self.mentees, dtype=np.int32), np.zeros(self.mentees, np.int64), no_pause)

    def by_mentees(self, k: int) -> Edges:
        return self._best(k, self.u.astype(np.int64))

    def by_total(self, k: int, price: Longs) -> Edges:
        return self._best(k, self.total - price)

    def _best(self, k: int, key: Longs) -> Edges:
        orders = np.argsort(-key, axis=1, kind="stable")
        rows = [order[allowed[order]][:k] for order, allowed in zip(orders, self.allowed, strict=True)]
        start = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        mentor = np.concatenate([np.empty(0, np.int32), *rows]).astype(np.int32)
        mentee = np.repeat(np.arange(self.mentees), np.diff(start))
        return Edges(start, mentor, self.u[mentee, mentor], self.v[mentee, mentor])

    def audit(self, mentor_of: Ints) -> Audit:
        rank, blocking = np.zeros(self.mentees, np.int32), np.zeros(self.mentees, np.int32)
        for i, order in enumerate(np.argsort(-self.u, axis=1, kind="stable")):
            mine = [int(j) for j in order if self.allowed[i, j]]
            place = mine.index(mentor_of[i]) if mentor_of[i] >= 0 else len(mine)
            rank[i] = place + 1 if mentor_of[i] >= 0 else 0
            blocking[i] = sum(self._would(mentor_of, i, j) for j in mine[:place])
        return Audit(rank, blocking, self.allowed.sum(axis=1).astype(np.int32))

    def _would(self, mentor_of: Ints, mentee: int, mentor: int) -> bool:
        held = np.flatnonzero(mentor_of == mentor)
        worse = [k for k in held if (-self.v[k, mentor], k) > (-self.v[mentee, mentor], mentee)]
        return len(held) < self.seats[mentor] or bool(worse)


def random_market(
    seed: int, mentees: int, mentors: int, *, seats: int = 3, share: float = 0.6, levels: int = 700_000
) -> Dense:
    """Return scores as programs have them: taste of both sides, and how sought-after a mentor is.

    Few `levels` make many equal scores.
    """
    chance = np.random.default_rng(seed)
    fame = chance.integers(0, 300_000, mentors)
    u = fame + chance.integers(0, levels, (mentees, mentors)) * (700_000 // levels)
    v = chance.integers(0, levels, (mentees, mentors)) * (700_000 // levels)
    return Dense(
        u.astype(np.int32),
        v.astype(np.int32),
        chance.integers(0, seats + 1, mentors).astype(np.int32),
        chance.random((mentees, mentors)) < share,
    )


def no_pause() -> None:
    """Never stop."""
