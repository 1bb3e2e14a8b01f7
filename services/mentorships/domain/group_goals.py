"""What a group wants to reach together: set by its mentors, for everybody in it to read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.kernel.errors import Refused
from services.mentorships.domain.days import require_to_come
from services.mentorships.domain.groups import Group, GroupEvent, GroupGoal, GroupNews
from services.mentorships.domain.rules import line, not_found

MOST_GOALS: Final = 20
"""A group lies in one document; the goals that were reached included."""

Decision = tuple[Group, list[GroupEvent]]


@dataclass(frozen=True, slots=True)
class GroupGoalDraft:
    """A goal as asked for; None: no day."""

    title: str
    target_date: date | None = None


def add(group: Group, person: str, draft: GroupGoalDraft, now: datetime) -> Decision:
    """Set a goal, as one of the mentors.

    Raises Denied NOT_A_MENTOR, Refused GROUP_OVER or TOO_MANY_GOALS, Invalid TEXT_BLANK, TEXT_NOT_PLAIN or
    TARGET_DATE_PAST.
    """
    group.require_mentor(person)
    group.require_running()
    title = line(draft.title, "title")
    require_to_come(draft.target_date, now, "target_date")
    if len(group.goals) >= MOST_GOALS:
        raise Refused("TOO_MANY_GOALS", f"a group has at most {MOST_GOALS} goals; drop one that is open")
    goal = GroupGoal(str(group.numbered + 1), title, person, draft.target_date)
    added = replace(group, goals=(*group.goals, goal), numbered=group.numbered + 1)
    return added, [GroupEvent(GroupNews.GOAL_ADDED, person, goal.id)]


def complete(group: Group, person: str, goal: str, now: datetime) -> Decision:
    """Say that a goal is reached, as one of the mentors. Raises as `_changed`."""
    return _changed(
        group, person, goal, lambda one: (replace(one, complete_time=now),), GroupNews.GOAL_COMPLETED
    )


def drop(group: Group, person: str, goal: str) -> Decision:
    """Give a goal up, as one of the mentors; it is forgotten. Raises as `_changed`."""
    return _changed(group, person, goal, lambda _: (), GroupNews.GOAL_DROPPED)


def _changed(
    group: Group,
    person: str,
    goal: str,
    change: Callable[[GroupGoal], tuple[GroupGoal, ...]],
    news: GroupNews,
) -> Decision:
    """Change an open goal.

    Raises Denied NOT_A_MENTOR, Refused GROUP_OVER or GOAL_ALREADY_COMPLETED, NotFound for an unknown goal.
    """
    group.require_mentor(person)
    group.require_running()
    place = next((number for number, one in enumerate(group.goals) if one.id == goal), None)
    if place is None:
        raise not_found()
    if group.goals[place].complete_time is not None:
        raise Refused("GOAL_ALREADY_COMPLETED", "this goal is reached already")
    goals = (*group.goals[:place], *change(group.goals[place]), *group.goals[place + 1 :])
    return replace(group, goals=goals), [GroupEvent(news, person, goal)]
