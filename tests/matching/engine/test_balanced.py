"""BALANCED: a better total than the stable one, with its promises to every mentee kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.engine import auction, balanced, optimal
from services.matching.domain.engine.balanced import Balanced, Promise, solve
from tests.matching.engine.dense import Dense, random_market
from tests.matching.engine.oracle import brute_best, holds, scipy_best, score, stable

pytestmark = pytest.mark.kernels

MARKETS = st.builds(
    random_market,
    st.integers(0, 10**6),
    st.integers(0, 40),
    st.integers(1, 12),
    seats=st.integers(0, 4),
    share=st.sampled_from((0.2, 0.6, 1.0)),
    levels=st.sampled_from((2, 7, 700_000)),
)
LOSSES = st.sampled_from((0, 20_000, 100_000, 1_000_000))


def improved(market: Dense, promise: Promise) -> Balanced:
    return solve(market.task, promise, market.by_mentees(64))


@given(MARKETS, LOSSES)
def test_nobody_is_worse_off_than_promised_and_the_total_is_no_less(market: Dense, loss: int) -> None:
    before = stable(market)
    after = improved(market, Promise(before, loss))
    held = before.mentor_of >= 0
    assert holds(market, after.assigned)
    assert (after.assigned.mentor_of[held] >= 0).all()
    assert (after.assigned.u[held] >= before.u[held].astype(np.int64) - loss).all()
    assert before.total <= after.assigned.total <= after.best.bound
    assert not after.fell_back


@given(MARKETS, LOSSES)
def test_promises_hold_when_the_auction_is_closed_at_once(market: Dense, loss: int) -> None:
    """Whoever it leaves alone is brought home, and those who have to go for it too."""
    before = stable(market)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal, "SMALL", 0)
        patch.setattr(auction, "MOST_BIDS", 0)
        patch.setattr(auction, "BURST", 5)
        after = improved(market, Promise(before, loss))
    assert holds(market, after.assigned)
    assert Promise(before, loss).kept_by(after.assigned)


@given(st.integers(0, 10**6), LOSSES)
def test_the_total_is_the_best_of_all_that_keep_the_promise(seed: int, loss: int) -> None:
    market = random_market(seed, 5, 3, levels=7)
    before = stable(market)
    least = np.where(before.mentor_of >= 0, before.u.astype(np.int64) - loss, 0)
    kept = Dense(market.u, market.v, market.seats, market.allowed & (market.u >= least[:, None]))
    asked = optimal.problem(kept.by_mentees(3), market.task)
    best = brute_best(asked._replace(must=before.mentor_of >= 0)) & ((1 << 40) - 1)
    assert improved(market, Promise(before, loss)).assigned.total == best


@given(MARKETS)
def test_with_any_loss_allowed_only_participation_is_kept(market: Dense) -> None:
    before = stable(market)
    after = improved(market, Promise(before, 1_000_000)).assigned
    if (before.mentor_of >= 0).all():
        assert after.total == scipy_best(market)


def test_a_broken_promise_falls_back_to_the_stable_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the assignment ever to break the promise, it would be seen and not be answered."""
    market = random_market(4, 40, 10, share=1)
    before = stable(market)
    monkeypatch.setattr(balanced, "_within", lambda edges, _: edges)
    after = improved(market, Promise(before, 0))
    assert after.fell_back
    assert (after.assigned.mentor_of == before.mentor_of).all()


def test_the_promise_sees_who_is_alone_and_who_lost() -> None:
    market = Dense(
        np.array([[500, 400]], np.int32),
        np.array([[1, 900]], np.int32),
        np.ones(2, np.int32),
        np.ones((1, 2), np.bool_),
    )
    before = score(market, [0])
    assert Promise(before, 100).kept_by(score(market, [1]))
    assert not Promise(before, 99).kept_by(score(market, [1]))
    assert not Promise(before, 1_000).kept_by(score(market, [-1]))


def test_same_question_same_answer() -> None:
    market = random_market(8, 60, 15)
    promise = Promise(stable(market), 50_000)
    first, second = (improved(market, promise).assigned for _ in range(2))
    assert (first.mentor_of == second.mentor_of).all()
