"""Whole cohorts: stable, within the hard rules, the same whatever the order; by example and by property."""

import random
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import scoring
from services.matching.domain.cohort import Cohort, Plan, compute
from services.matching.domain.members import Member, Role, managers_of
from services.matching.domain.policy import Pair
from services.matching.domain.skills import Skill
from services.matching.domain.stable import assign
from services.matching.domain.week import Window
from tests.matching.factories import MONDAY, cohort, mentee, mentor

WINDOWS = st.builds(Window, st.integers(0, 2), st.sampled_from((480, 540)), st.sampled_from((585, 600, 720)))
SKILLS = st.builds(Skill, st.sampled_from(("python", "go", "React.js", "reactjs")), st.integers(1, 5))
ROLES = st.sampled_from(((Role.MENTEE,), (Role.MENTOR,), (Role.MENTEE, Role.MENTOR)))
IDS = [f"e{number:02}" for number in range(14)]


def people(person: str) -> st.SearchStrategy[Member]:
    """Return people with few differing values, so that ties, clashes and full mentors are common."""
    return st.builds(
        Member,
        st.just(person),
        active=st.sampled_from((True, True, True, False)),
        seeks=ROLES,
        manager=st.sampled_from(("", "", *IDS)),
        department=st.sampled_from(("Sales", "Support")),
        grade=st.integers(1, 4),
        languages=st.lists(st.sampled_from(("en", "de", "fr")), max_size=2, unique=True).map(tuple),
        offered=st.lists(SKILLS, max_size=3).map(tuple),
        sought=st.lists(SKILLS, max_size=3).map(tuple),
        seats=st.integers(0, 2),
        time_zone=st.sampled_from(("UTC", "Europe/Berlin")),
        hours=st.lists(WINDOWS, max_size=2).map(tuple),
    )


PAIRS = st.builds(Pair, st.sampled_from(IDS), st.sampled_from(IDS))
COHORTS = st.builds(
    lambda members, taken, busy, refused: replace(
        cohort(*members), taken=tuple(taken), busy=frozenset(busy), refused=frozenset(refused)
    ),
    st.tuples(*map(people, IDS)),
    st.lists(PAIRS, max_size=2),
    st.lists(st.sampled_from(IDS), max_size=2),
    st.lists(PAIRS, max_size=4),
)


class Market:
    """The rules of matching, told once more in the plainest way: every pair by itself."""

    def __init__(self, given: Cohort) -> None:
        self.cohort = given
        managers = managers_of(given.people)
        self.sides = {one.id: scoring.prepared(one, MONDAY, managers) for one in given.people}
        takes_part = {entry.person: entry.roles for entry in given.entries}
        active = [one for one in given.people if one.active]
        self.mentees = [
            one.id for one in active if Role.MENTEE in takes_part[one.id] and one.id not in given.busy
        ]
        self.seats = {
            one.id: one.seats - sum(pair.mentor == one.id for pair in given.taken)
            for one in active
            if Role.MENTOR in takes_part[one.id]
        }

    def allows(self, teacher: str, learner: str) -> bool:
        return (
            self.seats.get(teacher, 0) > 0
            and learner in self.mentees
            and Pair(teacher, learner) not in self.cohort.refused
            and scoring.may_meet(self.sides[teacher], self.sides[learner])
        )

    def score(self, teacher: str, learner: str) -> int:
        return sum(part.score_ppm for part in scoring.contributions(self.sides[teacher], self.sides[learner]))

    def blocking(self, plan: Plan) -> list[tuple[str, str]]:
        """Return the allowed pairs that would both rather have each other than what the plan gives them."""
        got = {one.mentee: one for one in plan.proposals}
        kept = {teacher: [one for one in plan.proposals if one.mentor == teacher] for teacher in self.seats}

        def mentee_would(teacher: str, learner: str) -> bool:
            if learner not in got:
                return True
            now = got[learner]
            return (-self.score(teacher, learner), teacher) < (-now.score_ppm, now.mentor)

        def mentor_would(teacher: str, learner: str) -> bool:
            offer = (-self.score(teacher, learner), learner)
            free = len(kept[teacher]) < self.seats[teacher]
            return free or any(offer < (-one.score_ppm, one.mentee) for one in kept[teacher])

        return [
            (teacher, learner)
            for teacher, learner in product(self.seats, self.mentees)
            if self.allows(teacher, learner)
            and mentee_would(teacher, learner)
            and mentor_would(teacher, learner)
        ]


@given(COHORTS)
def test_no_two_people_would_rather_have_each_other(given: Cohort) -> None:
    assert Market(given).blocking(compute(given)) == []


@given(COHORTS)
def test_the_hard_rules_hold_for_every_proposal(given: Cohort) -> None:
    market, plan = Market(given), compute(given)
    assert [one for one in plan.proposals if not market.allows(one.mentor, one.mentee)] == []
    for teacher, seats in market.seats.items():
        assert sum(one.mentor == teacher for one in plan.proposals) <= max(seats, 0)


@given(COHORTS)
def test_every_free_mentee_is_in_the_answer_once(given: Cohort) -> None:
    plan = compute(given)
    assert sorted([*(one.mentee for one in plan.proposals), *plan.unmatched]) == sorted(Market(given).mentees)


@given(COHORTS)
def test_contributions_add_up_to_the_score_exactly(given: Cohort) -> None:
    for one in compute(given).proposals:
        assert sum(part.score_ppm for part in one.contributions) == one.score_ppm
        assert 0 <= one.score_ppm <= 1_000_000


@given(COHORTS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given: Cohort, chance: random.Random) -> None:
    shuffled = replace(
        given,
        entries=tuple(chance.sample(given.entries, len(given.entries))),
        people=tuple(chance.sample(given.people, len(given.people))),
    )
    assert compute(shuffled) == compute(given)


def test_the_better_fit_gets_the_only_seat() -> None:
    beginner = replace(mentee("e2"), sought=(Skill("cobol", 1),))
    plan = compute(cohort(mentor("e1"), beginner, mentee("e3")))
    assert [(one.mentor, one.mentee) for one in plan.proposals] == [("e1", "e3")]
    assert plan.unmatched == ("e2",)


def test_of_equal_mentees_the_smaller_id_gets_the_seat() -> None:
    plan = compute(cohort(mentor("e1"), mentee("e3"), mentee("e2")))
    assert plan.unmatched == ("e3",)


def test_a_mentor_with_two_seats_gets_two_and_with_one_taken_elsewhere_one() -> None:
    both = cohort(mentor("e1", seats=2), mentee("e2"), mentee("e3"))
    assert len(compute(both).proposals) == 2
    assert len(compute(replace(both, taken=(Pair("e1", "e9"),))).proposals) == 1


def test_a_declined_pair_is_not_proposed_again() -> None:
    pair = cohort(mentor("e1"), mentee("e2"))
    assert compute(replace(pair, refused=frozenset({Pair("e1", "e2")}))).proposals == ()


def test_a_superior_who_takes_no_part_still_links_the_chain() -> None:
    """The mentee's manager is not enrolled, but reports to the mentor."""
    reporting = replace(mentee("e2"), manager="e5")
    between = Member("e5", manager="e1")
    assert compute(cohort(mentor("e1"), reporting, superiors=(between,))).proposals == ()


def test_who_left_is_not_matched_and_not_counted_as_left_over() -> None:
    plan = compute(cohort(mentor("e1"), replace(mentee("e2"), active=False)))
    assert plan == Plan((), ())


def test_a_mentee_displaced_by_a_better_fit_goes_to_the_next_choice() -> None:
    """Deferred acceptance: b is held by m1 at first, loses it to a, and ends with m2 instead of nobody."""
    wishes = {"a": [(9, "m1")], "b": [(8, "m1"), (5, "m2")]}
    assert assign(wishes, {"m1": 1, "m2": 1}) == {"a": "m1", "b": "m2"}


def test_a_mentor_without_seats_takes_nobody() -> None:
    assert assign({"a": [(9, "m1")]}, {"m1": 0}) == {}
    assert assign({"a": [(9, "m1")]}, {}) == {}
