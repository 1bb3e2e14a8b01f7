"""What the modes of a run assign, and what no assignment of the same people can exceed."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine import balanced, fair, optimal
from services.matching.domain.engine.balanced import Promise
from services.matching.domain.engine.crowd import BOOST
from services.matching.domain.engine.groups import Groups
from services.matching.domain.engine.kernels import LIMIT
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.optimal import Task
from services.matching.domain.engine.problem import Assigned
from services.matching.domain.engine.search import OTHER, OWN
from services.matching.domain.policy import Mode, Options

HIGHEST: Final = 1_000_000
"""No score is higher; with a boost it may be, up to `kernels.LIMIT`."""

Stable = Callable[[], NDArray[np.int32]]


class Decision(NamedTuple):
    """The mentor of each mentee of the field, -1 none. `most` bounds both sides' total without boosts."""

    mentor_of: NDArray[np.int32]
    most: int
    fell_back: bool = False


def decide(field: Field, options: Options, labels: Sequence[str], stable: Stable) -> Decision:
    """Assign the mentees of a field, whose groups are `labels`; `stable` finds the stable result."""
    task = _task(field)
    if options.mode is Mode.OPTIMAL:
        best = optimal.solve(task)
        return Decision(best.assigned.mentor_of, best.bound)
    if options.mode is Mode.FAIR:
        even = fair.solve(task, _groups(labels))
        return Decision(even.assigned.mentor_of, even.bound)
    mentor_of = stable()
    if options.mode is Mode.BALANCED:
        u, v = field.values(mentor_of)[:, (OWN, OTHER)].T.astype(np.int32)
        better = balanced.solve(task, Promise(Assigned(mentor_of, u, v), options.most_loss_ppm))
        return Decision(better.assigned.mentor_of, better.bound, better.fell_back)
    return Decision(mentor_of, optimal.solve(task).bound)


def _task(field: Field) -> Task:
    """Mentees enter by their ties, which the seed decides: nobody is first for a small id."""
    facts, ties = field.market.rows.facts, field.market.rows.tie[field.rows]
    boost = np.minimum(facts[BOOST, field.rows], LIMIT - HIGHEST).astype(np.int64)
    turn = np.argsort(ties, kind="stable").astype(np.int32)
    return Task(field, turn, boost, lambda: field.watch("assigning", 0, 1))


def _groups(labels: Sequence[str]) -> Groups:
    names, of = np.unique(np.array(labels, np.str_), return_inverse=True)
    return Groups(of.astype(np.int32), len(names))
