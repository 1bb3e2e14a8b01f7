"""Looks at a whole market: the best few, the best totals and an audit, each against the plain telling."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.cohort import Cancelled, Cohort, silent
from services.matching.domain.engine import market
from services.matching.domain.engine.edges import Edges
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.participants import free
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.members import Role
from tests.matching.engine.cohorts import crowded, matchable
from tests.matching.engine.plain import Plain

pytestmark = pytest.mark.kernels

COHORTS = st.integers(0, 1 << 40).map(matchable)


def field(cohort: Cohort, watch: market.Watch = silent) -> Field:
    these = free(cohort)
    rows = np.arange(len(these.mentees), dtype=np.int32)
    return Field(Snapshot(cohort, these).market(Role.MENTEE), rows, np.array(these.seats, np.int32), watch)


def read(edges: Edges, plain: Plain) -> list[list[str]]:
    """Return the mentors of each mentee."""
    bounds = zip(edges.start, edges.start[1:], strict=False)
    return [[plain.mentors[place] for place in edges.mentor[first:end]] for first, end in bounds]


@given(COHORTS, st.integers(1, 20))
def test_the_best_few_are_the_first_of_the_whole_list(cohort: Cohort, k: int) -> None:
    plain, edges = Plain(cohort), field(cohort).by_mentees(k)
    expected = [plain.mentors_of(mentee)[:k] for mentee in plain.free]
    assert read(edges, plain) == expected
    scores = [
        plain.ranked(mentor, one) for one, best in zip(plain.free, expected, strict=True) for mentor in best
    ]
    assert list(zip(edges.u.tolist(), edges.v.tolist(), strict=True)) == scores


@given(COHORTS, st.lists(st.integers(0, 1_500_000), min_size=20, max_size=20), st.integers(1, 20))
def test_the_best_totals_less_prices_are_those_of_all_allowed_pairs(
    cohort: Cohort, prices: Sequence[int], k: int
) -> None:
    plain, one = Plain(cohort), field(cohort)
    price = np.array(prices[: len(one.seats)], np.int64)
    edges = one.by_total(k, price)
    paid = dict(zip(plain.mentors, price.tolist(), strict=True))
    gains = (edges.u.astype(np.int64) + edges.v - price[edges.mentor]).tolist()
    for at, mentee in enumerate(plain.free):
        allowed = [mentor for mentor in plain.mentors if plain.broken(mentor, mentee) is None]
        expected = sorted(
            (sum(plain.ranked(mentor, mentee)) - paid[mentor] for mentor in allowed), reverse=True
        )
        assert gains[edges.start[at] : edges.start[at + 1]] == expected[:k]


@given(COHORTS, st.randoms(use_true_random=False))
def test_an_audit_counts_what_a_look_at_every_pair_counts(cohort: Cohort, chance: random.Random) -> None:
    """Of any assignment that the rules and the seats allow, stable or not."""
    plain, one = Plain(cohort), field(cohort)
    left, mentor_of = dict(plain.seats), dict[str, str]()
    for mentee in plain.free:
        allowed = [mentor for mentor in plain.mentors_of(mentee) if left[mentor]]
        if allowed and chance.random() < 0.7:
            mentor_of[mentee] = chance.choice(allowed)
            left[mentor_of[mentee]] -= 1
    places = [plain.mentors.index(mentor_of[mentee]) if mentee in mentor_of else -1 for mentee in plain.free]
    audit = one.audit(np.array(places, np.int32))
    blocking = [mentee for _, mentee in plain.blocking(mentor_of)]
    assert audit.blocking.tolist() == [blocking.count(mentee) for mentee in plain.free]
    assert audit.feasible.tolist() == [len(plain.mentors_of(mentee)) for mentee in plain.free]
    ranks = [
        plain.mentors_of(mentee).index(mentor_of[mentee]) + 1 if mentee in mentor_of else 0
        for mentee in plain.free
    ]
    assert audit.rank.tolist() == ranks


@pytest.mark.parametrize("mentors", [2047, 2048, 2049, 4100])
def test_lists_go_on_over_the_edges_of_tiles(mentors: int) -> None:
    cohort = crowded(3, mentees=3, mentors=mentors)
    plain = Plain(cohort)
    assert read(field(cohort).by_mentees(mentors), plain) == [plain.mentors_of(one) for one in plain.free]


def test_blocks_on_threads_find_what_one_block_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    one = field(crowded(3, mentees=50, mentors=20))
    whole = one.by_mentees(7)
    monkeypatch.setattr(market, "ROWS_AT_ONCE", 3)
    again = one.by_mentees(7)
    assert np.array_equal(again.mentor, whole.mentor)
    assert np.array_equal(again.start, whole.start)


def test_whoever_watches_is_told_of_every_block_and_can_end_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market, "ROWS_AT_ONCE", 5)
    told = list[tuple[str, int, int]]()

    def watch(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if done == 20:
            raise Cancelled

    one = field(crowded(3, mentees=50, mentors=20), watch)
    with pytest.raises(Cancelled):
        one.by_mentees(7)
    assert told == [("candidates", done, 50) for done in (0, 5, 10, 15, 20)]
