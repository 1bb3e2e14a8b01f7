"""Whole cohorts in every mode, from people to the plan, against the plain telling and SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.matching.domain.cohort import Cancelled, Cohort, compute
from services.matching.domain.engine import optimal
from services.matching.domain.plan import Plan
from services.matching.domain.policy import Mode, Options
from tests.matching.engine.cohorts import crowded, random_cohort
from tests.matching.engine.dense import Dense
from tests.matching.engine.oracle import scipy_best
from tests.matching.engine.plain import Plain, without_order

pytestmark = pytest.mark.kernels

COHORTS = st.integers(0, 1 << 40).map(random_cohort)
MODES = st.sampled_from(Mode)


def asked(cohort: Cohort, mode: Mode) -> Cohort:
    return replace(cohort, options=replace(cohort.options, mode=mode))


def unhurried(cohort: Cohort) -> Cohort:
    """Return the cohort with nobody who has waited."""
    return replace(cohort, entries=tuple(replace(one, waits=0) for one in cohort.entries))


def answer(cohort: Cohort) -> Plan:
    """Return the plan of a cohort that has somebody to match."""
    try:
        return compute(cohort)
    except Invalid as refusal:
        assume(refusal.reason not in {"NO_MENTEES", "NO_MENTORS", "NO_SEATS"})
        raise


def best(plain: Plain, *, boosts: bool) -> int:
    """Return the best total of all free mentees, with or without what waiting adds."""
    seats = [plain.seats[one] for one in plain.mentors]
    scores = np.zeros((2, len(plain.mentees), len(seats)), np.int32)
    allowed = np.zeros(scores.shape[1:], np.bool_)
    for row, mentee in enumerate(plain.mentees):
        for column, mentor in enumerate(plain.mentors):
            pair = (mentor, mentee)
            scores[:, row, column] = plain.ranked(*pair) if boosts else plain.scores(*pair)
            allowed[row, column] = plain.broken(*pair) is None
    return scipy_best(Dense(scores[0], scores[1], np.array(seats, np.int32), allowed))


@given(COHORTS, MODES)
def test_rules_and_seats_hold_and_everybody_is_answered_once(cohort: Cohort, mode: Mode) -> None:
    plan, plain = answer(asked(cohort, mode)), Plain(cohort)
    assert [one for one in plan.proposals if plain.broken(one.mentor, one.mentee)] == []
    got = [one.mentor for one in plan.proposals]
    assert all(got.count(mentor) <= max(seats, 0) for mentor, seats in plain.all_seats.items())
    names = [*(one.mentee for one in plan.proposals), *(one.mentee for one in plan.unmatched)]
    assert sorted(names) == plain.free


@given(COHORTS, MODES)
def test_no_mode_exceeds_what_is_said_to_be_the_best(cohort: Cohort, mode: Mode) -> None:
    plan, plain = answer(asked(cohort, mode)), Plain(cohort)
    assert plan.report.total_score_ppm == sum(one.score_ppm + one.mentor_score_ppm for one in plan.proposals)
    assert plan.report.total_score_ppm <= best(plain, boosts=False) <= plan.report.best_total_ppm


@given(COHORTS)
def test_optimal_runs_reach_the_best_total(cohort: Cohort) -> None:
    plan, plain = answer(asked(cohort, Mode.OPTIMAL)), Plain(cohort)
    found = [one for one in plan.proposals if not one.locked]
    reached = sum(sum(plain.ranked(one.mentor, one.mentee)) for one in found)
    assert reached == best(plain, boosts=True)


@given(COHORTS)
def test_where_nobody_waits_the_bound_is_the_optimum(cohort: Cohort) -> None:
    fresh = unhurried(cohort)
    optimum = answer(asked(fresh, Mode.OPTIMAL)).report
    assert optimum.total_score_ppm == optimum.best_total_ppm
    assert optimum.best_total_ppm == answer(asked(fresh, Mode.STABLE)).report.best_total_ppm


@given(COHORTS, st.sampled_from((0, 20_000, 200_000)))
def test_balanced_runs_leave_nobody_further_below_stable_than_said(cohort: Cohort, loss: int) -> None:
    stable = answer(asked(cohort, Mode.STABLE))
    options = replace(cohort.options, mode=Mode.BALANCED, most_loss_ppm=loss)
    balanced = {one.mentee: one for one in answer(replace(cohort, options=options)).proposals}
    for one in stable.proposals:
        assert balanced[one.mentee].score_ppm >= one.score_ppm - loss


@given(COHORTS, MODES)
def test_the_order_of_the_input_does_not_matter(cohort: Cohort, mode: Mode) -> None:
    first, second = answer(asked(cohort, mode)), compute(without_order(asked(cohort, mode)))
    assert (first.proposals, first.unmatched) == (second.proposals, second.unmatched)
    assert first.report.result_digest == second.report.result_digest


@given(COHORTS, MODES)
def test_locked_pairs_are_in_the_answer_of_every_mode(cohort: Cohort, mode: Mode) -> None:
    found = answer(cohort).proposals
    assume(found)
    locked = (found[-1].pair,)
    plan = compute(replace(cohort, options=replace(cohort.options, mode=mode, locked=locked)))
    assert [one.pair for one in plan.proposals if one.locked] == [*locked]


@pytest.mark.parametrize("small", [3_000, 0])
@pytest.mark.parametrize("mode", Mode)
def test_many_who_like_the_same_few_are_assigned_to_the_bound(
    mode: Mode, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores with many ties, short lists, far more mentees than seats."""
    monkeypatch.setattr(optimal, "SMALL", small)
    report = compute(asked(unhurried(crowded(3, 300, 60)), mode)).report
    assert report.matched == 60
    assert report.total_score_ppm >= report.best_total_ppm * (90 if mode is Mode.STABLE else 99) // 100


@pytest.mark.parametrize("mode", [Mode.OPTIMAL, Mode.BALANCED, Mode.FAIR])
def test_work_on_an_assignment_can_be_cancelled(mode: Mode) -> None:
    seen: list[str] = []

    def watch(stage: str, done: int, total: int) -> None:
        seen.append(stage)
        if stage == "assigning":
            raise Cancelled

    with pytest.raises(Cancelled):
        compute(asked(crowded(3, 100, 40), mode), watch)
    assert seen[-1] == "assigning"


def test_the_seed_and_no_id_decides_between_equals() -> None:
    """Of twenty mentees who are alike in everything one gets the seat: not always the same."""
    cohort = unhurried(crowded(1, 20, 1))
    alike = tuple(one if one.seats else replace(cohort.people[-1], id=one.id) for one in cohort.people)
    options = [Options(mode=Mode.OPTIMAL, seed=seed) for seed in range(8)]
    runs = [compute(replace(cohort, people=alike, options=one)) for one in options]
    assert len({run.proposals[0].mentee for run in runs}) > 1
