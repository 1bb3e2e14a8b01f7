"""A cohort run: participants -> arrays -> who is assigned to whom."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.kernel.errors import Invalid
from services.matching.domain.cohort import Cohort, Watch
from services.matching.domain.engine import collector
from services.matching.domain.engine.answer import Answer, answered, labels
from services.matching.domain.engine.kernels import ALLOWED
from services.matching.domain.engine.market import Field, edges_of
from services.matching.domain.engine.modes import Decision, Settled, decide
from services.matching.domain.engine.participants import free, lock_field, locks
from services.matching.domain.engine.search import BROKEN
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.engine.stable import LISTED, partners_of, proposers_of, stable, stable_from
from services.matching.domain.members import Role
from services.matching.domain.plan import Plan
from services.matching.domain.policy import Proposing

_Ints = NDArray[np.int32]


@collector.paused()
def plan(cohort: Cohort, watch: Watch) -> Plan:
    """Match a cohort; `cohort.compute` states the contract."""
    these = free(cohort)
    given = locks(cohort.options.locked, these)
    snapshot = Snapshot(cohort, these, watch)
    mentor_of, seats = _given(given, len(these.mentees), these.seats)
    market = snapshot.market(Role.MENTEE)
    locked = Field(market, np.flatnonzero(mentor_of >= 0).astype(np.int32), seats, watch)
    _require_allowed(locked, mentor_of, given)
    field = Field(market, np.flatnonzero(mentor_of < 0).astype(np.int32), seats, watch)
    decision = Decision(mentor_of[field.rows], np.zeros(len(seats), np.int64))
    if len(field.rows):
        groups = labels(these, cohort.options.group_by)
        mine = [groups[row] for row in field.rows.tolist()]
        decision = decide(field, cohort.options, mine, lambda: _stable(cohort, snapshot, field))
        mentor_of[field.rows] = decision.mentor_of
    return answered(Answer(cohort, snapshot, field, locked, mentor_of, decision))


def _stable(cohort: Cohort, snapshot: Snapshot, field: Field) -> Settled:
    """Return the stable result that is best for those who propose."""
    candidates = field.best("candidates", LISTED)
    edges = edges_of(candidates)
    if cohort.options.proposing is Proposing.MENTORS:
        return Settled(_best_for_mentors(snapshot, field), edges)
    wants = np.zeros(len(snapshot.these.mentees), np.int32)
    wants[field.rows] = 1
    return Settled(partners_of(stable_from(field, candidates, wants), len(wants))[field.rows], edges)


def _best_for_mentors(snapshot: Snapshot, field: Field) -> _Ints:
    """Let mentors propose, each for as many seats as it has, to mentees who take one."""
    one_each = np.zeros(len(snapshot.these.mentees), np.int32)
    one_each[field.rows] = 1
    mentors = Field(
        snapshot.market(Role.MENTOR), np.arange(len(field.seats), dtype=np.int32), one_each, field.watch
    )
    return proposers_of(stable(mentors, field.seats))[field.rows]


def _given(pairs: Sequence[tuple[int, int]], mentees: int, seats: Sequence[int]) -> tuple[_Ints, _Ints]:
    """Return the mentor of each locked mentee, -1 for the others, and the seats that are left."""
    mentor_of, left = np.full(mentees, -1, np.int32), np.array(seats, np.int32)
    for mentee, mentor in pairs:
        mentor_of[mentee] = mentor
        left[mentor] -= 1
    return mentor_of, left


def _require_allowed(locked: Field, mentor_of: _Ints, pairs: Sequence[tuple[int, int]]) -> None:
    broken = locked.values(mentor_of[locked.rows])[:, BROKEN]
    breaking = set(locked.rows[broken != ALLOWED].tolist())
    wrong = [
        (lock_field(place), "the rules forbid it") for place, (one, _) in enumerate(pairs) if one in breaking
    ]
    if wrong:
        raise Invalid("LOCK_BREAKS_RULE", "the rules forbid a locked pair", fields=wrong)
