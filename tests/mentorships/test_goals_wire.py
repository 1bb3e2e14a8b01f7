"""Goals to and from protobuf."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain import GoalDraft, Kind, Milestone, ProgressNote, Task
from services.mentorships.wire import goals as wire
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, goal

REF = Ref(ORG, "goal-1")
PARENT = f"organizations/acme/mentorships/{ID}"
NAME = f"{PARENT}/goals/goal-1"
PEOPLE = "organizations/acme/people"
LATER = NOON + timedelta(days=3, milliseconds=7)

_dates = st.none() | st.dates()
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is the strategy's
_words = st.text(min_size=1, max_size=200)
_ids = st.text("0123456789", max_size=4)
_drafts = st.builds(
    GoalDraft,
    kind=st.sampled_from(Kind),
    title=_words,
    measure=st.text(max_size=500),
    target_date=_dates,
    milestones=st.lists(st.builds(Milestone, _words, _dates, _ids), max_size=3).map(tuple),
    tasks=st.lists(st.builds(Task, _words, st.sampled_from([MENTOR, MENTEE]), _dates, _ids), max_size=3).map(
        tuple
    ),
    shared_with=st.lists(st.sampled_from(["e1", "e2", "e3"]), unique=True).map(tuple),
)


@given(_drafts, st.none() | _moments, st.integers(0, 3))
def test_goals_survive_the_way_out_and_back(
    draft: GoalDraft, complete_time: datetime | None, before: int
) -> None:
    assert draft.kind is not None
    state = domain.Goal(
        mentorship=ID,
        people=(MENTOR, MENTEE),
        kind=draft.kind,
        title=draft.title,
        measure=draft.measure,
        target_date=draft.target_date,
        milestones=draft.milestones,
        tasks=draft.tasks,
        shared_with=draft.shared_with,
        complete_time=complete_time,
        reached_before=before,
    )
    message = wire.goal(REF, Versioned(state, 1, NOON, LATER))
    assert wire.draft(ORG, message) == draft
    assert (message.state == Goal.STATE_COMPLETED) == message.HasField("complete_time")
    assert message.completions == before + message.HasField("complete_time")
    assert message.name == NAME


def test_all_that_only_comes_out_is_shown() -> None:
    state = replace(
        goal(),
        milestones=(Milestone("half way", id="1", complete_time=LATER),),
        tasks=(Task("ask around", MENTOR, id="2", complete_time=LATER),),
        notes=(
            ProgressNote("n1", MENTEE, NOON, "slow but steady"),
            ProgressNote("n2", MENTOR, LATER, "well", 40),
        ),
        percent=40,
        drop_time=LATER,
    )
    message = wire.goal(REF, Versioned(state, 7, NOON, LATER))
    assert message.state == Goal.STATE_DROPPED
    assert message.drop_time.ToDatetime(UTC) == LATER
    assert message.milestones[0].complete_time.ToDatetime(UTC) == LATER
    assert message.tasks[0].complete_time.ToDatetime(UTC) == LATER
    assert message.tasks[0].owner == f"{PEOPLE}/{MENTOR}"
    first, second = message.progress_notes
    assert (first.author, first.text, first.HasField("percent")) == (
        f"{PEOPLE}/{MENTEE}",
        "slow but steady",
        False,
    )
    assert (second.percent, second.create_time.ToDatetime(UTC), message.percent) == (40, LATER, 40)


def test_a_goal_without_a_figure_shows_none() -> None:
    assert not wire.goal(REF, Versioned(goal(), 1, NOON, NOON)).HasField("percent")


@pytest.mark.parametrize("target", [Date(), Date(year=2026, month=2, day=29), Date(year=2026), Date(year=-1)])
def test_dates_on_no_calendar_are_refused(target: Date) -> None:
    with pytest.raises(Invalid) as refusal:
        wire.draft(ORG, Goal(kind=Goal.KIND_CAREER, title="x", target_date=target))
    assert refusal.value.reason == "DATE_MALFORMED"
    assert [path for path, _ in refusal.value.fields] == ["goal.target_date"]


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Goal(tasks=[Goal.Task(title="x", owner="somebody")]), "goal.tasks[0].owner"),
        (Goal(shared_with=["organizations/globex/people/e1"]), "goal.shared_with[0]"),
        (Goal(milestones=[Goal.Milestone(title="x", target_date=Date())]), "goal.milestones[0].target_date"),
        (
            Goal(tasks=[Goal.Task(title="x", owner=f"{PEOPLE}/e1", due_date=Date(month=13))]),
            "goal.tasks[0].due_date",
        ),
    ],
)
def test_what_is_wrong_is_named(message: Goal, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        wire.draft(ORG, message)
    assert [found for found, _ in refusal.value.fields] == [path]


def test_a_goal_without_a_date_has_none() -> None:
    assert wire.draft(ORG, Goal(kind=Goal.KIND_CAREER, title="x")).target_date is None
    assert not wire.goal(REF, Versioned(goal(), 1, NOON, NOON)).HasField("target_date")


DATED = replace(goal(), target_date=date(2026, 4, 1))
DATE = Date(year=2026, month=4, day=1)


@pytest.mark.parametrize(
    ("state", "event", "message"),
    [
        (
            DATED,
            domain.GoalCreated(),
            events.GoalCreated(
                goal=NAME, mentorship=PARENT, kind=Goal.KIND_TECHNICAL_SKILL, target_date=DATE
            ),
        ),
        (DATED, domain.GoalUpdated(), events.GoalUpdated(goal=NAME, mentorship=PARENT, target_date=DATE)),
        (goal(), domain.GoalUpdated(), events.GoalUpdated(goal=NAME, mentorship=PARENT)),
        (
            replace(goal(), complete_time=NOON, reached_before=2),
            domain.GoalCompleted(),
            events.GoalCompleted(
                goal=NAME,
                mentorship=PARENT,
                mentor=f"{PEOPLE}/{MENTOR}",
                mentee=f"{PEOPLE}/{MENTEE}",
                kind=Goal.KIND_TECHNICAL_SKILL,
                completion=3,
            ),
        ),
        (
            goal(),
            domain.GoalReopened(),
            events.GoalReopened(
                goal=NAME, mentorship=PARENT, mentor=f"{PEOPLE}/{MENTOR}", mentee=f"{PEOPLE}/{MENTEE}"
            ),
        ),
        (goal(), domain.GoalDropped(), events.GoalDropped(goal=NAME, mentorship=PARENT)),
        (
            goal(),
            domain.GoalProgressNoted(MENTOR, 0),
            events.GoalProgressNoted(goal=NAME, mentorship=PARENT, person=f"{PEOPLE}/{MENTOR}", percent=0),
        ),
        (
            goal(),
            domain.MilestoneCompleted("3"),
            events.MilestoneCompleted(goal=NAME, mentorship=PARENT, milestone="3"),
        ),
        (
            goal(),
            domain.TaskCompleted("4", MENTEE),
            events.TaskCompleted(goal=NAME, mentorship=PARENT, task="4", owner=f"{PEOPLE}/{MENTEE}"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_happens_to_a_goal_travels_with_its_mentorship_and_without_its_words(
    state: domain.Goal, event: domain.GoalEvent, message: object
) -> None:
    worded = replace(state, shared_with=(STRANGER,))
    outgoing = wire.goal_outgoing(REF, worded, event)
    assert (outgoing.message, outgoing.subject, outgoing.key) == (message, NAME, ID)
    told = outgoing.message.SerializeToString()
    assert not any(word.encode() in told for word in (worded.title, worded.measure, STRANGER))
