"""The best assignment by other means: SciPy on one column per seat, and trying every one there is."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from services.matching.domain.engine.problem import Outcome, Problem
from tests.matching.engine.dense import Dense


def scipy_best(market: Dense) -> int:
    """Return the best total; a column per mentee stands for staying alone."""
    worth = np.where(market.allowed, market.total, 0)
    seats = np.repeat(worth, market.seats, axis=1)
    alone = np.zeros((market.mentees, market.mentees), np.int64)
    table = np.concatenate((seats, alone), axis=1)
    row, column = linear_sum_assignment(table, maximize=True)
    return int(table[row, column].sum())


def brute_best(given: Problem) -> int:
    """Return the best total of few mentees by trying everything; what they must is counted above all."""
    rows = [range(given.start[i], given.start[i + 1]) for i in range(len(given.start) - 1)]
    choices = [np.array(one, np.int64) for one in product(*([-1, *row] for row in rows))]
    return max(worth(given, edge_of) for edge_of in choices if fits(given, edge_of))


def fits(given: Problem, edge_of: NDArray[np.int64]) -> bool:
    """Whether every pair is its mentee's own and no mentor has more mentees than seats."""
    made = np.flatnonzero(edge_of >= 0)
    own = (given.start[made] <= edge_of[made]) & (edge_of[made] < given.start[made + 1])
    loads = np.bincount(given.mentor[edge_of[made]], minlength=len(given.seats))
    return bool(own.all() and (loads <= given.seats).all())


def worth(given: Problem, edge_of: NDArray[np.int64]) -> int:
    """Return what an assignment is worth, after the cost of seats."""
    made = edge_of[edge_of >= 0]
    loads = np.bincount(given.mentor[made], minlength=len(given.seats)).astype(np.int64)
    duty = int((given.must & (edge_of >= 0)).sum()) << 40
    return duty + int(given.value[made].sum() - given.seat_cost * (loads * (loads - 1) // 2).sum())


def total(given: Problem, outcome: Outcome) -> int:
    """Return what an outcome is worth, once it is known to be one."""
    assert fits(given, outcome.edge_of)
    return worth(given, outcome.edge_of)
