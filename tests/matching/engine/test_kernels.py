"""Kernels find for all pairs what the plain telling finds for each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.cohort import Cohort, silent
from services.matching.domain.engine import kernels, search
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.participants import Participants, everybody
from services.matching.domain.engine.search import BROKEN, OTHER, OWN
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.members import Role
from services.matching.domain.plan import Obstacle
from tests.matching.engine.cohorts import random_cohort
from tests.matching.engine.plain import Plain

pytestmark = pytest.mark.kernels

CODES = {
    None: kernels.ALLOWED,
    Obstacle.OVERLAP: kernels.OVERLAP,
    Obstacle.LANGUAGE: kernels.LANGUAGE,
    Obstacle.GRADE_GAP: kernels.GRADE_GAP,
    Obstacle.DEPARTMENT: kernels.DEPARTMENTS,
    Obstacle.REPORTING_LINE: kernels.REPORTING_LINE,
    Obstacle.EXCLUDED: kernels.EXCLUDED,
}
COHORTS = st.integers(0, 1 << 40).map(random_cohort)


def everyone(cohort: Cohort) -> Participants:
    """Return all participants, with a seat for each mentor, so that every pair is looked at."""
    return everybody(cohort)


def field(cohort: Cohort, looking: Role = Role.MENTEE) -> Field:
    these = everyone(cohort)
    market = Snapshot(cohort, these).market(looking)
    rows = np.arange(market.rows.tie.size, dtype=np.int32)
    return Field(market, rows, np.ones(market.columns.tie.size, np.int32), silent)


def all_pairs(one: Field) -> list[list[int]]:
    """Return (own score, other score, first broken rule) of all pairs, row by row."""
    rows, columns = len(one.rows), len(one.seats)
    values = np.zeros((rows * columns, search.VALUES), np.int64)
    where = np.divmod(np.arange(rows * columns, dtype=np.int32), max(columns, 1))
    search.pairs(one.market, *where, values)
    found: list[list[int]] = values[:, [OWN, OTHER, BROKEN]].tolist()
    return found


@given(COHORTS)
def test_every_pair_has_the_plain_scores_and_first_broken_rule(cohort: Cohort) -> None:
    plain, these = Plain(cohort), everyone(cohort)
    expected = [
        [*plain.ranked(mentor, mentee), CODES[plain.broken(mentor, mentee)]]
        for mentee in these.mentees
        for mentor in these.mentors
    ]
    assert all_pairs(field(cohort)) == expected


@given(COHORTS)
def test_mentors_see_the_same_pairs(cohort: Cohort) -> None:
    plain, these = Plain(cohort), everyone(cohort)
    expected = [
        [*plain.ranked(mentor, mentee)[::-1], CODES[plain.broken(mentor, mentee)]]
        for mentor in these.mentors
        for mentee in these.mentees
    ]
    assert all_pairs(field(cohort, Role.MENTOR)) == expected
