"""What an assignment is decided from, and the answer: everybody's best partner that the others leave."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.edges import Edges

PRICELESS = 1 << 40
"""More than any pair is worth: the price of a mentor without seats."""

MOST_WORTH = 1 << 22
"""No pair is worth more, with every boost: a price above means the same, and fits where scores fit."""


class Problem(NamedTuple):
    """Which pairs there are and what they are worth; a mentee may stay alone, which is worth 0.

    CSR by mentee as in `Edges`: those of mentee i are at start[i]:start[i + 1], no mentor twice. `value` is
    in millionths, both sides added; only pairs worth more than 0 are made. Seat s of a mentor (0, 1, ...)
    costs s * `seat_cost`. A mentee in `must` never stays alone while the lists allow it. Mentees take part
    in the order `turn`, which decides between equals and nothing else.
    """

    start: NDArray[np.int64]
    mentor: NDArray[np.int32]
    value: NDArray[np.int64]
    seats: NDArray[np.int32]
    must: NDArray[np.bool_]
    turn: NDArray[np.int32]
    seat_cost: int = 0


class Outcome(NamedTuple):
    """`edge_of`: place of each mentee's pair in the lists, -1 alone; `price`: what a seat is worth, >= 0."""

    edge_of: NDArray[np.int64]
    price: NDArray[np.int64]


class Assigned(NamedTuple):
    """The mentor of each mentee, -1 none; what the pair is worth to mentee (u) and mentor (v), else 0."""

    mentor_of: NDArray[np.int32]
    u: NDArray[np.int32]
    v: NDArray[np.int32]

    @property
    def total(self) -> int:
        """What all pairs are worth together, to both sides, in millionths."""
        return int(self.u.sum(dtype=np.int64) + self.v.sum(dtype=np.int64))


def assigned(edges: Edges, edge_of: NDArray[np.int64]) -> Assigned:
    """Read an outcome on lists."""
    made = edge_of >= 0
    answer = Assigned(*(np.full(len(edge_of), empty, np.int32) for empty in (-1, 0, 0)))
    for field, listed in zip(answer, (edges.mentor, edges.u, edges.v), strict=True):
        field[made] = listed[edge_of[made]]
    return answer


def first_seats(seats: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where the seats of each mentor begin when all stand in one row, and the number of them all."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(np.maximum(seats, 0), dtype=np.int64)))
