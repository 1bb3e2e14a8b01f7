"""Every rule of a goal, without any server."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.mentorships.domain import (
    Goal,
    GoalCompleted,
    GoalCreated,
    GoalDraft,
    GoalDropped,
    GoalProgressNoted,
    GoalReopened,
    GoalUpdated,
    Kind,
    Mentorship,
    Milestone,
    MilestoneCompleted,
    Progress,
    ProgressNote,
    Task,
    TaskCompleted,
)
from services.mentorships.domain.goal import GOAL_FIELDS, MOST_NOTES
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
    draft_of,
    ended,
    goal,
    paused,
    planned,
    proposed,
)

LATER = NOON + timedelta(days=30)
PAST = date(2026, 3, 1)


def completed() -> Goal:
    return goal().complete(LATER)[0]


def dropped() -> Goal:
    return goal().drop(LATER)[0]


def test_a_goal_belongs_to_the_pair() -> None:
    draft = replace(DRAFT, title="  Ship \n a service ")
    created, events = active().set_goal(ID, MENTOR, draft, NOON)
    assert events == [GoalCreated()]
    assert (created.mentorship, created.people, created.title) == (ID, (MENTOR, MENTEE), "Ship a service")
    assert created.state is Progress.OPEN


@pytest.mark.parametrize(
    ("mentorship", "reason"),
    [
        (proposed(), "MENTORSHIP_NOT_ACTIVE"),
        (agreed(MENTOR), "MENTORSHIP_NOT_ACTIVE"),
        (paused(), "MENTORSHIP_PAUSED"),
        (ended(), "MENTORSHIP_ENDED"),
    ],
)
def test_goals_need_an_active_mentorship(mentorship: Mentorship, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        mentorship.set_goal(ID, MENTEE, DRAFT, NOON)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("person", [STRANGER, LEAD])
def test_others_set_no_goals(person: str) -> None:
    with pytest.raises(Denied):
        active().set_goal(ID, person, DRAFT, NOON)


@pytest.mark.parametrize(
    ("now", "target"),
    [
        (NOON, date(2026, 3, 2)),
        (NOON, date(2027, 1, 1)),
        (datetime(2026, 3, 3, 11, tzinfo=UTC), date(2026, 3, 2)),
    ],
    ids=["today", "later", "still today in the west"],
)
def test_target_dates_to_come_are_kept(now: datetime, target: date) -> None:
    assert active().set_goal(ID, MENTEE, replace(DRAFT, target_date=target), now)[0].target_date == target


@pytest.mark.parametrize(
    ("draft", "reason", "field"),
    [
        pytest.param(replace(DRAFT, target_date=PAST), "TARGET_DATE_PAST", "goal.target_date", id="past"),
        pytest.param(replace(DRAFT, kind=None), "KIND_MISSING", "goal.kind", id="no kind"),
        pytest.param(replace(DRAFT, title="   "), "TEXT_BLANK", "goal.title", id="blank"),
        pytest.param(replace(DRAFT, title="a\x07"), "TEXT_NOT_PLAIN", "goal.title", id="bell"),
        pytest.param(replace(DRAFT, measure="\x1b[31m"), "TEXT_NOT_PLAIN", "goal.measure", id="escape"),
        pytest.param(
            replace(DRAFT, milestones=(Milestone("a"), Milestone(" "))),
            "TEXT_BLANK",
            "goal.milestones[1].title",
            id="blank milestone",
        ),
        pytest.param(
            replace(DRAFT, milestones=(Milestone("a", PAST),)),
            "TARGET_DATE_PAST",
            "goal.milestones[0].target_date",
            id="past milestone",
        ),
        pytest.param(
            replace(DRAFT, tasks=(Task("a", MENTEE, PAST),)),
            "TARGET_DATE_PAST",
            "goal.tasks[0].due_date",
            id="past task",
        ),
        pytest.param(
            replace(DRAFT, tasks=(Task("a", STRANGER),)),
            "OWNER_NOT_OF_PAIR",
            "goal.tasks[0].owner",
            id="a stranger's task",
        ),
        pytest.param(
            replace(DRAFT, milestones=(Milestone("a", id="7"),)),
            "STEP_UNKNOWN",
            "goal.milestones[0].id",
            id="a milestone that is not there",
        ),
        pytest.param(
            replace(DRAFT, shared_with=(MENTOR,)),
            "SHARED_WITH_PAIR",
            "goal.shared_with",
            id="shared with oneself",
        ),
    ],
)
def test_a_wrong_draft_names_the_field(draft: GoalDraft, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        active().set_goal(ID, MENTEE, draft, NOON)
    assert (refusal.value.reason, [path for path, _ in refusal.value.fields]) == (reason, [field])
    with pytest.raises(Invalid) as again:
        goal().update(MENTEE, draft, GOAL_FIELDS, NOON)
    assert again.value.reason == reason


def test_milestones_and_tasks_are_numbered_in_order() -> None:
    state = planned()
    assert [(one.id, one.title) for one in state.milestones] == [("1", "a draft"), ("2", "a review")]
    assert [(one.id, one.owner) for one in state.tasks] == [("3", MENTOR), ("4", MENTEE)]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Ship two services"},
        {"kind": Kind.CAREER},
        {"measure": ""},
        {"target_date": date(2026, 9, 1)},
        {"title": "Ship two services", "measure": "both run"},
    ],
)
def test_an_update_changes_the_named_fields_only(changes: dict[str, Any]) -> None:
    other = GoalDraft(kind=Kind.NETWORK, title="ignored", measure="ignored", target_date=date(2030, 1, 1))
    changed, events = planned().update(MENTOR, replace(other, **changes), changes, NOON)
    assert (changed, events) == (replace(planned(), **changes), [GoalUpdated()])


def test_an_update_to_the_same_changes_nothing() -> None:
    assert planned().update(MENTEE, draft_of(planned()), GOAL_FIELDS, NOON) == (planned(), [])


def test_an_overdue_goal_can_be_renamed_but_not_moved_into_the_past() -> None:
    due = replace(planned(), target_date=date(2026, 3, 10))
    renamed, _ = due.update(MENTEE, draft_of(due, title="late"), GOAL_FIELDS, LATER)
    assert renamed == replace(due, title="late")
    with pytest.raises(Invalid):
        due.update(MENTEE, draft_of(due, target_date=date(2026, 3, 11)), GOAL_FIELDS, LATER)


def test_milestones_are_renamed_reordered_added_and_taken_away() -> None:
    first, second = planned().milestones
    wanted = (replace(second, title="two reviews"), Milestone("a talk"))
    changed, _ = planned().update(MENTEE, draft_of(planned(), milestones=wanted), ["milestones"], NOON)
    assert [(one.id, one.title) for one in changed.milestones] == [("2", "two reviews"), ("5", "a talk")]
    back, _ = changed.update(
        MENTEE, draft_of(changed, milestones=(Milestone(first.title),)), ["milestones"], NOON
    )
    assert [one.id for one in back.milestones] == ["6"], "a number is never used twice"


def test_the_same_milestone_cannot_stand_twice() -> None:
    first, _ = planned().milestones
    with pytest.raises(Invalid) as refusal:
        planned().update(MENTEE, draft_of(planned(), milestones=(first, first)), ["milestones"], NOON)
    assert refusal.value.reason == "STEP_UNKNOWN"


def test_a_milestone_is_reached_once_and_in_any_order() -> None:
    reached, events = planned().complete_milestone("2", LATER)
    assert events == [MilestoneCompleted("2")]
    assert [one.complete_time for one in reached.milestones] == [None, LATER]
    with pytest.raises(Refused) as refusal:
        reached.complete_milestone("2", LATER)
    assert refusal.value.reason == "STEP_ALREADY_COMPLETED"
    with pytest.raises(NotFound):
        reached.complete_milestone("3", LATER)


def test_a_task_is_done_once_and_its_owner_is_told() -> None:
    done, events = planned().complete_task("4", LATER)
    assert events == [TaskCompleted("4", MENTEE)]
    with pytest.raises(Refused):
        done.complete_task("4", LATER)
    with pytest.raises(NotFound):
        done.complete_task("1", LATER)


@pytest.mark.parametrize(
    "wanted",
    [(), (Milestone("a review", date(2026, 4, 1), "2"),), (Milestone("another draft", id="1"),)],
    ids=["none", "left out", "renamed"],
)
def test_what_is_done_stays_as_it_is(wanted: tuple[Milestone, ...]) -> None:
    reached, _ = planned().complete_milestone("1", LATER)
    with pytest.raises(Refused) as refusal:
        reached.update(MENTEE, draft_of(reached, milestones=wanted), ["milestones"], LATER)
    assert refusal.value.reason == "STEP_COMPLETED"


def test_what_is_done_goes_on_when_others_change() -> None:
    reached, _ = planned().complete_milestone("1", LATER)
    sent = tuple(replace(one, complete_time=None) for one in reached.milestones)
    changed, _ = reached.update(
        MENTEE, draft_of(reached, milestones=(*sent, Milestone("a talk"))), ["milestones"], LATER
    )
    assert [one.complete_time for one in changed.milestones] == [LATER, None, None]


def test_a_goal_is_completed_once() -> None:
    reached, events = goal().complete(LATER)
    assert (reached.complete_time, reached.completions, events) == (LATER, 1, [GoalCompleted()])
    with pytest.raises(Refused) as refusal:
        reached.complete(LATER)
    assert refusal.value.reason == "GOAL_ALREADY_COMPLETED"


def test_completing_after_reopening_counts_on() -> None:
    reopened, events = completed().reopen()
    assert (reopened.state, reopened.completions, events) == (Progress.OPEN, 1, [GoalReopened()])
    assert reopened.complete(LATER)[0].completions == 2


def test_a_dropped_goal_comes_back_without_being_counted() -> None:
    given_up, events = goal().drop(LATER)
    assert (given_up.state, events) == (Progress.DROPPED, [GoalDropped()])
    assert given_up.reopen()[0] == goal()


def test_an_open_goal_is_not_reopened() -> None:
    with pytest.raises(Refused) as refusal:
        goal().reopen()
    assert refusal.value.reason == "GOAL_OPEN"


@pytest.mark.parametrize(
    ("state", "reason"), [(completed(), "GOAL_ALREADY_COMPLETED"), (dropped(), "GOAL_DROPPED")]
)
def test_a_closed_goal_does_not_change(state: Goal, reason: str) -> None:
    acts: list[Callable[[], object]] = [
        lambda: state.complete(LATER),
        lambda: state.drop(LATER),
        lambda: state.complete_milestone("1", LATER),
        lambda: state.complete_task("1", LATER),
        lambda: state.update(MENTEE, draft_of(state, title="new"), ["title"], LATER),
    ]
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.reason == reason


@pytest.mark.parametrize("state", [goal(), completed(), dropped()])
def test_the_mentee_shares_at_any_time_and_nobody_else_does(state: Goal) -> None:
    shared = draft_of(state, shared_with=(STRANGER,))
    changed, events = state.update(MENTEE, shared, ["shared_with"], NOON)
    assert (changed.shared_with, events) == ((STRANGER,), [GoalUpdated()])
    with pytest.raises(Denied) as refusal:
        state.update(MENTOR, shared, ["shared_with"], NOON)
    assert refusal.value.reason == "NOT_THE_MENTEE"
    assert changed.update(MENTEE, draft_of(state), ["shared_with"], NOON)[0] == state


def test_the_mentor_sends_back_the_sharing_as_it_is() -> None:
    shared = replace(goal(), shared_with=(STRANGER,))
    renamed, _ = shared.update(MENTOR, draft_of(shared, title="new"), GOAL_FIELDS, NOON)
    assert renamed == replace(shared, title="new")


def note(key: str = "n", text: str = "it goes", percent: int | None = None) -> ProgressNote:
    return ProgressNote(key, MENTEE, NOON, text, percent)


def test_notes_are_added_once_and_the_latest_figure_counts() -> None:
    state, events = goal().add_note(note("a", " first \n\n second\n", 40))
    assert (state.notes[0].text, events) == ("first \n\n second", [GoalProgressNoted(MENTEE, 40)])
    assert state.add_note(note("a", "again")) == (state, [])
    silent, events = state.add_note(note("b"))
    assert (silent.percent, events) == (40, [GoalProgressNoted(MENTEE, None)])
    assert silent.add_note(note("c", percent=0))[0].percent == 0


@pytest.mark.parametrize("text", [" \n ", "a\x00b", "\x1b[31m"])
def test_notes_are_plain_words(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        goal().add_note(note(text=text))
    assert [path for path, _ in refusal.value.fields] == ["text"]


def test_notes_are_bounded() -> None:
    state = goal()
    for number in range(MOST_NOTES):
        state, _ = state.add_note(note(str(number)))
    with pytest.raises(Refused) as refusal:
        state.add_note(note("one more"))
    assert refusal.value.reason == "NOTES_FULL"


@pytest.mark.parametrize(("mentorship", "person"), [(ID, STRANGER), (ID, LEAD), ("another", MENTEE)])
def test_a_goal_of_others_or_under_another_name_is_not_found(mentorship: str, person: str) -> None:
    with pytest.raises(NotFound):
        replace(goal(), shared_with=(STRANGER,)).require_own(mentorship, person)


def full() -> Goal:
    """Return a goal with everything in it that has words."""
    noted, _ = planned().add_note(note(percent=10))
    return replace(noted, shared_with=("e7", STRANGER))


def test_a_goals_words_are_for_the_two_and_those_it_is_shared_with() -> None:
    assert full().read_by(MENTEE, oversees=False) == full()
    assert full().read_by(MENTOR, oversees=True) == full()
    assert full().read_by(STRANGER, oversees=False) == replace(full(), notes=(), shared_with=())
    with pytest.raises(NotFound):
        full().read_by(LEAD, oversees=False)


@pytest.mark.parametrize("state", [full(), replace(full(), complete_time=NOON, reached_before=1)])
def test_overseers_see_kind_state_and_dates_only(state: Goal) -> None:
    shown = state.read_by(LEAD, oversees=True)
    assert (shown.kind, shown.state, shown.target_date) == (state.kind, state.state, state.target_date)
    kept: Collection[Any] = [shown.title, shown.measure, shown.milestones, shown.tasks, shown.notes]
    assert not any([*kept, shown.shared_with, shown.percent])
