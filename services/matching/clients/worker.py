"""The computing process: it is told of a cohort piece by piece, computes, and hands the result out in parts.

Pieces are small on purpose: the process that serves calls encodes them, and must not stop for long. All state
is of this module, since whoever submits work to a process can only name functions.
"""

import os
import signal
import threading
from collections.abc import Sequence
from ctypes import Array
from dataclasses import dataclass, field, replace
from multiprocessing import connection, parent_process
from typing import Any, Final

from services.matching.domain.cohort import Cancelled, Cohort, Entry, Pool, compute
from services.matching.domain.members import Member, Role
from services.matching.domain.plan import Plan, Proposal, Report
from services.matching.domain.runs import PART_SIZE, Part, part
from services.matching.wire import people
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles

DONE, TOTAL, UNWANTED, LOOKS = range(4)
"""Places in the shared counts."""

STAGE_BYTES: Final = 32


@dataclass
class _Told:
    """What this process knows of the cohort in hand."""

    cohort: Cohort
    entries: list[Entry] = field(default_factory=list)
    people: dict[str, Member] = field(default_factory=dict)

    def whole(self) -> Cohort:
        return replace(self.cohort, entries=tuple(self.entries), people=tuple(self.people.values()))


@dataclass
class _State:
    told: _Told | None = None
    plan: Plan | None = None
    counts: Any = None
    stage: Any = None
    pools: dict[str, Pool] = field(default_factory=dict)


_state = _State()


def start(counts: "Array[Any]", stage: "Array[Any]", niceness: int) -> None:
    """Begin as a computing process: the arrays are shared with the parent, without whom it ends."""
    _state.counts, _state.stage = counts, stage
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.nice(niceness)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def begin(cohort: Cohort) -> None:
    """Forget what was told before; `cohort` has no entries and people yet."""
    _state.told, _state.plan = _Told(cohort), None
    _state.counts[UNWANTED] = 0


def enrol(entries: Sequence[Entry]) -> None:
    """Tell of participants."""
    _told().entries.extend(entries)


def learn(answer: bytes) -> None:
    """Tell of people: a BatchGetPeopleResponse as the profiles service sent it."""
    for person in profiles.BatchGetPeopleResponse.FromString(answer).people:
        member = people.member(person)
        _told().people[member.id] = member


def missing() -> list[str]:
    """Return participants and superiors of whom this process has not been told."""
    told = _told()
    named = {entry.person for entry in told.entries} | {one.manager for one in told.people.values()}
    return sorted(named - told.people.keys() - {""})


def match() -> tuple[Report, int] | None:
    """Match the cohort; return the report and the number of mentees left over, None when no longer wanted."""
    told = _told()
    _state.told = None
    try:
        _state.plan = compute(told.whole(), _watch)
    except Cancelled:
        return None
    return _state.plan.report, len(_state.plan.unmatched)


def result(run: str, number: int) -> Part | None:
    """Return a part of the result, None past the end."""
    plan = _state.plan
    if plan is None or number * PART_SIZE >= max(len(plan.proposals), len(plan.unmatched)):
        return None
    return part(run, number, plan)


def pool(key: str) -> None:
    """Keep the cohort that was told as a pool to recommend from."""
    told = _told()
    _state.told = None
    _state.pools[key] = Pool(told.whole())


def forget(key: str) -> None:
    """Let a pool go."""
    _state.pools.pop(key, None)


def recommend(key: str, person: str, role: Role, limit: int, include_full: bool) -> list[Proposal] | None:  # noqa: FBT001 -- crosses a process border by position
    """Return the best partners, None when the pool is not kept any more."""
    kept = _state.pools.get(key)
    return None if kept is None else kept.recommend(person, role, limit, open_only=not include_full)


def _told() -> _Told:
    if _state.told is None:
        raise RuntimeError("no cohort was begun")
    return _state.told


def _watch(stage: str, done: int, total: int) -> None:
    """Show how far the computation is. A reader between two writes sees a mixture, for one look."""
    if _state.counts[UNWANTED]:
        raise Cancelled
    _state.counts[LOOKS] += 1
    _state.stage.value = stage.encode()[:STAGE_BYTES]
    _state.counts[DONE], _state.counts[TOTAL] = done, total


def _end_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
