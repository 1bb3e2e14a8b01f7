"""Tags as people type them become one spelling; levels become credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import skills, vocabulary
from services.matching.domain.skills import Skill


@pytest.mark.parametrize(
    ("typed", "one"),
    [
        ("reactjs", "react"),
        ("React.js", "react"),
        ("nodejs", "node"),
        ("Node JS", "node"),
        (".NET", "dotnet"),
        ("dotnet core", "dotnet"),
        ("web-development", "web"),
        ("Time  Management", "timemanagement"),
        ("\uff30\uff39thon", "python"),
    ],
)
def test_ways_to_type_a_tag_that_mean_the_same(typed: str, one: str) -> None:
    assert skills.spelling(typed) == one


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rect.js", "react"),
        ("mongdb", "mongodb"),
        ("doker", "docker"),
        ("Kubernets", "kubernetes"),
        ("type scripts", "typescript"),
        ("comunication", "communication"),
    ],
)
def test_a_typing_mistake_is_seen_through(typed: str, meant: str) -> None:
    assert skills.spelling(typed) == meant


@pytest.mark.parametrize("tag", ["javafx", "swiftui", "e6", "watson", "reactor", "mentoring"])
def test_a_tag_that_only_looks_a_little_like_a_known_one_stays_itself(tag: str) -> None:
    assert skills.spelling(tag) == tag


def test_every_known_skill_is_itself_and_no_alias_leads_out_of_the_vocabulary() -> None:
    known = vocabulary.TECHNICAL | vocabulary.SOFT
    assert {tag for tag in known if skills.spelling(tag) != tag} == set()
    assert set(vocabulary.ALIASES.values()) <= known
    assert not vocabulary.TECHNICAL & vocabulary.SOFT


def test_a_tag_equally_near_two_skills_stays_itself() -> None:
    """Else the order of a set would decide."""
    assert skills.spelling("netjs") == "netjs"


def test_soft_skills_are_told_from_those_of_a_trade() -> None:
    assert skills.is_soft(skills.spelling("Giving feedback"))
    assert not skills.is_soft(skills.spelling("reactjs"))


def test_c_and_its_relatives_stay_three_skills_however_typed() -> None:
    assert skills.spelling("c-sharp") == skills.spelling("C#")
    assert len({skills.spelling(tag) for tag in ("c", "c++", "c#")}) == 3


def test_a_tag_of_punctuation_is_still_a_tag() -> None:
    assert skills.spelling("?!") == "?!"


@given(st.sampled_from(sorted(vocabulary.ALIASES)))
def test_an_alias_leads_to_a_final_spelling(alias: str) -> None:
    """A chain of aliases would make the answer depend on how often it is asked."""
    assert skills.spelling(skills.spelling(alias)) == skills.spelling(alias)


@given(st.text(min_size=1, max_size=20))
def test_case_does_not_matter(tag: str) -> None:
    assert skills.spelling(tag.upper()) == skills.spelling(tag.upper().lower())


def test_the_highest_level_of_one_spelling_counts() -> None:
    assert skills.levels([Skill("react", 2), Skill("ReactJS", 4), Skill("react.js", 1)]) == {"react": 4}


@pytest.mark.parametrize(
    ("sought", "offered", "credit"),
    [(3, 3, 1000), (3, 5, 1000), (3, 2, 650), (5, 3, 300), (5, 2, 0), (5, 1, 0)],
)
def test_each_missing_level_costs_350_of_1000(sought: int, offered: int, credit: int) -> None:
    assert skills.credit(sought, offered) == credit
