"""Each criterion at its edges; hard rules one by one; the parts of a score add up."""

from dataclasses import replace

import pytest

from services.matching.domain import scoring
from services.matching.domain.members import Meeting, Member, managers_of, superiors
from services.matching.domain.policy import Criterion
from services.matching.domain.skills import Skill
from services.matching.domain.week import Window
from tests.matching.factories import MONDAY, mentee, mentor


def side(member: Member, *others: Member) -> scoring.Side:
    return scoring.prepared(member, MONDAY, managers_of((member, *others)))


def parts(teacher: Member, learner: Member) -> dict[Criterion, int]:
    return {part.criterion: part.score_ppm for part in scoring.contributions(side(teacher), side(learner))}


def allowed(teacher: Member, learner: Member, *others: Member) -> bool:
    everybody = (teacher, learner, *others)
    return scoring.may_meet(side(teacher, *everybody), side(learner, *everybody))


def test_the_weights_are_per_mille() -> None:
    assert sum(scoring.WEIGHTS.values()) == 1000


def test_a_perfect_pair_scores_a_million() -> None:
    teacher = replace(mentor(), meeting=Meeting.VIDEO, languages=("de", "en"))
    learner = replace(mentee(), meeting=Meeting.VIDEO, languages=("de", "en"))
    assert sum(parts(teacher, learner).values()) == 1_000_000


def test_skills_are_normalised_by_how_many_are_sought() -> None:
    """One of two skills at full level is half of the credit: asking for more does not earn more."""
    learner = replace(mentee(), sought=(Skill("python", 3), Skill("cobol", 1)))
    assert parts(mentor(), learner)[Criterion.SKILLS] == 225_000


def test_who_seeks_nothing_earns_nothing_for_skills() -> None:
    assert parts(mentor(), replace(mentee(), sought=()))[Criterion.SKILLS] == 0


@pytest.mark.parametrize(("hours", "ppm"), [(1, 37_500), (2, 75_000), (4, 150_000), (8, 150_000)])
def test_overlap_counts_up_to_four_hours(hours: int, ppm: int) -> None:
    learner = replace(mentee(), hours=(Window(0, 9 * 60, (9 + hours) * 60),))
    assert parts(mentor(), learner)[Criterion.OVERLAP] == ppm


@pytest.mark.parametrize(("grade", "ppm"), [(7, 130_000), (8, 104_000), (6, 104_000), (4, 52_000), (1, 0)])
def test_three_grades_above_is_best(grade: int, ppm: int) -> None:
    assert parts(replace(mentor(), grade=grade), mentee())[Criterion.SENIORITY] == ppm


@pytest.mark.parametrize(
    ("spoken", "ppm"), [(("en",), 50_000), (("de",), 100_000), (("en", "de"), 100_000), (("fr",), 0)]
)
def test_a_common_language_beside_english_counts_twice(spoken: tuple[str, ...], ppm: int) -> None:
    assert parts(mentor(), replace(mentee(), languages=spoken))[Criterion.LANGUAGES] == ppm


@pytest.mark.parametrize(("department", "ppm"), [("Support", 100_000), ("Product", 0), ("", 50_000)])
def test_another_department_is_better_and_an_unknown_one_neutral(department: str, ppm: int) -> None:
    assert parts(mentor(), replace(mentee(), department=department))[Criterion.DEPARTMENT] == ppm


@pytest.mark.parametrize(
    ("liked", "ppm"), [(Meeting.VIDEO, 70_000), (Meeting.PHONE, 0), (Meeting.UNSTATED, 35_000)]
)
def test_the_same_way_to_meet_is_better_and_an_unstated_one_neutral(liked: Meeting, ppm: int) -> None:
    teacher = replace(mentor(), meeting=Meeting.VIDEO)
    assert parts(teacher, replace(mentee(), meeting=liked))[Criterion.MEETING] == ppm


def test_the_factory_pair_may_meet() -> None:
    assert allowed(mentor(), mentee())


@pytest.mark.parametrize(
    "learner",
    [
        pytest.param(replace(mentee(), languages=("fr",)), id="no common language"),
        pytest.param(replace(mentee(), hours=(Window(0, 540, 585),)), id="three quarters of an hour"),
        pytest.param(replace(mentee(), hours=()), id="no hours"),
        pytest.param(mentee(mentor().id), id="the same person"),
        pytest.param(replace(mentee(), manager=mentor().id), id="the manager"),
    ],
)
def test_hard_rules(learner: Member) -> None:
    assert not allowed(mentor(), learner)


def test_an_hour_a_week_is_just_enough() -> None:
    assert allowed(mentor(), replace(mentee(), hours=(Window(0, 540, 600),)))


def test_anybody_above_or_below_is_no_mentor_however_far() -> None:
    """The manager's manager may not mentor, and nobody may mentor their own manager."""
    between = Member("e2", manager=mentor().id)
    assert not allowed(mentor(), replace(mentee(), manager="e2"), between)
    assert not allowed(replace(mentor(), manager="e2"), mentee(), Member("e2", manager=mentee().id))


def test_a_circle_in_the_reporting_data_ends() -> None:
    assert superiors("a", {"a": "b", "b": "c", "c": "b"}) == {"b", "c"}
    assert superiors("a", {"a": "b", "b": "a"}) == {"b"}


def test_offers_score_as_the_explanation_does() -> None:
    """The fast look over all mentors and the explanation of one pair must never drift apart."""
    teachers = [side(mentor("m1")), side(replace(mentor("m2"), offered=(Skill("python", 2),), grade=5))]
    learner = side(mentee())
    assert list(scoring.Offers(teachers).scores(learner)) == [
        (sum(part.score_ppm for part in scoring.contributions(teacher, learner)), place)
        for place, teacher in enumerate(teachers)
    ]
