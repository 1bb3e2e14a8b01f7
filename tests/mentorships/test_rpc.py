"""The way of a pair over real gRPC and MongoDB: agreement, goals, and the events each step leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.kernel.clock import FixedClock
from services.kernel.mongo import Ref
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import goal_service_pb2_grpc as goals_grpc
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2_grpc as mentorships_grpc
from tests.harness import Running, reason, running
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed

pytestmark = pytest.mark.servers

NAME = f"organizations/{ORG}/mentorships/{ID}"
AGREEMENT = mentorships.Agreement(
    cadence=Duration(seconds=14 * 86_400),
    meeting_length=Duration(seconds=3_600),
    channels=[mentorships.Agreement.CHANNEL_VIDEO],
    focus_areas=["public speaking"],
)


class World:
    """The service, the pair and others who call it."""

    def __init__(self, at: Running) -> None:
        self.at = at
        self.mentorships = mentorships_grpc.MentorshipServiceStub(at.channel)
        self.goals = goals_grpc.GoalServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee")
        self.hr = at.token("admin", "hr_admin")
        self.lead = at.token(LEAD, "program_lead")

    async def activate(self) -> None:
        """Let the pair agree."""
        propose = mentorships.ProposeAgreementRequest(name=NAME, agreement=AGREEMENT)
        await self.mentorships.ProposeAgreement(propose, metadata=self.mentee)
        sign = mentorships.SignAgreementRequest(name=NAME, revision=1)
        await self.mentorships.SignAgreement(sign, metadata=self.mentor)
        await self.mentorships.SignAgreement(sign, metadata=self.mentee)

    async def set_goal(self, request_id: str = "") -> goals.Goal:
        """Set a goal as the mentee."""
        goal = goals.Goal(kind=goals.Goal.KIND_CAREER, title="Lead a team", measure="Three months of it")
        request = goals.CreateGoalRequest(parent=NAME, goal=goal, request_id=request_id)
        return await self.goals.CreateGoal(request, metadata=self.mentee)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    """Serve one mentorship that a confirmed match has begun."""
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        yield World(at)


async def test_a_pair_agrees_and_the_mentorship_runs(world: World) -> None:
    await world.activate()
    shown = await world.mentorships.GetMentorship(
        mentorships.GetMentorshipRequest(name=NAME), metadata=world.mentor
    )
    assert shown.state == mentorships.Mentorship.STATE_ACTIVE
    assert (shown.agreement.revision, len(shown.agreement.signed_by)) == (1, 2)
    assert shown.agreement.cadence == AGREEMENT.cadence
    assert await world.at.told(Ref(ORG, ID)) == [
        "MentorshipCreated",
        "AgreementProposed",
        "AgreementSigned",
        "AgreementSigned",
        "MentorshipActivated",
    ]


async def test_a_goal_is_set_once_per_request_and_completed_once(world: World) -> None:
    await world.activate()
    goal = await world.set_goal("r-1")
    assert await world.set_goal("r-1") == goal
    complete = goals.CompleteGoalRequest(name=goal.name, etag=goal.etag, request_id="r-2")
    reached = await world.goals.CompleteGoal(complete, metadata=world.mentor)
    assert reached.state == goals.Goal.STATE_COMPLETED
    assert await world.goals.CompleteGoal(complete, metadata=world.mentor) == reached
    assert await world.at.told(Ref(ORG, goal.name.rpartition("/")[2])) == ["GoalCreated", "GoalCompleted"]


async def test_both_sign_at_once_and_it_activates_once(world: World) -> None:
    propose = mentorships.ProposeAgreementRequest(name=NAME, agreement=AGREEMENT)
    await world.mentorships.ProposeAgreement(propose, metadata=world.mentee)
    sign = mentorships.SignAgreementRequest(name=NAME, revision=1)
    signed = await asyncio.gather(
        world.mentorships.SignAgreement(sign, metadata=world.mentor),
        world.mentorships.SignAgreement(sign, metadata=world.mentee),
    )
    assert sorted(len(each.agreement.signed_by) for each in signed) == [1, 2]
    assert (await world.at.told(Ref(ORG, ID))).count("MentorshipActivated") == 1


async def test_both_complete_a_goal_at_once_and_one_of_them_does(world: World) -> None:
    await world.activate()
    goal = await world.set_goal()
    complete = goals.CompleteGoalRequest(name=goal.name)
    calls = [world.goals.CompleteGoal(complete, metadata=who) for who in (world.mentor, world.mentee)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert [reason(refusal) for refusal in refusals] == ["GOAL_ALREADY_COMPLETED"]
    assert await world.at.told(Ref(ORG, goal.name.rpartition("/")[2])) == ["GoalCreated", "GoalCompleted"]


async def test_a_stale_etag_is_aborted(world: World) -> None:
    await world.activate()
    goal = await world.set_goal()
    stale = goals.CompleteGoalRequest(name=goal.name, etag='"9"')
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.goals.CompleteGoal(stale, metadata=world.mentee)
    assert refusal.value.code() is grpc.StatusCode.ABORTED


async def test_goals_of_others_are_not_found_and_hr_reads_no_words(world: World) -> None:
    await world.activate()
    goal = await world.set_goal()
    get = goals.GetGoalRequest(name=goal.name)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.goals.GetGoal(get, metadata=world.stranger)
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
    overseen = await world.goals.GetGoal(get, metadata=world.hr)
    assert (overseen.kind, overseen.title, overseen.measure) == (goal.kind, "", "")
    listed = await world.goals.ListGoals(goals.ListGoalsRequest(parent=NAME), metadata=world.mentee)
    assert list(listed.goals) == [goal]


async def test_lists_are_narrowed_to_the_caller_and_to_what_is_asked(world: World) -> None:
    people = f"organizations/{ORG}/people"
    asked = [
        (world.mentor, "", 1),
        (world.stranger, "", 0),
        (world.hr, f"{people}/{MENTEE}", 1),
        (world.hr, f"{people}/{STRANGER}", 0),
        (world.stranger, f"{people}/{MENTEE}", 0),
    ]
    for caller, person, count in asked:
        request = mentorships.ListMentorshipsRequest(parent=f"organizations/{ORG}", person=person)
        page = await world.mentorships.ListMentorships(request, metadata=caller)
        assert len(page.mentorships) == count, (caller, person)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("cadence", Duration(seconds=86_401), "DURATION_NOT_WHOLE"),
        ("focus_areas", [" "], "TEXT_BLANK"),
    ],
)
async def test_terms_that_make_no_sense_are_invalid(world: World, field: str, value: Any, why: str) -> None:
    agreement = mentorships.Agreement()
    agreement.CopyFrom(AGREEMENT)
    agreement.ClearField(field)  # type: ignore[arg-type]  # any field name
    agreement.MergeFrom(mentorships.Agreement(**{field: value}))
    request = mentorships.ProposeAgreementRequest(name=NAME, agreement=agreement)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.mentorships.ProposeAgreement(request, metadata=world.mentee)
    assert (refusal.value.code(), reason(refusal.value)) == (grpc.StatusCode.INVALID_ARGUMENT, why)


async def test_strangers_sign_nothing_and_the_ended_stays_ended(world: World) -> None:
    await world.activate()
    sign = mentorships.SignAgreementRequest(name=NAME, revision=1)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.mentorships.SignAgreement(sign, metadata=world.stranger)
    assert (refusal.value.code(), reason(refusal.value)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_A_PARTICIPANT",
    )
    ended = await world.mentorships.EndMentorship(
        mentorships.EndMentorshipRequest(name=NAME), metadata=world.hr
    )
    assert ended.state == mentorships.Mentorship.STATE_ENDED
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.set_goal()
    assert reason(refusal.value) == "MENTORSHIP_ENDED"


async def test_a_request_id_means_one_request_whatever_it_is_about(world: World) -> None:
    """Another goal, another method, another body: each is refused and changes nothing."""
    await world.activate()
    first, second = await world.set_goal("r-1"), await world.set_goal("r-2")
    await world.goals.CompleteGoal(
        goals.CompleteGoalRequest(name=first.name, request_id="r-3"), metadata=world.mentee
    )
    for used in ("r-1", "r-3"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await world.goals.CompleteGoal(
                goals.CompleteGoalRequest(name=second.name, request_id=used), metadata=world.mentee
            )
        assert reason(refused.value) == "REQUEST_ID_REUSED"
    kept = await world.goals.GetGoal(goals.GetGoalRequest(name=second.name), metadata=world.mentee)
    assert kept == second


async def test_a_refused_request_may_be_mended_under_its_id(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.set_goal("r-1")
    assert reason(refused.value) == "MENTORSHIP_NOT_ACTIVE"
    await world.activate()
    assert (await world.set_goal("r-1")).title == "Lead a team"
