"""Recommendations for one participant: the best that the rules allow, from either side."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import NotFound
from services.matching.domain.cohort import Cohort, Pool
from services.matching.domain.members import Role
from services.matching.domain.policy import Pair
from tests.matching.engine.cohorts import matchable, random_cohort
from tests.matching.engine.plain import Plain
from tests.matching.factories import cohort, mentee, mentor

pytestmark = pytest.mark.kernels

COHORTS = st.integers(0, 1 << 40).map(matchable)


def others(pool: Pool, person: str, role: Role, *, open_only: bool = True) -> list[str]:
    found = pool.recommend(person, role, 100, open_only=open_only)
    return [one.mentor if role is Role.MENTEE else one.mentee for one in found]


@given(COHORTS, st.booleans())
def test_mentees_are_told_of_all_allowed_mentors_best_first(known: Cohort, open_only: bool) -> None:  # noqa: FBT001 -- drawn
    plain, pool = Plain(known), Pool(known)
    for learner in plain.everybody[Role.MENTEE]:
        allowed = [
            one
            for one in plain.everybody[Role.MENTOR]
            if plain.broken(one, learner) is None and (plain.all_seats[one] > 0 or not open_only)
        ]
        best = sorted(allowed, key=lambda one: plain.order(Role.MENTEE, one, learner), reverse=True)
        assert others(pool, learner, Role.MENTEE, open_only=open_only) == best


@given(COHORTS, st.booleans())
def test_mentors_are_told_of_all_allowed_mentees_best_first(known: Cohort, open_only: bool) -> None:  # noqa: FBT001 -- drawn
    plain, pool = Plain(known), Pool(known)
    for teacher in plain.everybody[Role.MENTOR]:
        allowed = [
            one
            for one in plain.everybody[Role.MENTEE]
            if plain.broken(teacher, one) is None and not (open_only and one in known.busy)
        ]
        best = sorted(allowed, key=lambda one: plain.order(Role.MENTOR, teacher, one), reverse=True)
        assert others(pool, teacher, Role.MENTOR, open_only=open_only) == best


@given(COHORTS)
def test_each_partner_comes_with_both_sides_reasons_and_a_place(known: Cohort) -> None:
    plain, pool = Plain(known), Pool(known)
    for learner in plain.everybody[Role.MENTEE]:
        found = pool.recommend(learner, Role.MENTEE, 3)
        assert [one.rank for one in found] == list(range(1, len(found) + 1))
        for one in found:
            assert (one.score_ppm, one.mentor_score_ppm) == plain.scores(one.mentor, one.mentee)
            assert sum(part.score_ppm for part in one.contributions) == one.score_ppm
            assert sum(part.score_ppm for part in one.mentor_contributions) == one.mentor_score_ppm


def test_only_as_many_as_asked_for() -> None:
    pool = Pool(cohort(mentor("e1"), mentor("e2"), mentor("e3"), mentee("e4")))
    assert len(pool.recommend("e4", Role.MENTEE, 2)) == 2
    assert pool.recommend("e4", Role.MENTEE, 0) == []


def test_full_mentors_are_left_out_unless_asked_for() -> None:
    given = replace(cohort(mentor("e1"), mentor("e2"), mentee("e4")), taken=(Pair("e1", "e9"),))
    assert others(Pool(given), "e4", Role.MENTEE) == ["e2"]
    assert sorted(others(Pool(given), "e4", Role.MENTEE, open_only=False)) == ["e1", "e2"]


@pytest.mark.parametrize(("person", "role"), [("e9", Role.MENTEE), ("e1", Role.MENTEE), ("e4", Role.MENTOR)])
def test_whoever_takes_no_part_in_the_role_is_not_found(person: str, role: Role) -> None:
    pool = Pool(cohort(mentor("e1"), mentee("e4")))
    with pytest.raises(NotFound) as refusal:
        pool.recommend(person, role, 3)
    assert refusal.value.reason == "NOT_ENROLLED"


def test_a_program_of_one_side_has_nobody_to_recommend() -> None:
    assert Pool(cohort(mentor("e1"))).recommend("e1", Role.MENTOR, 3) == []
    assert Pool(cohort(mentee("e4"))).recommend("e4", Role.MENTEE, 3) == []


def test_pools_of_nobody_and_of_any_random_people_can_be_kept() -> None:
    Pool(cohort())
    for seed in range(20):
        Pool(random_cohort(seed, size=3))
