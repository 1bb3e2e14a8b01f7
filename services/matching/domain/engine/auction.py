"""Auction with seats: mentees outbid each other until nobody gains by more than a step from going elsewhere.

Large cohorts in seconds, within a small loss: a mentee ends at most one own step below the best that the
final prices leave. A step is `STEP` at first and grows with every bid of the same mentee, so that a war over
equal mentors ends; how much all steps cost together is told by the dual bound, not by hope.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.jit import compiled, inner
from services.matching.domain.engine.problem import PRICELESS, Outcome, Problem, first_seats

STEP = 400
"""Least raise, in millionths of both sides' score together: 0.02 % of the highest total of a pair."""

PATIENCE = 32
"""Bids after which a mentee's raises have doubled."""

MOST_BIDS = 2_000
"""Bids per mentee, on average, after which the auction is closed as it stands."""

BURST = 20_000
"""Bids between two looks at whether to go on: some ten milliseconds."""


class Sale(NamedTuple):
    """An auction under way.

    The seats of mentor j are a heap at first[j]:first[j + 1], the lowest ask on top: `ask` is what it takes
    to get the seat and `holder` who has it, -1 nobody. `price` is the ask on top. `queue` is a ring of the
    mentees without a seat: `waiting` has its head and its length.
    """

    first: NDArray[np.int64]
    ask: NDArray[np.int64]
    holder: NDArray[np.int32]
    price: NDArray[np.int64]
    edge_of: NDArray[np.int64]
    bids: NDArray[np.int32]
    queue: NDArray[np.int32]
    waiting: NDArray[np.int64]


def auction(problem: Problem, pause: Callable[[], None]) -> Outcome:
    """Assign; `pause` is called every few milliseconds and may raise to stop.

    A mentee in `must` is alone only where the auction was closed early or the lists do not allow it.
    """
    sale = _opened(problem)
    for _ in range(1 + MOST_BIDS * len(problem.turn) // BURST):
        _sell(problem, sale, BURST)
        if not sale.waiting[1]:
            break
        pause()
    return Outcome(sale.edge_of, sale.price)


def _opened(problem: Problem) -> Sale:
    mentees, first = len(problem.start) - 1, first_seats(problem.seats)
    place = np.arange(first[-1], dtype=np.int64) - np.repeat(first[:-1], np.diff(first))
    return Sale(
        first,
        place * problem.seat_cost,
        np.full(first[-1], -1, np.int32),
        np.where(problem.seats > 0, 0, PRICELESS).astype(np.int64),
        np.full(mentees, -1, np.int64),
        np.zeros(mentees, np.int32),
        problem.turn.copy(),
        np.array([0, len(problem.turn)], np.int64),
    )


@compiled
def _sell(problem: Problem, sale: Sale, most: int) -> None:
    """Take up to `most` bids; who is let go for a bid queues at the end."""
    size = len(sale.queue)
    for _ in range(most):
        if sale.waiting[1] == 0:
            return
        mentee = sale.queue[sale.waiting[0]]
        sale.waiting[0] = (sale.waiting[0] + 1) % size
        sale.waiting[1] -= 1
        edge, bid = _bid(problem, sale, mentee)
        if edge < 0:
            continue
        released = _take(sale, problem.mentor[edge], bid, mentee)
        sale.edge_of[mentee] = edge
        if released >= 0:
            sale.edge_of[released] = -1
            sale.queue[(sale.waiting[0] + sale.waiting[1]) % size] = released
            sale.waiting[1] += 1


@inner
def _bid(problem: Problem, sale: Sale, mentee: int) -> tuple[int, int]:
    """Return the pair that leaves most at these prices, and the bid that makes it no better than the next."""
    least = -PRICELESS if problem.must[mentee] else 0
    best, second, chosen = least, least, -1
    for edge in range(problem.start[mentee], problem.start[mentee + 1]):
        left = problem.value[edge] - sale.price[problem.mentor[edge]]
        if left > best:
            best, second, chosen = left, best, edge
        elif left > second:
            second = left
    if chosen < 0:
        return -1, 0
    sale.bids[mentee] += 1
    step = STEP + STEP * sale.bids[mentee] // PATIENCE
    return chosen, sale.price[problem.mentor[chosen]] + best - second + step


@inner
def _take(sale: Sale, mentor: int, bid: int, mentee: int) -> int:
    """Give the mentor's cheapest seat to the bidder; return who had it, -1 nobody."""
    low, size = sale.first[mentor], sale.first[mentor + 1] - sale.first[mentor]
    released: int = sale.holder[low]
    hole, below = 0, 1
    while below < size:
        if below + 1 < size and sale.ask[low + below + 1] < sale.ask[low + below]:
            below += 1
        if sale.ask[low + below] >= bid:
            break
        sale.ask[low + hole], sale.holder[low + hole] = sale.ask[low + below], sale.holder[low + below]
        hole, below = below, 2 * below + 1
    sale.ask[low + hole], sale.holder[low + hole] = bid, mentee
    sale.price[mentor] = sale.ask[low]
    return released
