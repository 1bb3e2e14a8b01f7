"""Goals of a pair over real gRPC and MongoDB, and the events each step leaves behind."""

from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel.clock import FixedClock
from services.kernel.mongo import Ref
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal
from tests.harness import reason, running
from tests.mentorships.factories import MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed
from tests.mentorships.test_rpc import NAME, World

pytestmark = pytest.mark.servers

PEOPLE = f"organizations/{ORG}/people"
GOAL = Goal(
    kind=Goal.KIND_SOFT_SKILL,
    title="Speak in front of people",
    measure="One talk",
    target_date=Date(year=2026, month=9, day=1),
    milestones=[Goal.Milestone(title="A talk in the team"), Goal.Milestone(title="A talk outside")],
    tasks=[Goal.Task(title="Lend a book", owner=f"{PEOPLE}/{MENTOR}")],
)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    """Serve one active mentorship."""
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        world = World(at)
        await world.activate()
        yield world


async def created(world: World) -> Goal:
    request = goals.CreateGoalRequest(parent=NAME, goal=GOAL, request_id="c")
    return await world.goals.CreateGoal(request, metadata=world.mentee)


async def told(world: World, goal: Goal) -> list[str]:
    return await world.at.told(Ref(ORG, goal.name.rpartition("/")[2]))


async def test_the_way_of_a_goal_from_its_first_step_to_its_second_completion(world: World) -> None:
    goal = await created(world)
    assert [one.id for one in goal.milestones] == ["1", "2"]
    milestone = goals.CompleteMilestoneRequest(name=goal.name, milestone="1", etag=goal.etag)
    stepped = await world.goals.CompleteMilestone(milestone, metadata=world.mentee)
    assert stepped.milestones[0].HasField("complete_time")
    await world.goals.CompleteTask(goals.CompleteTaskRequest(name=goal.name, task="3"), metadata=world.mentor)
    note = goals.AddProgressNoteRequest(name=goal.name, text="Halfway.\nCalmer.", percent=50, request_id="n")
    noted = await world.goals.AddProgressNote(note, metadata=world.mentee)
    assert await world.goals.AddProgressNote(note, metadata=world.mentee) == noted
    assert [one.text for one in noted.progress_notes] == ["Halfway.\nCalmer."]
    complete = goals.CompleteGoalRequest(name=goal.name)
    await world.goals.CompleteGoal(complete, metadata=world.mentee)
    await world.goals.ReopenGoal(goals.ReopenGoalRequest(name=goal.name), metadata=world.mentor)
    again = await world.goals.CompleteGoal(complete, metadata=world.mentee)
    assert (again.completions, again.percent) == (2, 50)
    assert await told(world, goal) == [
        "GoalCreated",
        "MilestoneCompleted",
        "TaskCompleted",
        "GoalProgressNoted",
        "GoalCompleted",
        "GoalReopened",
        "GoalCompleted",
    ]


async def test_an_update_changes_what_its_mask_names(world: World) -> None:
    goal = await created(world)
    wanted = Goal(name=goal.name, etag=goal.etag, measure="Two talks", title="ignored")
    request = goals.UpdateGoalRequest(goal=wanted, update_mask=FieldMask(paths=["measure", "target_date"]))
    changed = await world.goals.UpdateGoal(request, metadata=world.mentor)
    assert (changed.title, changed.measure) == (goal.title, "Two talks")
    assert not changed.HasField("target_date"), "named, and absent"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.goals.UpdateGoal(request, metadata=world.mentor)
    assert reason(refusal.value) == "ETAG_MISMATCH"
    assert await told(world, goal) == ["GoalCreated", "GoalUpdated"]


@pytest.mark.parametrize(
    ("goal", "paths", "why"),
    [
        (Goal(target_date=Date(year=2026, month=3, day=1)), ["target_date"], "TARGET_DATE_PAST"),
        (Goal(), ["title"], "TEXT_BLANK"),
        (Goal(), ["no_such_field"], "UNKNOWN_FIELD"),
        (Goal(title="x" * 201), ["title"], "INVALID_FIELDS"),
        (Goal(tasks=[Goal.Task(title="x", owner=f"{PEOPLE}/{STRANGER}")]), [], "OWNER_NOT_OF_PAIR"),
    ],
)
async def test_bad_updates_are_told_and_change_nothing(
    world: World, goal: Goal, paths: list[str], why: str
) -> None:
    stored = await created(world)
    wanted = Goal(name=stored.name)
    wanted.MergeFrom(goal)
    request = goals.UpdateGoalRequest(goal=wanted, update_mask=FieldMask(paths=paths))
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.goals.UpdateGoal(request, metadata=world.mentee)
    assert (refusal.value.code(), reason(refusal.value)) == (grpc.StatusCode.INVALID_ARGUMENT, why)
    shown = await world.goals.GetGoal(goals.GetGoalRequest(name=stored.name), metadata=world.mentee)
    assert shown == stored


async def test_a_shared_goal_is_found_by_whom_it_is_shared_with(world: World) -> None:
    goal = await created(world)
    wanted = Goal(name=goal.name, shared_with=[f"{PEOPLE}/{STRANGER}"])
    await world.goals.UpdateGoal(goals.UpdateGoalRequest(goal=wanted), metadata=world.mentee)
    every = f"organizations/{ORG}/mentorships/-"
    for shared, state, found in [
        (True, Goal.STATE_OPEN, 1),
        (True, Goal.STATE_DROPPED, 0),
        (False, Goal.STATE_UNSPECIFIED, 0),
    ]:
        request = goals.ListGoalsRequest(parent=every, shared_with_me=shared, state=state)
        page = await world.goals.ListGoals(request, metadata=world.stranger)
        assert [one.title for one in page.goals] == [GOAL.title] * found
    dropped = await world.goals.DropGoal(goals.DropGoalRequest(name=goal.name), metadata=world.mentee)
    assert (dropped.state, dropped.HasField("drop_time")) == (Goal.STATE_DROPPED, True)
    request = goals.ListGoalsRequest(parent=every, state=Goal.STATE_DROPPED)
    for who, title in [(world.mentor, GOAL.title), (world.hr, ""), (world.lead, "")]:
        page = await world.goals.ListGoals(request, metadata=who)
        assert [(one.kind, one.title) for one in page.goals] == [(GOAL.kind, title)]


async def test_a_goal_is_not_shared_with_another_organization(world: World) -> None:
    goal = await created(world)
    wanted = Goal(name=goal.name, shared_with=[f"organizations/globex/people/{MENTEE}"])
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.goals.UpdateGoal(goals.UpdateGoalRequest(goal=wanted), metadata=world.mentee)
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
