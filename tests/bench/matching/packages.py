"""The same people matched by other packages, side by side: each in a process of its own, for a limited time.

Packages for stable matchings are given ready lists of each mentee's best `LISTED` mentors, which cost them
nothing here. `compare_stable` sets them beside our whole way, which looks at all pairs in its time, so that
its result is stable among them all; `compare_acceptance` beside our deferred acceptance on the same lists.
SciPy is given the table of all totals, one column per seat.
"""

import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.cohort import silent
from services.matching.domain.engine import optimal
from services.matching.domain.engine.acceptance import Held, Seekers, propose
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.optimal import Task
from services.matching.domain.engine.participants import free
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.engine.stable import partners_of, stable
from services.matching.domain.members import Role
from tests.bench.figures import Figure
from tests.bench.matching.company import Company

LISTED = 32
PATIENCE = 240.0
"""Seconds after which a package has not finished."""

SIZES = {"1k_300": Company(1_000, 300), "10k_2k": Company(10_000, 2_000)}
STACK = 512 << 20
"""Bytes: packages that copy a market of thousands recurse as deep."""


class Market(NamedTuple):
    """Lists by mentee, best first, and the seats of mentors."""

    edges: Edges
    seats: NDArray[np.int32]

    def wishes(self) -> dict[int, list[int]]:
        """Return mentee -> mentors, both from 1; who has no list is left out."""
        bounds = zip(self.edges.start, self.edges.start[1:], strict=False)
        lists = [(self.edges.mentor[low:high] + 1).tolist() for low, high in bounds]
        return {place: mentors for place, mentors in enumerate(lists, 1) if mentors}

    def ranks(self) -> dict[int, list[int]]:
        """Return mentor -> mentees who list them, best first."""
        mentee = np.repeat(np.arange(1, len(self.edges.start)), np.diff(self.edges.start))
        ranked: dict[int, list[int]] = {}
        for place in np.lexsort((mentee, -self.edges.v)).tolist():
            ranked.setdefault(int(self.edges.mentor[place]) + 1, []).append(int(mentee[place]))
        return ranked


def compare_stable(size: str) -> list[Figure]:
    """Compare stable matchings; the ratio is our time over theirs."""
    field = _field(SIZES[size])
    market = Market(field.by_mentees(LISTED), field.seats)
    wants = np.ones(field.mentees, np.int32)
    stable(field, wants)  # compiles
    ours, matched = _timed(lambda: int((partners_of(stable(field, wants), field.mentees) >= 0).sum()))
    note = f"ours, all pairs: {matched} matched"
    figures = [Figure(f"compare_stable_{size}", ours, "s", note=note)]
    for name, solve in (("matching", _by_matching), ("algmatch", _by_algmatch)):
        figures.append(_beside(f"compare_stable_{size} {name}", ours, solve, market))
    return figures


def compare_acceptance(size: str) -> list[Figure]:
    """Compare deferred acceptance on the same ready lists; the ratio is our time over theirs."""
    field = _field(SIZES[size])
    market = Market(field.by_mentees(LISTED), field.seats)
    _accepted(field)  # compiles
    ours, matched = min(_accepted(field) for _ in range(5))
    figures = [
        Figure(f"compare_acceptance_{size}", ours, "s", note=f"ours, {LISTED} listed: {matched} matched")
    ]
    for name, solve in (("matching", _by_matching), ("algmatch", _by_algmatch)):
        figures.append(_beside(f"compare_acceptance_{size} {name}", ours, solve, market))
    return figures


def _accepted(field: Field) -> tuple[float, int]:
    """Return the time of deferred acceptance on ready lists, and how many it matched."""
    lists = field.best("candidates", LISTED)
    seekers = Seekers(np.ones(field.mentees, np.int32), np.zeros(field.mentees, np.int32))
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(field.seats, dtype=np.int64)))
    held = Held(start, np.zeros(len(field.seats), np.int32), np.full(int(start[-1]), -1))

    def work() -> int:
        propose(field.market, lists, seekers, held)
        return int(held.size.sum())

    return _timed(work)


def compare_optimal(size: str) -> list[Figure]:
    """Compare best totals; the ratio is our time over SciPy's."""
    field = _field(SIZES[size])
    turn, nothing = np.arange(field.mentees, dtype=np.int32), np.zeros(field.mentees, np.int64)
    task = Task(field, turn, nothing, lambda: None)
    optimal.solve(task)  # compiles
    ours, total = _timed(lambda: optimal.solve(task).assigned.total)
    everything = field.by_total(len(field.seats), np.zeros(len(field.seats), np.int64))
    note = f"ours, all pairs: total {total}"
    theirs = _beside(f"compare_optimal_{size} scipy", ours, _by_scipy, Market(everything, field.seats))
    return [Figure(f"compare_optimal_{size}", ours, "s", note=note), theirs]


def _field(company: Company) -> Field:
    cohort = company.cohort()
    these = free(cohort)
    rows, seats = np.arange(len(these.mentees), dtype=np.int32), np.array(these.seats, np.int32)
    return Field(Snapshot(cohort, these, silent).market(Role.MENTEE), rows, seats, silent)


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def _beside(name: str, ours: float, solve: Callable[[Market], int], market: Market) -> Figure:
    """Measure a package in a process that is ended when it takes too long."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(solve, market, sending), daemon=True)
    process.start()
    sending.close()
    try:
        answered = receiving.poll(PATIENCE + 30)  # the rest is for its start
        seconds, found = receiving.recv() if answered else (PATIENCE, "not finished")
    except EOFError:
        return Figure(name, ours, "s", note="the package failed")
    finally:
        process.kill()
        process.join()
    return Figure(name, ours, "s", seconds, note=f"baseline: the package, {found}")


def _measure(solve: Callable[[Market], int], market: Market, answer: Connection) -> None:
    def work() -> None:
        seconds, found = _timed(lambda: solve(market))
        answer.send((seconds, f"{found}"))

    sys.setrecursionlimit(10**6)
    threading.stack_size(STACK)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _by_matching(market: Market) -> int:
    from matching.games import HospitalResident  # noqa: PLC0415 -- installed for this benchmark only

    ranks = market.ranks()
    seats = {mentor: int(market.seats[mentor - 1]) for mentor in ranks}
    game: Any = HospitalResident.create_from_dictionaries(market.wishes(), ranks, seats)
    return sum(len(residents) for residents in game.solve(optimal="resident").values())


def _by_algmatch(market: Market) -> int:
    from algmatch import HospitalResidentsProblem  # noqa: PLC0415 -- installed for this benchmark only

    hospitals = {
        mentor: {"capacity": int(market.seats[mentor - 1]), "preferences": mentees}
        for mentor, mentees in market.ranks().items()
    }
    given = {"residents": market.wishes(), "hospitals": hospitals}
    found: Any = HospitalResidentsProblem(dictionary=given).get_stable_matching()
    return sum(1 for hospital in found["resident_sided"].values() if hospital)


def _by_scipy(market: Market) -> int:
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 -- not part of the service

    table = np.zeros((len(market.edges.start) - 1, len(market.seats)), np.int64)
    row = np.repeat(np.arange(len(table)), np.diff(market.edges.start))
    table[row, market.edges.mentor] = market.edges.u.astype(np.int64) + market.edges.v
    seats = np.repeat(table, market.seats, axis=1)
    return int(seats[linear_sum_assignment(seats, maximize=True)].sum())
