"""What the modes of a run assign, and what proves how near the best that is."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import balanced, fair, optimal
from services.matching.domain.engine.balanced import Promise
from services.matching.domain.engine.crowd import BOOST
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.groups import Groups
from services.matching.domain.engine.kernels import LIMIT
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.optimal import ENDLESS, SMALL, Task
from services.matching.domain.engine.problem import Assigned, Outcome, Problem
from services.matching.domain.engine.search import OTHER, OWN
from services.matching.domain.policy import Mode, Options

HIGHEST: Final = 1_000_000
"""No score is higher; with a boost it may be, up to `kernels.LIMIT`."""


class Settled(NamedTuple):
    """The stable result, and each mentee's best mentors that it was found from."""

    mentor_of: NDArray[np.int32]
    edges: Edges


class Decision(NamedTuple):
    """The mentor of each mentee of the field, -1 none.

    No assignment has a total above `most`, boosts taken off; nor above what `price` proves: it is what a seat
    of each mentor is worth, and a look at all pairs tells what anybody gains at these prices.
    """

    mentor_of: NDArray[np.int32]
    price: NDArray[np.int64]
    most: int = ENDLESS
    fell_back: bool = False


def decide(field: Field, options: Options, labels: Sequence[str], stable: Callable[[], Settled]) -> Decision:
    """Assign the mentees of a field, whose groups are `labels`; `stable` finds the stable result."""
    task = _task(field)
    if options.mode is Mode.OPTIMAL:
        best = optimal.solve(task)
        return Decision(best.assigned.mentor_of, best.price, best.bound)
    if options.mode is Mode.FAIR:
        even = fair.solve(task, _groups(labels))
        return Decision(even.assigned.mentor_of, even.best.price, even.best.bound)
    settled = stable()
    if options.mode is Mode.STABLE:
        return _proven(task, settled)
    u, v = field.values(settled.mentor_of)[:, (OWN, OTHER)].T.astype(np.int32)
    promise = Promise(Assigned(settled.mentor_of, u, v), options.most_loss_ppm)
    better = balanced.solve(task, promise, settled.edges)
    return Decision(better.assigned.mentor_of, better.best.price, better.best.bound, better.fell_back)


def boosts(field: Field) -> NDArray[np.int64]:
    """Return what waiting surely adds to the scores of a mentee's pairs."""
    given: NDArray[np.int32] = field.market.rows.facts[BOOST, field.rows]
    return np.minimum(given, LIMIT - HIGHEST).astype(np.int64)


def _proven(task: Task, settled: Settled) -> Decision:
    """Say how near the best a stable result is: exactly for small cohorts, else by prices on its lists."""
    if task.scan.mentees <= SMALL:
        best = optimal.solve(task)
        return Decision(settled.mentor_of, best.price, best.bound)
    asked = optimal.problem(settled.edges, task)
    return Decision(settled.mentor_of, _seen_whole(asked, optimal.settle(asked, task.pause)))


def _seen_whole(asked: Problem, outcome: Outcome) -> NDArray[np.int64]:
    """Return prices that hold beyond the lists.

    Where seats are scarce, a mentor with a free seat is only one whom few lists name. At a price of 0 all who
    were left alone would gain there; the middle of all prices is nearer to the truth.
    """
    price, alone = outcome.price, outcome.edge_of < 0
    waiting = int((alone & (np.diff(asked.start) > 0)).sum())
    free = int(asked.seats.sum()) - int((~alone).sum())
    if waiting <= free:
        return price
    paid = np.sort(price[price > 0])
    return np.where(price == 0, paid[len(paid) // 2], price) if len(paid) else price


def _task(field: Field) -> Task:
    """Mentees enter by their ties, which the seed decides: nobody is first for a small id."""
    turn = np.argsort(field.market.rows.tie[field.rows], kind="stable").astype(np.int32)
    return Task(field, turn, boosts(field), lambda: field.watch("assigning", 0, 1))


def _groups(labels: Sequence[str]) -> Groups:
    names, of = np.unique(np.array(labels, np.str_), return_inverse=True)
    return Groups(of.astype(np.int32), len(names))
