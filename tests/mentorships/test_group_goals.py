"""Goals of a group, without any server: who sets, reaches and drops them, and who reads them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused
from services.mentorships.domain import Who, group_goals, groups
from services.mentorships.domain.group_goals import Decision, GroupGoalDraft
from services.mentorships.domain.groups import Group, GroupEvent, GroupGoal, GroupNews
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, NOON, STRANGER
from tests.mentorships.test_groups import DRAFT

JUNE = date(2026, 6, 1)
SPEAK = GroupGoalDraft("  Each gives   one talk ", JUNE)


def group() -> Group:
    """Return a group with one member and one open goal."""
    joined = groups.create(MENTOR, DRAFT, NOON)[0].join(MENTEE, 1)[0]
    return group_goals.add(joined, MENTOR, SPEAK, NOON)[0]


def reached() -> Group:
    return group_goals.complete(group(), MENTOR, "1", NOON)[0]


def test_a_mentor_sets_a_goal_for_all() -> None:
    known = group()
    assert known.goals == (GroupGoal("1", "Each gives one talk", MENTOR, JUNE),)
    more, events = group_goals.add(known, MENTOR, GroupGoalDraft("Listen"), NOON)
    assert [(goal.id, goal.target_date) for goal in more.goals] == [("1", JUNE), ("2", None)]
    assert events == [GroupEvent(GroupNews.GOAL_ADDED, MENTOR, "2")]


def test_a_goal_is_reached_once() -> None:
    done, events = group_goals.complete(group(), MENTOR, "1", NOON)
    assert (done.goals[0].complete_time, events) == (
        NOON,
        [GroupEvent(GroupNews.GOAL_COMPLETED, MENTOR, "1")],
    )
    with pytest.raises(Refused, match="GOAL_ALREADY_COMPLETED"):
        group_goals.complete(done, MENTOR, "1", NOON)


def test_a_goal_that_is_given_up_is_gone_and_its_number_is_not_used_again() -> None:
    without, events = group_goals.drop(group(), MENTOR, "1")
    assert (without.goals, events) == ((), [GroupEvent(GroupNews.GOAL_DROPPED, MENTOR, "1")])
    assert group_goals.add(without, MENTOR, SPEAK, NOON)[0].goals[0].id == "2"


def test_those_in_the_group_read_goals_overseers_how_they_go_and_others_nothing() -> None:
    known = reached()
    for person in (MENTOR, MENTEE):
        assert known.read_by(person, oversees=False).goals == known.goals
    assert known.read_by(LEAD, oversees=True).goals == (replace(known.goals[0], title=""),)
    assert known.read_by(STRANGER, oversees=False).goals == ()
    assert known.read_by(MENTOR, oversees=True).goals == known.goals


def test_a_group_has_so_many_goals_at_most() -> None:
    full = replace(group(), goals=group().goals * group_goals.MOST_GOALS)
    with pytest.raises(Refused, match="TOO_MANY_GOALS"):
        group_goals.add(full, MENTOR, SPEAK, NOON)


@pytest.mark.parametrize(
    ("act", "kind", "reason"),
    [
        (lambda: group_goals.add(group(), MENTEE, SPEAK, NOON), Denied, "NOT_A_MENTOR"),
        (lambda: group_goals.complete(group(), MENTEE, "1", NOON), Denied, "NOT_A_MENTOR"),
        (lambda: group_goals.drop(group(), STRANGER, "1"), Denied, "NOT_A_MENTOR"),
        (lambda: group_goals.drop(reached(), MENTOR, "1"), Refused, "GOAL_ALREADY_COMPLETED"),
        (lambda: group_goals.drop(group(), MENTOR, "2"), NotFound, "NOT_FOUND"),
        (
            lambda: group_goals.add(group().close(Who(MENTOR), NOON)[0], MENTOR, SPEAK, NOON),
            Refused,
            "GROUP_OVER",
        ),
        (
            lambda: group_goals.complete(group().close(Who(MENTOR), NOON)[0], MENTOR, "1", NOON),
            Refused,
            "GROUP_OVER",
        ),
        (lambda: group_goals.add(group(), MENTOR, GroupGoalDraft("  "), NOON), Invalid, "TEXT_BLANK"),
        (
            lambda: group_goals.add(group(), MENTOR, GroupGoalDraft("Late", date(2020, 1, 1)), NOON),
            Invalid,
            "TARGET_DATE_PAST",
        ),
    ],
)
def test_what_may_not_be_says_why(act: Callable[[], Decision], kind: type[Refusal], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        act()
