"""OPTIMAL: the best total over all pairs, found on short lists and proven by a bound that nothing exceeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.engine import dual, optimal
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.optimal import joined, solve
from tests.matching.engine.dense import Dense, random_market
from tests.matching.engine.oracle import holds, scipy_best

pytestmark = pytest.mark.kernels

SEEDS = st.integers(0, 10**6)
MARKETS = st.builds(
    random_market,
    SEEDS,
    st.integers(0, 40),
    st.integers(1, 15),
    seats=st.integers(0, 5),
    share=st.sampled_from((0.0, 0.2, 0.6, 1.0)),
    levels=st.sampled_from((2, 7, 700_000)),
)


@given(MARKETS)
def test_the_total_is_the_best_there_is_and_the_bound_says_so(market: Dense) -> None:
    found = solve(market.task)
    assert holds(market, found.assigned)
    assert found.assigned.total == found.bound == scipy_best(market)


@given(MARKETS)
def test_lists_of_two_end_at_the_same_best(market: Dense) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal, "LISTED", 2)
        patch.setattr(optimal, "ADDED", 1)
        assert solve(market.task).assigned.total == scipy_best(market)


def test_a_program_of_a_thousand_is_solved_to_the_optimum() -> None:
    market = random_market(5, 1_000, 300)
    assert solve(market.task).assigned.total == scipy_best(market)


def test_a_large_cohort_comes_as_near_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimal, "SMALL", 100)
    market = random_market(6, 1_000, 300)
    found = solve(market.task)
    assert found.assigned.total <= scipy_best(market) <= found.bound
    assert 0 <= found.gap_ppm <= optimal.GAP_PPM


@given(MARKETS, SEEDS)
def test_any_prices_bound_every_assignment(market: Dense, seed: int) -> None:
    price = np.random.default_rng(seed).integers(0, 1_500_000, len(market.seats))
    assert dual.bound(market, price) >= scipy_best(market)


@given(MARKETS, SEEDS)
def test_boosts_are_taken_off_the_bound(market: Dense, seed: int) -> None:
    """The total without boosts is bounded by a look at scores that hold them."""
    chance = np.random.default_rng(seed)
    boost, price = chance.integers(0, 50_000, market.mentees), chance.integers(0, 10**6, len(market.seats))
    boosted = Dense(market.u, market.v + boost[:, None].astype(np.int32), market.seats, market.allowed)
    found, best = solve(boosted.task._replace(boost=boost)), scipy_best(market)
    assert best <= found.bound <= found.most == scipy_best(boosted)
    assert dual.bound(boosted, price, boost) <= dual.bound(boosted, price)
    assert best <= dual.bound(boosted, price, boost)


@given(SEEDS)
def test_lists_are_joined_with_every_pair_once(seed: int) -> None:
    market = random_market(seed, 6, 5)
    both = joined(market.by_mentees(2), market.by_total(2, np.zeros(5, np.int64)))
    assert pairs(both) == pairs(market.by_mentees(2)) | pairs(market.by_total(2, np.zeros(5, np.int64)))
    assert len(pairs(both)) == len(both.mentor) == both.start[-1]


def pairs(edges: Edges) -> set[tuple[int, int, int, int]]:
    rows = np.repeat(np.arange(len(edges.start) - 1), np.diff(edges.start))
    return set(zip(rows, edges.mentor, edges.u, edges.v, strict=True))
