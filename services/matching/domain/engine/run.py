"""A cohort run: participants -> arrays -> who is assigned to whom -> the plan with its reasons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.errors import Invalid
from services.matching.domain.cohort import Cohort, Watch
from services.matching.domain.engine import answer
from services.matching.domain.engine.kernels import ALLOWED
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.participants import free, lock_field, locks
from services.matching.domain.engine.search import BROKEN
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.engine.stable import holdings, partners_of, stable
from services.matching.domain.engine.ranking import MASK
from services.matching.domain.members import Role
from services.matching.domain.plan import Plan
from services.matching.domain.policy import Proposing


def plan(cohort: Cohort, watch: Watch) -> Plan:
    """Match a cohort; `cohort.compute` states the contract."""
    these = free(cohort)
    given = locks(cohort.options.locked, these)
    watch("reading", 0, len(these.mentees) + len(these.mentors))
    snapshot = Snapshot(cohort, these)
    seats = np.array(these.seats, np.int32)
    mentor_of = np.full(len(these.mentees), -1, np.int32)
    for mentee, mentor in given:
        mentor_of[mentee] = mentor
        seats[mentor] -= 1
    ...
