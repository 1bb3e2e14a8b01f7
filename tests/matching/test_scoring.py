"""Each criterion at its edges, by example; the parts of a score add up; wishes share out exactly."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import scoring
from services.matching.domain.members import Meeting, Member
from services.matching.domain.policy import (
    DEFAULT_POLICY,
    MENTEE_WEIGHTS,
    MENTOR_WEIGHTS,
    Criterion,
    Past,
    Policy,
    Rules,
)
from services.matching.domain.scoring import Side
from services.matching.domain.skills import Skill
from services.matching.domain.week import WEEK, Window
from tests.matching.factories import MONDAY, mentee, mentor


def side(member: Member, **wishes: tuple[str, ...]) -> Side:
    return scoring.prepared(member, [MONDAY], **wishes)


def credit(
    teacher: Side | Member, learner: Side | Member, policy: Policy = DEFAULT_POLICY, *, before: bool = False
) -> dict[Criterion, int]:
    """Return the credits that both sides share."""
    one, other = (given if isinstance(given, Side) else side(given) for given in (teacher, learner))
    return dict(zip(Criterion, scoring.credits_of(one, other, policy, partners_before=before), strict=False))


def lists(count: int) -> tuple[Skill, ...]:
    """Return Python and other skills, so many together."""
    return (Skill("python", 5), *(Skill(f"other {number}", 5) for number in range(count - 1)))


def test_the_default_weights_are_per_mille() -> None:
    for weights in (MENTEE_WEIGHTS, MENTOR_WEIGHTS):
        assert sum(weights.of(criterion) for criterion in Criterion) == 1000


def test_a_perfect_pair_scores_a_million_on_either_side() -> None:
    shared = tuple(1000 for _ in list(Criterion)[:-1])
    for weights in (MENTEE_WEIGHTS, MENTOR_WEIGHTS):
        assert sum(part.score_ppm for part in scoring.contributions(shared, 1000, weights)) == 1_000_000


def test_contributions_are_the_terms_of_the_score_with_what_each_could_be() -> None:
    shared = scoring.credits_of(side(mentor()), side(mentee()), DEFAULT_POLICY, partners_before=False)
    parts = {part.criterion: part for part in scoring.contributions(shared, 700, MENTEE_WEIGHTS)}
    assert list(parts) == list(Criterion)
    assert (parts[Criterion.SKILLS].score_ppm, parts[Criterion.SKILLS].most_ppm) == (330_000, 330_000)
    assert (parts[Criterion.LANGUAGES].score_ppm, parts[Criterion.LANGUAGES].most_ppm) == (30_000, 60_000)
    assert (parts[Criterion.PREFERENCE].score_ppm, parts[Criterion.PREFERENCE].most_ppm) == (49_000, 70_000)


@pytest.mark.parametrize(
    ("sought", "expected"), [((3,), 1000), ((5,), 1000), ((3, 1), 500), ((3, 3, 3), 334), ((3,) * 7, 143)]
)
def test_skills_are_normalised_by_how_many_are_sought(sought: tuple[int, ...], expected: int) -> None:
    """Only Python is taught. It is the first in spelling, so what does not divide goes to it."""
    wishes = [Skill("python", sought[0]), *(Skill(f"zig {n}", level) for n, level in enumerate(sought[1:]))]
    assert credit(mentor(), replace(mentee(), sought=tuple(wishes)))[Criterion.SKILLS] == expected


@pytest.mark.parametrize(("offered", "expected"), [(5, 1000), (4, 650), (3, 300), (2, 0)])
def test_each_missing_level_costs(offered: int, expected: int) -> None:
    teacher = replace(mentor(), offered=(Skill("python", offered),))
    assert credit(teacher, replace(mentee(), sought=(Skill("python", 5),)))[Criterion.SKILLS] == expected


@pytest.mark.parametrize(("listed", "expected"), [(1, 1000), (8, 1000), (9, 969), (16, 800), (40, 500)])
def test_listing_everything_is_not_free(listed: int, expected: int) -> None:
    """1000 * 1000 // (1000 + 250 * (listed - 8) // 8) from the ninth on."""
    assert credit(replace(mentor(), offered=lists(listed)), mentee())[Criterion.SKILLS] == expected


def test_soft_skills_are_a_criterion_of_their_own() -> None:
    learner = replace(mentee(), sought=(Skill("python", 3), Skill("leadership", 3)))
    found = credit(mentor(), learner)
    assert (found[Criterion.SKILLS], found[Criterion.SOFT_SKILLS]) == (1000, 0)
    teacher = replace(mentor(), offered=(Skill("Leadership", 4),))
    assert credit(teacher, learner)[Criterion.SOFT_SKILLS] == 1000


def test_who_seeks_nothing_of_a_kind_finds_all_mentors_neutral() -> None:
    found = credit(replace(mentor(), offered=lists(40)), replace(mentee(), sought=()))
    assert (found[Criterion.SKILLS], found[Criterion.SOFT_SKILLS]) == (500, 500)


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 5), max_size=40))
def test_importance_is_shared_out_whole_and_equally(sought: dict[str, int]) -> None:
    shares = [wish.share for wish in scoring.wishes(sought).values()]
    assert sum(shares) == (1000 if sought else 0)
    assert not shares or max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (("a", "b", "c"), ("a",), 333),
        (("a", "b", "c"), ("c", "a", "d"), 666),
        (("a",), ("a", "b"), 1000),
        (("a",), ("b",), 0),
        ((), ("b",), 500),
        (("a",), (), 500),
    ],
)
def test_focus_is_what_share_of_the_mentees_is_common(
    mine: tuple[str, ...], theirs: tuple[str, ...], expected: int
) -> None:
    found = credit(side(mentor(), focus=theirs), side(mentee(), focus=mine))
    assert found[Criterion.FOCUS] == expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(45, 187), (60, 250), (120, 500), (240, 1000), (480, 1000)]
)
def test_overlap_counts_up_to_four_hours(minutes: int, expected: int) -> None:
    learner = replace(mentee(), hours=(Window(0, 540, 540 + minutes),))
    assert credit(mentor(), learner)[Criterion.OVERLAP] == expected


def test_overlap_is_that_of_the_worst_week() -> None:
    """Berlin's clock moves an hour on: nine to ten o'clock there is common with Nairobi only before."""
    teacher = replace(mentor(), time_zone="Africa/Nairobi", hours=(Window(0, 660, 720),))
    learner = replace(mentee(), time_zone="Europe/Berlin", hours=(Window(0, 540, 600),))
    before, after = ([MONDAY], [MONDAY, MONDAY + 4 * WEEK])
    found = [
        scoring.common_minutes(scoring.prepared(teacher, weeks), scoring.prepared(learner, weeks))
        for weeks in (before, after)
    ]
    assert found == [60, 0]


@pytest.mark.parametrize(("grade", "expected"), [(7, 1000), (8, 800), (6, 800), (4, 400), (1, 0)])
def test_three_grades_above_is_best(grade: int, expected: int) -> None:
    assert credit(replace(mentor(), grade=grade), mentee())[Criterion.SENIORITY] == expected


def test_a_program_may_say_another_distance_is_best() -> None:
    """In reverse mentoring the mentor is the younger one."""
    policy = Policy(best_grade_gap=-2)
    assert credit(replace(mentor(), grade=2), mentee(), policy)[Criterion.SENIORITY] == 1000


@pytest.mark.parametrize(
    ("spoken", "expected"), [(("en",), 500), (("de",), 1000), (("en", "de"), 1000), (("fr",), 0)]
)
def test_a_common_language_beside_english_counts_twice(spoken: tuple[str, ...], expected: int) -> None:
    assert credit(mentor(), replace(mentee(), languages=spoken))[Criterion.LANGUAGES] == expected


@pytest.mark.parametrize(("department", "expected"), [("Support", 1000), ("Product", 0), ("", 500)])
def test_another_department_is_better_and_an_unknown_one_neutral(department: str, expected: int) -> None:
    assert credit(mentor(), replace(mentee(), department=department))[Criterion.DEPARTMENT] == expected


@pytest.mark.parametrize(
    ("liked", "expected"), [(Meeting.VIDEO, 1000), (Meeting.PHONE, 0), (Meeting.UNSTATED, 500)]
)
def test_the_same_way_to_meet_is_better_and_an_unstated_one_neutral(liked: Meeting, expected: int) -> None:
    teacher = replace(mentor(), meeting=Meeting.VIDEO)
    assert credit(teacher, replace(mentee(), meeting=liked))[Criterion.MEETING] == expected


@pytest.mark.parametrize(
    ("past", "before", "expected"),
    [
        (Past.AVOID, False, 1000),
        (Past.AVOID, True, 0),
        (Past.PREFER, False, 0),
        (Past.PREFER, True, 1000),
        (Past.FORBID, False, 1000),
        (Past.FORBID, True, 1000),
    ],
)
def test_history_counts_as_the_program_says(past: Past, before: bool, expected: int) -> None:  # noqa: FBT001 -- a parameter of the table
    policy = Policy(rules=Rules(past=past))
    assert credit(mentor(), mentee(), policy, before=before)[Criterion.HISTORY] == expected


@pytest.mark.parametrize(("partner", "expected"), [("a", 1000), ("b", 700), ("c", 400), ("d", 400), ("e", 0)])
def test_whom_somebody_asked_for_is_worth_the_more_the_earlier(partner: str, expected: int) -> None:
    whose = side(mentee(), preferred=("a", "b", "b", "c", "d"))
    assert scoring.preference(whose, partner) == expected
