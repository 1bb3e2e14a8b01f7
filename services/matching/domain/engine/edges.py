"""Pairs as arrays: what the kernels find and what assignments are decided from."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Edges(NamedTuple):
    """Feasible pairs by mentee (CSR): those of mentee i are at start[i]:start[i + 1].

    u, v in millionths (mentee's, mentor's score, ranking boosts included).
    """

    start: NDArray[np.int64]
    mentor: NDArray[np.int32]
    u: NDArray[np.int32]
    v: NDArray[np.int32]


class Audit(NamedTuple):
    """What one look over all feasible pairs tells about an assignment (mentor of each mentee, -1 none).

    `rank`: place of the assigned mentor in the mentee's own order, 1 best, 0 unmatched. `blocking`: per
    mentee, mentors who with this mentee would both rather have each other. `feasible`: per mentee, feasible
    mentors.
    """

    rank: NDArray[np.int32]
    blocking: NDArray[np.int32]
    feasible: NDArray[np.int32]


class Scan(Protocol):
    """Looks at every feasible pair of a cohort; mentees and mentors are dense row numbers."""

    @property
    def mentees(self) -> int:
        """How many look for a mentor."""
        ...

    @property
    def seats(self) -> NDArray[np.int32]:
        """How many mentees each mentor takes."""
        ...

    def by_mentees(self, k: int) -> Edges:
        """Return each mentee's best k by the mentee's strict order (u, then tie), best first."""
        ...

    def by_total(self, k: int, price: NDArray[np.int64]) -> Edges:
        """Return each mentee's best k by u + v - price[mentor] over ALL feasible pairs, best first.

        So the first one of a mentee gives the exact maximum.
        """
        ...

    def audit(self, mentor_of: NDArray[np.int32]) -> Audit:
        """Look at all feasible pairs beside an assignment (mentor of each mentee, -1 none)."""
        ...
