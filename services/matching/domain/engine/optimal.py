"""The best total over all feasible pairs, found on short lists and proven by looking at all pairs again.

Assign on the lists; price all pairs by what the mentors' seats turned out to be worth; add to the lists what
would gain at these prices; assign again. The prices also bound what any assignment can reach, so the answer
says how near it is. Small cohorts are solved to the very optimum, large ones within `GAP_PPM`.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.auction import auction
from services.matching.domain.engine.dual import bound_of
from services.matching.domain.engine.edges import Edges, Scan
from services.matching.domain.engine.exact import exact
from services.matching.domain.engine.problem import (
    MOST_WORTH,
    Assigned,
    Outcome,
    Problem,
    assigned,
)

LISTED: Final = 64
"""Pairs per mentee that the first assignment chooses from."""

ADDED: Final = 8
"""Pairs per mentee that a look at all pairs may add."""

GAP_PPM: Final = 1_000
"""How near the bound a large cohort must come: 0.1 %."""

SMALL: Final = 3_000
"""Mentees up to whom a cohort is solved exactly: about a second per look at all pairs."""

ENDLESS: Final = 1 << 62
"""More than any total."""

SMALL_ROUNDS: Final = 100
LARGE_ROUNDS: Final = 4
"""Looks at all pairs after which the answer is given with whatever gap is left."""

Pause = Callable[[], None]
_Longs = NDArray[np.int64]


class Task(NamedTuple):
    """What to assign: mentees enter in the order `turn`; `pause` is called while it takes, may raise to stop.

    `boost` is what the pairs of a mentee count more in u + v than they are worth, the same for every mentor.
    """

    scan: Scan
    turn: NDArray[np.int32]
    boost: _Longs
    pause: Pause


class Solution(NamedTuple):
    """An assignment and the lists it was found on; no total exceeds `most`, nor `bound` without boosts."""

    assigned: Assigned
    edges: Edges
    price: _Longs
    most: int
    bound: int

    @property
    def gap_ppm(self) -> int:
        """How far the total may be below the best possible one, in millionths of that, rounded up."""
        return -((self.assigned.total - self.most) * 1_000_000 // max(self.most, 1))


def solve(task: Task) -> Solution:
    """Assign to the best total of u + v."""
    scan, small = task.scan, task.scan.mentees <= SMALL
    edges, most, bound = scan.by_total(LISTED, np.zeros(len(scan.seats), np.int64)), ENDLESS, ENDLESS
    for _ in range(SMALL_ROUNDS if small else LARGE_ROUNDS):
        outcome = settle(problem(edges, task), task.pause)
        best = scan.by_total(ADDED, outcome.price)
        most = min(most, bound_of(best, scan.seats, outcome.price))
        bound = min(bound, bound_of(best, scan.seats, outcome.price, task.boost))
        found = Solution(assigned(edges, outcome.edge_of), edges, outcome.price, most, bound)
        if found.gap_ppm <= (0 if small else GAP_PPM):
            break
        edges = joined(edges, best)
    return found


def settle(given: Problem, pause: Pause) -> Outcome:
    """Assign on lists: exactly when small, else by auction. No price is above what a pair can be worth."""
    outcome = exact(given, pause) if len(given.turn) <= SMALL else auction(given, pause)
    return outcome._replace(price=np.minimum(outcome.price, MOST_WORTH))


def problem(edges: Edges, task: Task) -> Problem:
    """Ask for the best total of u + v on lists."""
    value = edges.u.astype(np.int64) + edges.v
    return Problem(
        edges.start, edges.mentor, value, task.scan.seats, np.zeros(len(task.turn), np.bool_), task.turn
    )


def joined(first: Edges, second: Edges) -> Edges:
    """Return the pairs of both, each once; those of a mentee by the mentor's row."""
    mentees = len(first.start) - 1
    row = np.concatenate([np.repeat(np.arange(mentees), np.diff(one.start)) for one in (first, second)])
    mentor = np.concatenate((first.mentor, second.mentor))
    _, kept = np.unique(row << 32 | mentor, return_index=True)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(row[kept], minlength=mentees))))
    u, v = np.concatenate((first.u, second.u)), np.concatenate((first.v, second.v))
    return Edges(start.astype(np.int64), mentor[kept], u[kept], v[kept])
