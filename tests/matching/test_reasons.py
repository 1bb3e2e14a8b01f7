"""Reasons as sentences: what is strong is said first, what is weak is not hidden, nobody is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import reasons
from services.matching.domain.plan import Contribution, Leftover, Obstacle, Stopped
from services.matching.domain.policy import Criterion

STRONG = Contribution(Criterion.SKILLS, 330_000, 330_000)
WEAK = Contribution(Criterion.DEPARTMENT, 0, 60_000)
FAIR = Contribution(Criterion.OVERLAP, 65_000, 130_000)


def test_the_strongest_comes_first_and_the_weakest_is_said() -> None:
    said = reasons.for_mentee([WEAK, FAIR, Contribution(Criterion.FOCUS, 90_000, 90_000), STRONG])
    assert said == (
        "This mentor offers the skills you seek and shares your focus areas, but works in your department."
    )


def test_each_side_reads_its_own_words() -> None:
    assert reasons.for_mentor([STRONG]) == "This mentee seeks the skills you offer."
    assert reasons.for_mentee([STRONG]) == "This mentor offers the skills you seek."


def test_a_pair_without_strengths_is_not_praised() -> None:
    assert reasons.for_mentee([FAIR]) == "This mentor fits in some ways."


def test_a_criterion_without_weight_is_not_mentioned() -> None:
    assert reasons.for_mentee([STRONG, Contribution(Criterion.MEETING, 0, 0)]) == reasons.for_mentee([STRONG])


def test_not_being_asked_for_is_no_weakness() -> None:
    unasked = Contribution(Criterion.PREFERENCE, 0, 70_000)
    assert reasons.for_mentee([STRONG, unasked]) == reasons.for_mentee([STRONG])


@pytest.mark.parametrize("criterion", Criterion)
def test_every_criterion_has_words_for_both_sides(criterion: Criterion) -> None:
    for words in (reasons.FOR_MENTEE, reasons.FOR_MENTOR):
        assert words[criterion][0]


@given(
    st.lists(
        st.builds(Contribution, st.sampled_from(Criterion), st.integers(0, 1000), st.integers(0, 1000)),
        max_size=10,
    )
)
def test_it_is_always_one_sentence(parts: list[Contribution]) -> None:
    for said in (reasons.for_mentee(parts), reasons.for_mentor(parts)):
        assert said.endswith(".")
        assert said.count(".") == 1
        assert "  " not in said


def test_who_is_left_over_reads_which_rules_stood_in_the_way() -> None:
    stopped = (
        Stopped(Obstacle.LANGUAGE, 11_200),
        Stopped(Obstacle.OVERLAP, 8_800),
        Stopped(Obstacle.DEPARTMENT, 0),
    )
    assert reasons.without_mentor(Leftover("e1", Obstacle.LANGUAGE, stopped)) == (
        "No mentor may be matched: no common language (11200), too little time in common (8800)."
    )


def test_who_found_everybody_full_reads_that() -> None:
    full = Leftover("e1", Obstacle.FULL, (Stopped(Obstacle.LANGUAGE, 3),), "e2", 700_000)
    assert reasons.without_mentor(full) == "Every mentor who fits is full with mentees who fit better."
