"""A better total than the stable one, at nobody's expense by more than a stated loss.

Mentees whom the stable result matches stay matched, with a mentor whom they score at most `most_loss` below
their stable one. Among all assignments of that kind on the lists the one of the best total is taken.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import optimal
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.optimal import Solution, Task, joined, problem, settle
from services.matching.domain.engine.problem import Assigned, assigned

_Longs = NDArray[np.int64]


class Promise(NamedTuple):
    """What mentees may not fall below: `most_loss` millionths less than their stable mentor is worth."""

    stable: Assigned
    most_loss: int

    @property
    def least(self) -> _Longs:
        """What a mentee's mentor must be worth, 0 for those whom the stable result leaves alone."""
        held = self.stable.mentor_of >= 0
        return np.where(held, self.stable.u.astype(np.int64) - self.most_loss, 0)

    def kept_by(self, answer: Assigned) -> bool:
        """Whether everybody who was matched is, and nobody is worse off than promised."""
        held = self.stable.mentor_of >= 0
        return bool(((answer.mentor_of >= 0) & (answer.u >= self.least))[held].all())


class Balanced(NamedTuple):
    """`best` has no promise to keep. `fell_back`: it was not kept at a gain, so the answer is stable."""

    assigned: Assigned
    best: Solution
    fell_back: bool


def solve(task: Task, promise: Promise, edges: Edges) -> Balanced:
    """Improve on the stable result; `edges` are each mentee's best, among others."""
    best = optimal.solve(task)
    edges = _within(joined(joined(best.edges, edges), _pairs(promise.stable)), promise)
    must = promise.stable.mentor_of >= 0
    outcome = settle(problem(edges, task)._replace(must=must), task.pause)
    answer = _returned(assigned(edges, outcome.edge_of), promise.stable, task.scan.seats)
    if answer.total < promise.stable.total or not promise.kept_by(answer):
        return Balanced(promise.stable, best, fell_back=True)
    return Balanced(answer, best, fell_back=False)


def _pairs(stable: Assigned) -> Edges:
    """Return the stable pairs as lists of one."""
    held = stable.mentor_of >= 0
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(held, dtype=np.int64)))
    return Edges(start, stable.mentor_of[held], stable.u[held], stable.v[held])


def _within(edges: Edges, promise: Promise) -> Edges:
    """Return the pairs that break no promise to their mentee."""
    mentees = len(edges.start) - 1
    row = np.repeat(np.arange(mentees), np.diff(edges.start))
    kept = edges.u >= promise.least[row]
    counts = np.bincount(row[kept], minlength=mentees)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
    return Edges(start, edges.mentor[kept], edges.u[kept], edges.v[kept])


def _returned(answer: Assigned, stable: Assigned, seats: NDArray[np.int32]) -> Assigned:
    """Bring home whom an auction that was closed early left alone, and whoever has to make room for that.

    Home is the stable mentor, who has seats for all who are at home there: everybody moves at most once.
    """
    away = np.flatnonzero((answer.mentor_of < 0) & (stable.mentor_of >= 0)).tolist()
    mended = Assigned(*(field.copy() for field in answer))
    guests = _guests(answer, stable) if away else {}
    free = seats - np.bincount(answer.mentor_of[answer.mentor_of >= 0], minlength=len(seats))
    while away:
        mentee = away.pop()
        home = stable.mentor_of[mentee]
        for field, at_home in zip(mended, stable, strict=True):
            field[mentee] = at_home[mentee]
        if home >= 0 and free[home] > 0:
            free[home] -= 1
        elif home >= 0:
            away.append(guests[home].pop())
    return mended


def _guests(answer: Assigned, stable: Assigned) -> dict[int, list[int]]:
    """Return by mentor who is there without being at home there; the last are those without a home."""
    guests: dict[int, list[int]] = {}
    moved = np.flatnonzero((answer.mentor_of >= 0) & (answer.mentor_of != stable.mentor_of))
    for mentee in sorted(moved.tolist(), key=lambda one: stable.mentor_of[one] < 0):
        guests.setdefault(int(answer.mentor_of[mentee]), []).append(mentee)
    return guests
