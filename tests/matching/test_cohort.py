"""Whole cohorts: what a run promises, what it tells of those left over, and what it refuses."""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.matching.domain.cohort import Cancelled, Cohort, compute
from services.matching.domain.engine import answer, snapshot
from services.matching.domain.members import Member, Role
from services.matching.domain.plan import Leftover, Obstacle, Plan, Stopped
from services.matching.domain.policy import (
    DEFAULT_OPTIONS,
    MENTEE_WEIGHTS,
    Grouping,
    Mode,
    Options,
    Pair,
    Policy,
    Rules,
)
from services.matching.domain.skills import Skill
from tests.matching.engine.cohorts import crowded, matchable, random_cohort
from tests.matching.engine.plain import Plain
from tests.matching.factories import cohort, mentee, mentor

pytestmark = pytest.mark.kernels

COHORTS = st.integers(0, 1 << 40).map(matchable)
POOLS = 10_000


def pairs(plan: Plan) -> list[Pair]:
    return [one.pair for one in plan.proposals]


def asking(given: Cohort, **wishes: Any) -> Cohort:
    return replace(given, options=replace(given.options, **wishes))


def leftovers(given: Cohort) -> dict[str, Obstacle]:
    return {one.mentee: one.obstacle for one in compute(given).unmatched}


@given(COHORTS)
def test_the_plan_tells_all_that_a_look_at_every_pair_tells(given: Cohort) -> None:
    plan, plain = compute(given), Plain(given)
    for one in plan.proposals:
        assert (one.score_ppm, one.mentor_score_ppm) == plain.scores(one.mentor, one.mentee)
        assert sum(part.score_ppm for part in one.contributions) == one.score_ppm
        assert sum(part.score_ppm for part in one.mentor_contributions) == one.mentor_score_ppm
        assert plain.mentors_of(one.mentee)[one.rank - 1] == one.mentor
    order = [(-one.score_ppm, one.mentor, one.mentee) for one in plan.proposals]
    assert order == sorted(order)
    report = plan.report
    assert (report.blocking_pairs, report.blocking_mentees) == (0, 0)
    assert (report.mentees, report.mentors) == (len(plain.free), len(plain.mentors))
    assert report.total_score_ppm == sum(one.score_ppm + one.mentor_score_ppm for one in plan.proposals)
    assert report.total_score_ppm <= report.best_total_ppm


@given(COHORTS)
def test_whoever_is_left_over_hears_why(given: Cohort) -> None:
    plan, plain = compute(given), Plain(given)
    matched = {one.mentee for one in plan.proposals}
    assert [one.mentee for one in plan.unmatched] == [one for one in plain.free if one not in matched]
    for one in plan.unmatched:
        broken = [plain.broken(mentor, one.mentee) for mentor in plain.mentors]
        stopped = [Stopped(rule, broken.count(rule)) for rule in Obstacle if rule in broken]
        assert list(one.stopped) == stopped
        fitting = plain.mentors_of(one.mentee)
        if fitting:
            best = plain.scores(fitting[0], one.mentee)[0]
            assert (one.obstacle, one.nearest, one.nearest_score_ppm) == (Obstacle.FULL, fitting[0], best)
        else:
            assert (one.obstacle, one.nearest) == (max(stopped, key=lambda rule: rule.mentors).obstacle, "")


@given(COHORTS, st.randoms(use_true_random=False), st.sampled_from(Mode))
def test_the_order_of_the_input_does_not_matter(given: Cohort, chance: random.Random, mode: Mode) -> None:
    given = asking(given, mode=mode)
    shuffled = replace(
        given,
        entries=tuple(chance.sample(given.entries, len(given.entries))),
        people=tuple(chance.sample(given.people, len(given.people))),
        taken=given.taken[::-1],
    )
    assert compute(shuffled) == compute(given)


def test_every_order_of_a_few_people_gives_one_plan() -> None:
    people = (mentor("e1"), mentor("e2"), mentee("e3"), mentee("e4"), mentee("e5"))
    plans = {repr(compute(cohort(*order))) for order in permutations(people)}
    assert len(plans) == 1


def test_no_pool_of_many_breaks_a_hard_rule() -> None:
    """Proposals of thousands of small pools, and the seats and pairs of each."""
    pools = proposals = 0
    for seed in range(2 * POOLS):
        given = random_cohort(seed, size=5)
        plain = Plain(given)
        if not plain.mentors or not plain.free:
            continue
        found = pairs(compute(given))
        assert [pair for pair in found if plain.broken(pair.mentor, pair.mentee)] == []
        assert len({pair.mentee for pair in found}) == len(found)
        for one in plain.mentors:
            assert sum(pair.mentor == one for pair in found) <= plain.seats[one]
        pools, proposals = pools + 1, proposals + len(found)
        if pools == POOLS:
            break
    assert pools == POOLS
    assert proposals > POOLS / 2


def test_the_digest_of_the_result_is_one_for_one_input_and_tells_inputs_apart() -> None:
    given = crowded(1, mentees=30, mentors=9)
    report, again = compute(given).report, compute(given).report
    assert report == again
    seeded = compute(asking(given, seed=5)).report
    assert seeded.input_digest != report.input_digest
    assert seeded.result_digest != report.result_digest, "ties fall otherwise with another seed"
    grown = replace(given, people=(replace(given.people[0], grade=9), *given.people[1:]))
    assert compute(grown).report.input_digest != report.input_digest


def test_the_better_fit_gets_the_only_seat() -> None:
    beginner = replace(mentee("e2"), sought=(Skill("cobol", 1),))
    plan = compute(cohort(mentor("e1"), beginner, mentee("e3")))
    assert pairs(plan) == [Pair("e1", "e3")]
    assert plan.unmatched == (Leftover("e2", Obstacle.FULL, (), "e1", 455_000),)


def test_seats_taken_elsewhere_are_gone_and_declined_pairs_do_not_return() -> None:
    both = cohort(mentor("e1", seats=2), mentee("e2"), mentee("e3"))
    assert len(compute(both).proposals) == 2
    assert len(compute(replace(both, taken=(Pair("e1", "e9"),))).proposals) == 1
    assert pairs(compute(replace(both, refused=frozenset({Pair("e1", "e2")})))) == [Pair("e1", "e3")]


def test_whoever_left_has_a_mentor_or_is_excluded_is_neither_matched_nor_left_over() -> None:
    given = cohort(mentor("e1", seats=3), mentee("e2"), mentee("e3"), mentee("e4"))
    gone = replace(given, people=(*given.people[:2], replace(given.people[2], active=False), given.people[3]))
    assert pairs(compute(replace(gone, busy=frozenset({"e4"})))) == [Pair("e1", "e2")]
    assert pairs(compute(asking(given, excluded=("e3", "e4")))) == [Pair("e1", "e2")]
    assert compute(replace(given, busy=frozenset({"e2", "e3", "e4"}))).report.mentees == 0


def test_a_superior_who_takes_no_part_still_links_the_chain() -> None:
    """The mentee's manager is not enrolled, but reports to the mentor."""
    reporting = replace(mentee("e2"), manager="e5")
    assert leftovers(cohort(mentor("e1"), reporting, superiors=(Member("e5", manager="e1"),))) == {
        "e2": Obstacle.REPORTING_LINE
    }


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        (lambda one: replace(one, languages=("fr",)), Obstacle.LANGUAGE),
        (lambda one: replace(one, hours=()), Obstacle.OVERLAP),
        (lambda one: replace(one, languages=("fr",), hours=()), Obstacle.LANGUAGE),
        (lambda one: replace(one, grade=6), Obstacle.GRADE_GAP),
        (lambda one: replace(one, grade=6, department="Product"), Obstacle.DEPARTMENT),
        (lambda one: replace(one, department="Product", manager="e1"), Obstacle.REPORTING_LINE),
    ],
)
def test_of_several_broken_rules_the_first_is_told(
    change: Callable[[Member], Member], obstacle: Obstacle
) -> None:
    policy = Policy(rules=Rules(least_grade_gap=2, same_department=False))
    assert leftovers(asking(cohort(mentor("e1"), change(mentee("e2"))), policy=policy)) == {"e2": obstacle}


def test_a_locked_pair_is_matched_whatever_it_scores_and_takes_a_seat() -> None:
    beginner = replace(mentee("e2"), sought=(Skill("cobol", 1),))
    given = cohort(mentor("e1"), beginner, mentee("e3"))
    plan = compute(asking(given, locked=(Pair("e1", "e2"),)))
    assert [(one.pair, one.locked, one.rank) for one in plan.proposals] == [(Pair("e1", "e2"), True, 1)]
    assert [(one.mentee, one.obstacle) for one in plan.unmatched] == [("e3", Obstacle.FULL)]
    assert plan.report.blocking_pairs == 0, "nobody can have a seat that is given"
    assert plan.report.total_score_ppm <= plan.report.best_total_ppm


@given(st.integers(0, 1 << 40), st.randoms(use_true_random=False))
def test_around_locked_pairs_everybody_else_is_stable(seed: int, chance: random.Random) -> None:
    given = matchable(seed)
    plain = Plain(given)
    mentor_of = {one: chance.choice(fitting) for one in plain.free if (fitting := plain.mentors_of(one))}
    seats, locked = dict(plain.seats), list[Pair]()
    for one in list(mentor_of)[:3]:
        if seats[mentor_of[one]]:
            seats[mentor_of[one]] -= 1
            locked.append(Pair(mentor_of[one], one))
    given = asking(given, locked=tuple(locked))
    found = {pair.mentee: pair.mentor for pair in pairs(compute(given))}
    assert found == {**Plain(given).stable(), **{pair.mentee: pair.mentor for pair in locked}}


@pytest.mark.parametrize(
    ("given", "reason", "fields"),
    [
        (cohort(mentor("e1")), "NO_MENTEES", []),
        (cohort(mentee("e2")), "NO_MENTORS", []),
        (cohort(mentor("e1", seats=0), mentee("e2")), "NO_SEATS", []),
        (cohort(mentor("e1"), replace(mentee("e2"), time_zone="Mars")), "UNKNOWN_TIME_ZONE", []),
        (
            asking(cohort(mentor("e1"), mentee("e2")), locked=(Pair("e1", "e2"), Pair("e1", "e9"))),
            "LOCK_UNKNOWN",
            ["options.locked_pairs[1]"],
        ),
        (
            asking(cohort(mentor("e1"), replace(mentee("e2"), manager="e1")), locked=(Pair("e1", "e2"),)),
            "LOCK_BREAKS_RULE",
            ["options.locked_pairs[0]"],
        ),
        (
            asking(
                cohort(mentor("e1"), mentee("e2"), mentee("e3")), locked=(Pair("e1", "e2"), Pair("e1", "e3"))
            ),
            "LOCK_BREAKS_RULE",
            ["options.locked_pairs[1]"],
        ),
        (
            asking(
                cohort(mentor("e1"), mentor("e3"), mentee("e2")), locked=(Pair("e1", "e2"), Pair("e3", "e2"))
            ),
            "LOCK_BREAKS_RULE",
            ["options.locked_pairs[1]"],
        ),
        (
            asking(
                cohort(mentor("e1"), mentee("e2")),
                policy=Policy(mentee_weights=replace(MENTEE_WEIGHTS, focus=91)),
            ),
            "WEIGHT_INVALID",
            ["options.matching_policy.mentee_weights"],
        ),
        (
            asking(
                cohort(mentor("e1"), mentee("e2")),
                policy=Policy(mentor_weights=replace(MENTEE_WEIGHTS, focus=-10, skills=430)),
            ),
            "WEIGHT_INVALID",
            ["options.matching_policy.mentor_weights"],
        ),
    ],
)
def test_refusals(given: Cohort, reason: str, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        compute(given)
    assert refusal.value.reason == reason
    assert [field for field, _ in refusal.value.fields] == fields


@pytest.mark.parametrize("stage", ["reading", "candidates", "audit", "explaining"])
def test_a_run_that_is_no_longer_wanted_ends_in_whatever_stage(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "READ_AT_ONCE", 10)
    monkeypatch.setattr(answer, "EXPLAINED_AT_ONCE", 10)
    told = list[str]()

    def watch(now: str, done: int, total: int) -> None:
        told.append(now)
        assert 0 <= done <= total
        if now == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        compute(crowded(1, mentees=50, mentors=20), watch)
    assert told[-1] == stage
    assert told.count(stage) == 1


@pytest.mark.parametrize(
    ("by", "label"),
    [
        (Grouping.DEPARTMENT, "Support"),
        (Grouping.COUNTRY, "PL"),
        (Grouping.TIME_ZONE, "UTC"),
        (Grouping.GRADE, "4"),
    ],
)
def test_groups_are_told_as_the_run_asks(by: Grouping, label: str) -> None:
    people = [replace(mentee(f"e{number}"), country="PL") for number in range(2, 9)]
    plan = compute(asking(cohort(mentor("e1", seats=3), *people), group_by=by))
    assert [(one.label, one.mentees, one.matched) for one in plan.report.groups] == [(label, 7, 3)]


def test_a_policy_of_the_run_goes_before_that_of_the_program() -> None:
    strict = Policy(rules=Rules(least_overlap_minutes=6000))
    given = cohort(mentor("e1"), mentee("e2"))
    assert leftovers(replace(given, policy=strict)) == {"e2": Obstacle.OVERLAP}
    assert leftovers(replace(given, policy=strict, options=Options(policy=Policy()))) == {}
    assert DEFAULT_OPTIONS.policy is None


def test_whoever_holds_both_roles_is_never_matched_with_themselves() -> None:
    both = replace(mentor("e1"), seeks=(Role.MENTEE, Role.MENTOR), sought=(Skill("python", 3),))
    assert leftovers(cohort(both)) == {"e1": Obstacle.EXCLUDED}
