"""Seats spread evenly: over groups of mentees, so that none is matched less often, and over mentors.

Groups matched less often than mentees on the whole get a boost on their pairs, the same for every mentor,
raised and lowered until the shares meet; what that may cost the total is limited. Each further mentee of one
mentor costs `SEAT_COST`, so of nearly equal mentors the less loaded one is taken. Integers only.
"""

from collections.abc import Iterator
from math import isqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import optimal
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.groups import WHOLE, Groups
from services.matching.domain.engine.optimal import Pause, Solution, Task, problem, settle
from services.matching.domain.engine.problem import Assigned, Problem, assigned

SMALL_TRIES: Final = 24
LARGE_TRIES: Final = 12
"""Boosts that are tried one after the other."""

FIRST_REACH: Final = 120_000
"""Boost by which a group is expected to gain a whole share, at first: 60,000 for the score of either side."""

MOST_BOOST: Final = 300_000
"""Largest boost or malus, 15 % of the highest total of a pair: it ends the rise of groups that fit nobody."""

EVEN_PPM: Final = 980_000
"""Smallest share over largest share from which groups count as even."""

MOST_COST_PPM: Final = 10_000
"""How much of the best total evenness may cost: 1 %."""

SEAT_COST: Final = 8_000
"""What each further mentee of one mentor costs: 0.4 % of the highest total of a pair."""

_Longs = NDArray[np.int64]


class Fair(NamedTuple):
    """The most even assignment found, and the best one, not evened out."""

    assigned: Assigned
    best: Solution


def solve(task: Task, groups: Groups) -> Fair:
    """Even out an assignment of the best total.

    Groups too small to be compared get no boost; nor is anything done for mentees who fit no mentor at all.
    """
    best = optimal.solve(task)
    groups = groups._replace(counted=np.diff(best.edges.start) > 0)
    asked = problem(best.edges, task)._replace(seat_cost=SEAT_COST)
    least = best.assigned.total * (WHOLE - MOST_COST_PPM) // WHOLE
    tries = _tries(asked, best.edges, groups, task.pause)
    affordable = [one for one in tries if one.total >= least]
    chosen = max(affordable, key=lambda one: _evenness(one, groups), default=best.assigned)
    return Fair(chosen, best)


def _evenness(one: Assigned, groups: Groups) -> tuple[int, int]:
    return min(groups.ratio_ppm(one.mentor_of), EVEN_PPM), one.total


def _tries(asked: Problem, edges: Edges, groups: Groups, pause: Pause) -> Iterator[Assigned]:
    """Assign with one set of boosts after the other, until groups are even."""
    row, boosts = np.repeat(np.arange(len(groups.of)), np.diff(asked.start)), _Boosts(groups)
    for tried in range(1, 1 + (SMALL_TRIES if len(groups.of) <= optimal.SMALL else LARGE_TRIES)):
        lift = (boosts.by_group - boosts.by_group.min(initial=0))[groups.of]
        outcome = settle(asked._replace(value=asked.value + lift[row]), pause)
        found = assigned(edges, outcome.edge_of)
        yield found
        if groups.ratio_ppm(found.mentor_of) >= EVEN_PPM:
            return
        boosts.adjust(found.mentor_of, tried)


class _Boosts:
    """Boosts by group, and by experience how much boost moves a whole share.

    One reach for all groups, by least squares over all changes so far, recent ones first: what a single small
    group does after a change is mostly chance.
    """

    def __init__(self, groups: Groups) -> None:
        self.by_group = np.zeros(groups.number, np.int64)
        self._groups = groups
        self._lacking = self._change = self.by_group
        self._moved = self._spent = 0

    def adjust(self, mentor_of: NDArray[np.int32], tried: int) -> None:
        """Raise groups that have less than everybody's share, lower the others, by steps that fade."""
        groups = self._groups
        lacking = np.where(groups.compared, groups.everybody(mentor_of) - groups.shares(mentor_of), 0)
        self._learn(self._lacking - lacking)
        self._change = lacking * self._reach() // isqrt(tried * WHOLE) * 1_000 // WHOLE
        self.by_group = np.clip(self.by_group + self._change, -MOST_BOOST, MOST_BOOST)
        self._lacking = lacking

    def _learn(self, gained: _Longs) -> None:
        before, after = self._change.tolist(), gained.tolist()
        changes = list(zip(self._groups.sizes.tolist(), before, after, strict=True))
        self._moved = self._moved * 7 // 10 + sum(size * change * gain for size, change, gain in changes)
        self._spent = self._spent * 7 // 10 + sum(size * change * change for size, change, _ in changes)

    def _reach(self) -> int:
        if self._moved <= 0:
            return FIRST_REACH
        return min(max(self._spent * WHOLE // self._moved, FIRST_REACH // 8), FIRST_REACH * 16)
