"""The auction and the exact assignment: within the rules, near or at the best, the same every time."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.engine import auction as bidding
from services.matching.domain.engine.auction import STEP, auction
from services.matching.domain.engine.exact import exact
from services.matching.domain.engine.optimal import problem
from services.matching.domain.engine.problem import Outcome, Problem
from tests.matching.engine.dense import Dense, no_pause, random_market
from tests.matching.engine.oracle import brute_best, total

pytestmark = pytest.mark.kernels

Assign = Callable[[Problem, Callable[[], None]], Outcome]
BOTH = pytest.mark.parametrize("assign", [auction, exact])
SEEDS = st.integers(0, 10**6)
COSTS = st.sampled_from((0, 1, 20_000))


def market(market: Dense, seat_cost: int = 0) -> Problem:
    return problem(market.by_mentees(10**6), market.task)._replace(seat_cost=seat_cost)


def equals(mentees: int, mentors: int) -> Dense:
    """Return a market in which every pair is worth the most there is."""
    scores = np.full((mentees, mentors), 1_000_000, np.int32)
    return Dense(scores, scores, np.ones(mentors, np.int32), np.ones((mentees, mentors), np.bool_))


@given(SEEDS, st.integers(0, 5), st.integers(1, 3), COSTS, st.sampled_from((2, 7, 700_000)))
def test_exact_finds_the_best_of_all_assignments(
    seed: int, mentees: int, mentors: int, seat_cost: int, levels: int
) -> None:
    asked = market(random_market(seed, mentees, mentors, levels=levels), seat_cost=seat_cost)
    assert total(asked, exact(asked, no_pause)) == brute_best(asked)


@given(SEEDS, st.integers(1, 5), st.integers(1, 3), COSTS)
def test_exact_places_as_many_as_can_be_of_those_who_must_be(
    seed: int, mentees: int, mentors: int, seat_cost: int
) -> None:
    chance = np.random.default_rng(seed)
    asked = market(random_market(seed, mentees, mentors, levels=7), seat_cost=seat_cost)
    asked = asked._replace(must=chance.random(mentees) < 0.5, value=asked.value - 400_000)
    best = brute_best(asked)
    if best >> 40 == asked.must.sum():  # else nothing is promised
        assert total(asked, exact(asked, no_pause)) == best


@given(SEEDS, COSTS)
def test_prices_of_exact_prove_its_result(seed: int, seat_cost: int) -> None:
    asked = market(random_market(seed, 30, 8), seat_cost=seat_cost)
    outcome = exact(asked, no_pause)
    seats = np.repeat(outcome.price, asked.seats)
    cost = np.concatenate([np.arange(count) for count in asked.seats]) * seat_cost
    gains = [
        max(0, *(asked.value[low:high] - outcome.price[asked.mentor[low:high]]), 0)
        for low, high in zip(asked.start, asked.start[1:], strict=False)
    ]
    assert sum(gains) + np.maximum(seats - cost, 0).sum() == total(asked, outcome)


@given(SEEDS, COSTS, st.sampled_from((2, 7, 700_000)))
def test_the_auction_is_within_its_steps_of_the_best(seed: int, seat_cost: int, levels: int) -> None:
    asked = market(random_market(seed, 40, 10, levels=levels), seat_cost=seat_cost)
    outcome, best = auction(asked, no_pause), total(asked, exact(asked, no_pause))
    assert best - 40 * 4 * STEP <= total(asked, outcome) <= best


@given(SEEDS)
def test_nobody_gains_more_than_a_step_by_going_elsewhere_at_the_prices(seed: int) -> None:
    asked = market(random_market(seed, 40, 10))
    outcome = auction(asked, no_pause)
    for mentee, edge in enumerate(outcome.edge_of):
        low, high = asked.start[mentee], asked.start[mentee + 1]
        left = asked.value[low:high] - outcome.price[asked.mentor[low:high]]
        now = asked.value[edge] - outcome.price[asked.mentor[edge]] if edge >= 0 else 0
        assert now >= max([0, *left]) - 4 * STEP


@given(SEEDS)
def test_a_seat_costs_nothing_while_one_is_free(seed: int) -> None:
    asked = market(random_market(seed, 20, 10))
    for assign in (auction, exact):
        outcome = assign(asked, no_pause)
        loads = np.bincount(asked.mentor[outcome.edge_of[outcome.edge_of >= 0]], minlength=10)
        assert (outcome.price[loads < asked.seats] == 0).all()


@BOTH
def test_same_question_same_answer(assign: Assign) -> None:
    asked = market(random_market(3, 60, 12, levels=7))
    first, second = assign(asked, no_pause), assign(asked, no_pause)
    assert (first.edge_of == second.edge_of).all()
    assert (first.price == second.price).all()


@BOTH
def test_nobody_is_assigned_where_there_is_nothing_to_assign(assign: Assign) -> None:
    for empty in (random_market(1, 0, 3), random_market(1, 4, 3, share=0), random_market(1, 4, 3, seats=0)):
        assert (assign(market(empty), no_pause).edge_of == -1).all()


@BOTH
def test_a_mentor_without_seats_has_a_price_that_nobody_pays(assign: Assign) -> None:
    everything = random_market(1, 4, 3, share=1)
    asked = market(everything)._replace(seats=np.zeros(3, np.int32))
    outcome = assign(asked, no_pause)
    assert (outcome.edge_of == -1).all()
    assert (outcome.price > asked.value.max()).all()


@BOTH
def test_a_pair_worth_nothing_is_not_made(assign: Assign) -> None:
    asked = market(random_market(1, 4, 3, share=1))
    assert (assign(asked._replace(value=np.minimum(asked.value, 0)), no_pause).edge_of == -1).all()


@BOTH
def test_work_stops_where_the_pause_says_so(assign: Assign) -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        assign(market(equals(400, 100)), stop)


def test_a_war_over_equal_mentors_ends_by_growing_steps() -> None:
    """With steps of one size the prices would climb in 5,000 rounds of bids; they take a few hundred."""
    asked = market(equals(400, 100))
    sale = bidding._opened(asked)
    bidding._sell(asked, sale, 400 * 1_000)
    assert sale.waiting[1] == 0
    assert sale.bids.max() < 600
    assert total(asked, Outcome(sale.edge_of, sale.price)) == 100 * 2_000_000


def test_an_auction_closed_early_is_still_an_assignment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bidding, "MOST_BIDS", 0)
    monkeypatch.setattr(bidding, "BURST", 150)
    asked = market(equals(400, 100))
    assert total(asked, auction(asked, no_pause)) == 100 * 2_000_000
    roomy = asked._replace(seats=asked.seats * 9)
    assert total(roomy, auction(roomy, no_pause)) == 150 * 2_000_000


def test_of_equals_the_earlier_turn_gets_the_seat() -> None:
    asked = market(equals(3, 1))
    for first in range(3):
        turn = np.array([first, (first + 1) % 3, (first + 2) % 3], np.int32)
        assert exact(asked._replace(turn=turn), no_pause).edge_of[first] >= 0
