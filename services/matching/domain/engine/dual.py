"""What no assignment can exceed, told by any prices: what each mentee gains at most, and what all seats cost.

Whoever pays the price of a seat gains at most the first part, and all seats that anybody pays for bring at
most the second. Together they bound the total of every assignment, tightly so for the prices of a good one.
"""

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.edges import Edges, Scan

_Longs = NDArray[np.int64]


def bound(scan: Scan, price: _Longs, boost: _Longs | int = 0) -> int:
    """Bound the total of u + v, in millionths, for any prices >= 0, by one look at all feasible pairs."""
    return bound_of(scan.by_total(1, price), scan.seats, price, boost)


def bound_of(best: Edges, seats: NDArray[np.int32], price: _Longs, boost: _Longs | int = 0) -> int:
    """Bound the total from each mentee's best pairs at these prices, found among all feasible ones.

    `boost` is what the pairs of a mentee count more in u + v than they are worth, the same for every mentor;
    it is taken off.
    """
    some = np.diff(best.start) > 0
    first = best.start[:-1][some]
    gain = best.u[first].astype(np.int64) + best.v[first] - price[best.mentor[first]]
    gain -= np.broadcast_to(boost, some.shape)[some]
    return int(np.maximum(gain, 0).sum() + (np.maximum(seats, 0) * price).sum())
