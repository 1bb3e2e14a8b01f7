"""FAIR: groups are matched alike and mentors loaded alike, for little of the total."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.engine import fair, optimal
from services.matching.domain.engine.fair import solve
from services.matching.domain.engine.groups import Groups, least_group
from tests.matching.engine.dense import Dense, random_market
from tests.matching.engine.oracle import holds

pytestmark = pytest.mark.kernels

SEEDS = st.integers(0, 10**6)


def divided(seed: int, mentees: int = 300, mentors: int = 60) -> tuple[Dense, Groups]:
    """Return a market with seats for half of the mentees, which likes some of four groups better."""
    market = random_market(seed, mentees, mentors, seats=5)
    group = np.random.default_rng(seed).integers(0, 4, mentees).astype(np.int32)
    liked = (market.v + group[:, None] * 25_000).astype(np.int32)
    return Dense(market.u, liked, market.seats, market.allowed), Groups(group, 4)


@given(SEEDS)
def test_groups_come_nearer_to_each_other_for_little_of_the_total(seed: int) -> None:
    market, groups = divided(seed)
    before = optimal.solve(market.task)
    after = solve(market.task, groups)
    assert holds(market, after.assigned)
    assert groups.ratio_ppm(after.assigned.mentor_of) >= groups.ratio_ppm(before.assigned.mentor_of)
    assert groups.ratio_ppm(after.assigned.mentor_of) >= 850_000
    assert after.best.assigned.total == before.assigned.total <= after.best.bound
    assert after.assigned.total * 1_000_000 >= after.best.assigned.total * (1_000_000 - fair.MOST_COST_PPM)


def test_the_worst_off_group_of_a_thousand_is_matched_as_often_as_the_others() -> None:
    market, groups = divided(1, 1_000, 250)
    before = optimal.solve(market.task)
    after = solve(market.task, groups)
    assert groups.ratio_ppm(before.assigned.mentor_of) < 800_000
    assert groups.ratio_ppm(after.assigned.mentor_of) >= 950_000


def test_by_auction_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimal, "SMALL", 100)
    market, groups = divided(2, 1_000, 250)
    after = solve(market.task, groups)
    assert groups.ratio_ppm(after.assigned.mentor_of) >= 950_000
    assert after.assigned.total * 1_000_000 >= after.best.assigned.total * (1_000_000 - fair.MOST_COST_PPM)


def test_what_costs_too_much_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair, "MOST_COST_PPM", 0)
    market, groups = divided(1)
    assert solve(market.task, groups).assigned.total == optimal.solve(market.task).assigned.total


def test_of_equal_mentors_each_gets_one_before_any_gets_two() -> None:
    scores = np.full((6, 6), 500_000, np.int32)
    market = Dense(scores, scores, np.full(6, 3, np.int32), np.ones((6, 6), np.bool_))
    after = solve(market.task, Groups(np.zeros(6, np.int32), 1))
    assert sorted(after.assigned.mentor_of) == list(range(6))


def test_a_group_that_fits_nobody_leaves_the_others_even() -> None:
    market, groups = divided(3)
    barred = market.allowed & (groups.of != 0)[:, None]
    lone = Dense(market.u, market.v, market.seats, barred)
    after = solve(lone.task, groups).assigned
    shares = groups.shares(after.mentor_of)
    assert shares[0] == 0
    assert shares[1:].min() * 100 >= shares[1:].max() * 85


@pytest.mark.parametrize("mentees", [0, 1, 5])
def test_few_mentees_and_no_groups_worth_comparing(mentees: int) -> None:
    market = random_market(7, mentees, 3)
    groups = Groups(np.zeros(mentees, np.int32), 1)
    after = solve(market.task, groups)
    assert holds(market, after.assigned)
    assert groups.ratio_ppm(after.assigned.mentor_of) == 1_000_000


def test_which_groups_are_compared_depends_on_the_size_of_the_program() -> None:
    assert [least_group(mentees) for mentees in (5, 1_500, 3_000, 60_000, 100_000)] == [10, 15, 30, 30, 50]


def test_same_question_same_answer() -> None:
    market, groups = divided(9)
    first, second = (solve(market.task, groups).assigned for _ in range(2))
    assert (first.mentor_of == second.mentor_of).all()
