"""Stable over all pairs: what the plainest deferred acceptance finds, whatever the length of lists."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.cohort import Cohort, compute
from services.matching.domain.engine import acceptance
from services.matching.domain.engine.acceptance import Held, Seekers
from services.matching.domain.engine.stable import partners_of, stable
from services.matching.domain.policy import Proposing
from tests.matching.engine.cohorts import crowded, lopsided, matchable
from tests.matching.engine.plain import Plain
from tests.matching.engine.test_search import field

pytestmark = pytest.mark.kernels

COHORTS = st.integers(0, 1 << 40).map(matchable)


def pairs(cohort: Cohort) -> dict[str, str]:
    return {one.mentee: one.mentor for one in compute(cohort).proposals}


def by_lists_of(cohort: Cohort, listed: int) -> dict[str, str]:
    """Match mentees by lists that begin with so many mentors."""
    one, plain = field(cohort), Plain(cohort)
    held = stable(one, np.ones(one.mentees, np.int32), listed)
    return {
        mentee: plain.mentors[place]
        for mentee, place in zip(plain.free, partners_of(held, one.mentees).tolist(), strict=True)
        if place >= 0
    }


def by_cut_off_lists_of(cohort: Cohort, listed: int) -> dict[str, str]:
    """Match mentees by lists that never grow."""
    one, plain = field(cohort), Plain(cohort)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(one.seats, dtype=np.int64)))
    held = Held(start, np.zeros(len(one.seats), np.int32), np.zeros(int(start[-1]), np.int64))
    seekers = Seekers(np.ones(one.mentees, np.int32), np.zeros(one.mentees, np.int32))
    acceptance.propose(one.market, one.best("candidates", listed), seekers, held)
    return {
        mentee: plain.mentors[place]
        for mentee, place in zip(plain.free, partners_of(held, one.mentees).tolist(), strict=True)
        if place >= 0
    }


@given(COHORTS)
def test_mentees_get_what_deferred_acceptance_over_whole_lists_gives_them(cohort: Cohort) -> None:
    plain = Plain(cohort)
    assert pairs(cohort) == plain.stable()
    assert plain.blocking(plain.stable()) == []


@given(COHORTS)
def test_mentors_who_propose_get_their_best_stable_mentees(cohort: Cohort) -> None:
    plain, found = Plain(cohort), pairs(lopsided(cohort, Proposing.MENTORS))
    assert found == plain.best_for_mentors()
    assert plain.blocking(found) == []


@pytest.mark.parametrize("listed", [1, 2, 5])
@pytest.mark.parametrize("seats", [1, 3])
def test_short_lists_grow_until_the_result_is_that_of_whole_lists(listed: int, seats: int) -> None:
    """Mentees want the same mentors, so that short lists end long before everybody is seated."""
    cohort = crowded(11, mentees=60, mentors=30, seats=seats)
    expected = Plain(cohort).stable()
    cut_off = by_cut_off_lists_of(cohort, listed)
    assert cut_off != expected, "lists this short must not be enough, else this test shows nothing"
    assert Plain(cohort).blocking(cut_off) != []
    assert by_lists_of(cohort, listed) == expected
    assert by_lists_of(cohort, 64) == expected


def test_mentors_with_more_seats_than_their_list_is_long_go_on_asking() -> None:
    cohort = lopsided(crowded(5, mentees=100, mentors=1, seats=90), Proposing.MENTORS)
    assert pairs(cohort) == Plain(cohort).best_for_mentors()
    assert len(pairs(cohort)) == 90


@given(COHORTS, st.integers(1, 3))
def test_whoever_has_waited_longest_goes_first_among_equals(cohort: Cohort, waits: int) -> None:
    """Waiting never costs a mentee the mentor: mentors only like them better."""
    before = pairs(cohort)
    for mentee in list(before)[:3]:
        entries = tuple(
            replace(entry, waits=entry.waits + waits) if entry.person == mentee else entry
            for entry in cohort.entries
        )
        assert mentee in pairs(replace(cohort, entries=entries))
