"""The exact best assignment, by shortest augmenting paths: mentees enter one by one, the rest moves up.

For small cohorts, where it takes well under a second. Prices and profits prove the result at every step: no
pair is worth more than its mentee's profit and its mentor's price together, pairs that are made exactly that.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.jit import compiled, inner
from services.matching.domain.engine.problem import PRICELESS, Outcome, Problem, first_seats

BURST = 32
"""Mentees who enter between two looks at whether to go on."""


class Table(NamedTuple):
    """Who sits where. Mentor j has `taken[j]` of the seats first[j]:first[j + 1]; `sitter` are their mentees.

    `profit` is what a mentee's place leaves over its price. `far` and `via` belong to one search: the least
    loss at which a mentor is reached and the pair it is reached by; `seen` lists the mentors reached.
    """

    first: NDArray[np.int64]
    taken: NDArray[np.int64]
    sitter: NDArray[np.int32]
    edge_of: NDArray[np.int64]
    seat_of: NDArray[np.int64]
    profit: NDArray[np.int64]
    price: NDArray[np.int64]
    far: NDArray[np.int64]
    via: NDArray[np.int64]
    seen: NDArray[np.int32]
    done: NDArray[np.bool_]


def exact(problem: Problem, pause: Callable[[], None]) -> Outcome:
    """Assign; `pause` is called every few mentees and may raise to stop. Those in `must` go first."""
    table = _laid(problem)
    order = problem.turn[np.argsort(~problem.must[problem.turn], kind="stable")]
    owner = np.repeat(np.arange(len(problem.start) - 1, dtype=np.int32), np.diff(problem.start))
    for begin in range(0, len(order), BURST):
        _seat(problem, table, owner, order[begin : begin + BURST])
        pause()
    return Outcome(table.edge_of, table.price)


def _laid(problem: Problem) -> Table:
    mentees, mentors, first = len(problem.start) - 1, len(problem.seats), first_seats(problem.seats)
    return Table(
        first,
        np.zeros(mentors, np.int64),
        np.full(first[-1], -1, np.int32),
        np.full(mentees, -1, np.int64),
        np.full(mentees, -1, np.int64),
        np.zeros(mentees, np.int64),
        np.where(problem.seats > 0, 0, PRICELESS).astype(np.int64),
        np.full(mentors, PRICELESS, np.int64),
        np.full(mentors, -1, np.int64),
        np.zeros(mentors, np.int32),
        np.zeros(mentors, np.bool_),
    )


@compiled
def _seat(problem: Problem, table: Table, owner: NDArray[np.int32], entering: NDArray[np.int32]) -> None:
    for mentee in entering:
        best = -PRICELESS if problem.must[mentee] else 0
        for edge in range(problem.start[mentee], problem.start[mentee + 1]):
            best = max(best, problem.value[edge] - table.price[problem.mentor[edge]])
        table.profit[mentee] = best
        if best == 0 and not problem.must[mentee]:
            continue
        loss, mentor, leaver, count = _search(problem, table, mentee)
        if mentor >= 0 or leaver >= 0:
            _settle(table, mentee, loss, count)
            _move(problem, table, owner, mentor, leaver)
        _forget(table, count)


@inner
def _search(problem: Problem, table: Table, mentee: int) -> tuple[int, int, int, int]:
    """Return the least loss at which a seat of that mentor is taken or somebody leaves, and mentors seen."""
    loss, mentor, leaver = PRICELESS, -1, -1
    if not problem.must[mentee]:
        loss, leaver = table.profit[mentee], mentee
    count = _reach(problem, table, mentee, 0, loss, 0)
    while True:
        near = _nearest(table, count, loss)
        if near < 0:
            return loss, mentor, leaver, count
        table.done[near] = True
        far = table.far[near]
        low, taken = table.first[near], table.taken[near]
        if low + taken < table.first[near + 1]:
            free = far + taken * problem.seat_cost - table.price[near]
            if free < loss:
                loss, mentor, leaver = free, near, -1
        for seat in range(low, low + taken):
            sitter = table.sitter[seat]
            if not problem.must[sitter] and far + table.profit[sitter] < loss:
                loss, mentor, leaver = far + table.profit[sitter], -1, sitter
            count = _reach(problem, table, sitter, far, loss, count)


@inner
def _reach(problem: Problem, table: Table, mentee: int, far: int, most: int, count: int) -> int:
    """Note the mentors this mentee could move to for less than `most`; return how many are seen by now."""
    start = far + table.profit[mentee]
    for edge in range(problem.start[mentee], problem.start[mentee + 1]):
        mentor = problem.mentor[edge]
        there = start + table.price[mentor] - problem.value[edge]
        if there >= most or there >= table.far[mentor] or table.done[mentor]:
            continue
        if table.via[mentor] < 0:
            table.seen[count] = mentor
            count += 1
        table.far[mentor], table.via[mentor] = there, edge
    return count


@inner
def _nearest(table: Table, count: int, most: int) -> int:
    near, least = -1, most
    for place in range(count):
        mentor = table.seen[place]
        if not table.done[mentor] and table.far[mentor] < least:
            near, least = mentor, table.far[mentor]
    return near


@inner
def _settle(table: Table, mentee: int, loss: int, count: int) -> None:
    """Let prices rise and profits fall as far as the search went."""
    table.profit[mentee] -= loss
    for place in range(count):
        mentor = table.seen[place]
        rise = loss - table.far[mentor]
        if not table.done[mentor] or rise <= 0:
            continue
        table.price[mentor] += rise
        for seat in range(table.first[mentor], table.first[mentor] + table.taken[mentor]):
            table.profit[table.sitter[seat]] -= rise


@inner
def _move(problem: Problem, table: Table, owner: NDArray[np.int32], mentor: int, leaver: int) -> None:
    """Walk the path back: somebody takes the free seat, or the leaver's; everybody before moves up."""
    hole = table.seat_of[leaver]
    if mentor >= 0:
        hole = table.first[mentor] + table.taken[mentor]
        table.taken[mentor] += 1
    elif hole >= 0:
        mentor = problem.mentor[table.edge_of[leaver]]
        table.edge_of[leaver], table.seat_of[leaver] = -1, -1
    while mentor >= 0:
        edge = table.via[mentor]
        mover = owner[edge]
        left = table.edge_of[mover]
        table.sitter[hole] = mover
        table.edge_of[mover], table.seat_of[mover], hole = edge, hole, table.seat_of[mover]
        mentor = problem.mentor[left] if left >= 0 else -1


@inner
def _forget(table: Table, count: int) -> None:
    for place in range(count):
        mentor = table.seen[place]
        table.far[mentor], table.via[mentor], table.done[mentor] = PRICELESS, -1, False
