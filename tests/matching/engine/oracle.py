"""The best assignment by other means: SciPy on one column per seat, and trying every one there is."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from services.matching.domain.engine.problem import Assigned, Outcome, Problem
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


def stable(market: Dense) -> Assigned:
    """Return the mentee-optimal stable assignment by proposals, one at a time."""
    orders = [list(order) for order in np.argsort(-market.u, axis=1, kind="stable")]
    held: dict[int, list[int]] = {mentor: [] for mentor in range(len(market.seats))}
    free = list(range(market.mentees))
    while free:
        mentee = free.pop()
        while orders[mentee] and not market.allowed[mentee, orders[mentee][0]]:
            orders[mentee].pop(0)
        if not orders[mentee]:
            continue
        mentor = int(orders[mentee].pop(0))
        held[mentor].append(mentee)
        held[mentor].sort(key=lambda one: (-market.v[one, mentor], one))
        free += held[mentor][market.seats[mentor] :]
        held[mentor] = held[mentor][: market.seats[mentor]]
    pairs = {mentee: mentor for mentor, mentees in held.items() for mentee in mentees}
    return score(market, [pairs.get(mentee, -1) for mentee in range(market.mentees)])


def score(market: Dense, mentors: list[int]) -> Assigned:
    """Return an assignment with its scores."""
    mentor_of = np.array(mentors, np.int32)
    made = np.flatnonzero(mentor_of >= 0)
    u, v = np.zeros(market.mentees, np.int32), np.zeros(market.mentees, np.int32)
    u[made], v[made] = market.u[made, mentor_of[made]], market.v[made, mentor_of[made]]
    return Assigned(mentor_of, u, v)


def holds(market: Dense, answer: Assigned) -> bool:
    """Whether an assignment is within the rules and the seats, and tells its scores truly."""
    made = np.flatnonzero(answer.mentor_of >= 0)
    loads = np.bincount(answer.mentor_of[made], minlength=len(market.seats))
    told = score(market, answer.mentor_of.tolist())
    return bool(
        market.allowed[made, answer.mentor_of[made]].all()
        and (loads <= market.seats).all()
        and all((first == second).all() for first, second in zip(answer, told, strict=True))
    )
