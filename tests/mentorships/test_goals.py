"""Every rule of a goal, without any server."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.mentorships.domain import (
    GoalCompleted,
    GoalCreated,
    GoalDraft,
    Mentorship,
)
from tests.mentorships.factories import (
    DRAFT,
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    STRANGER,
    active,
    agreed,
    ended,
    goal,
    proposed,
)


def test_a_goal_belongs_to_the_pair() -> None:
    draft = replace(DRAFT, title="  Ship \n a service ")
    created, events = active().set_goal(ID, MENTOR, draft, NOON)
    assert events == [GoalCreated()]
    assert (created.mentorship, created.people, created.title) == (ID, (MENTOR, MENTEE), "Ship a service")
    assert created.complete_time is None


@pytest.mark.parametrize("mentorship", [proposed(), agreed(MENTOR), ended()])
def test_goals_need_an_active_mentorship(mentorship: Mentorship) -> None:
    with pytest.raises(Refused) as refusal:
        mentorship.set_goal(ID, MENTEE, DRAFT, NOON)
    assert refusal.value.reason == "MENTORSHIP_NOT_ACTIVE"


def test_only_the_two_set_goals() -> None:
    with pytest.raises(Denied) as refusal:
        active().set_goal(ID, LEAD, DRAFT, NOON)
    assert refusal.value.reason == "NOT_A_PARTICIPANT"


@pytest.mark.parametrize(
    ("now", "target"),
    [
        pytest.param(datetime(2026, 3, 2, 11, 59, tzinfo=UTC), date(2026, 3, 1), id="1 March at UTC-12"),
        pytest.param(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), date(2026, 3, 2), id="today"),
        pytest.param(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), date(2027, 3, 2), id="next year"),
    ],
)
def test_target_dates_that_are_not_past_somewhere_are_taken(now: datetime, target: date) -> None:
    assert active().set_goal(ID, MENTEE, replace(DRAFT, target_date=target), now)[0].target_date == target


def test_a_target_date_that_is_past_everywhere_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        active().set_goal(ID, MENTEE, replace(DRAFT, target_date=date(2026, 3, 1)), NOON)
    assert refusal.value.reason == "TARGET_DATE_PAST"
    assert [path for path, _ in refusal.value.fields] == ["goal.target_date"]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(DRAFT, title="   "), "title"),
        (replace(DRAFT, title="a\x07"), "title"),
        (replace(DRAFT, measure="\x1b[31m"), "measure"),
    ],
)
def test_goals_are_plain_text(draft: GoalDraft, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        active().set_goal(ID, MENTEE, draft, NOON)
    assert [path for path, _ in refusal.value.fields] == [f"goal.{field}"]


@pytest.mark.parametrize("person", [MENTOR, MENTEE])
def test_either_of_the_two_completes_a_goal_once(person: str) -> None:
    later = NOON + timedelta(days=30)
    reached, events = goal().complete(ID, person, later)
    assert (reached.complete_time, events) == (later, [GoalCompleted()])
    with pytest.raises(Refused) as refusal:
        reached.complete(ID, person, later)
    assert refusal.value.reason == "GOAL_ALREADY_COMPLETED"


@pytest.mark.parametrize(("mentorship", "person"), [(ID, STRANGER), ("another", MENTEE)])
def test_a_goal_of_others_or_under_another_name_is_not_found(mentorship: str, person: str) -> None:
    with pytest.raises(NotFound):
        goal().complete(mentorship, person, NOON)


def test_a_goals_words_are_for_the_two_only() -> None:
    assert goal().read_by(MENTEE, oversees=False) == goal()
    assert goal().read_by(MENTOR, oversees=True) == goal()
    overseen = goal().read_by(LEAD, oversees=True)
    assert overseen == replace(goal(), title="", measure="")
    with pytest.raises(NotFound):
        goal().read_by(STRANGER, oversees=False)
