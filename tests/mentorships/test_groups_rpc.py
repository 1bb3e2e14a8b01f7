"""Groups over real gRPC and MongoDB: seats under a rush, co-mentors, leavers and timers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.date_pb2 import Date

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.mongo import Ref
from services.kernel.run import Resources, Service
from services.mentorships.__main__ import build
from services.pb.mentoring.matching.v1.events_pb2 import EnrolmentEnded
from services.pb.mentoring.matching.v1.program_service_pb2 import Enrolment, Program
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import group_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.events_pb2 import GroupJoined
from services.pb.mentoring.mentorships.v1.group_service_pb2_grpc import GroupServiceStub
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, OwnIdentity, directory
from tests.harness import Metadata, Running, reason, running
from tests.mentorships.factories import MENTEE, MENTOR, NOON, ORG, STRANGER

pytestmark = pytest.mark.servers

PARENT = f"organizations/{ORG}"
PEOPLE = f"{PARENT}/people"
SPRING = f"{PARENT}/programs/spring"
GROUP = pb.Group(
    title="Speaking up",
    seats=3,
    agreement=Agreement(
        cadence=Duration(seconds=14 * 86_400),
        meeting_length=Duration(seconds=3_600),
        channels=[Agreement.CHANNEL_VIDEO],
        focus_areas=["public speaking"],
        end_date=Date(year=2026, month=6, day=30),
    ),
)


class World:
    """The service with one group of three seats."""

    def __init__(self, at: Running, people: Directory, clock: FixedClock, due: Due) -> None:
        self.at = at
        self.people = people
        self.clock = clock
        self.due = due
        self.stub = GroupServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.other = at.token(STRANGER, "mentor")
        self.hr = at.token("admin", "hr_admin")
        self.group = pb.Group()

    async def begin(self) -> None:
        request = pb.CreateGroupRequest(parent=PARENT, group=GROUP, request_id="r-1")
        self.group = await self.stub.CreateGroup(request, metadata=self.mentor)
        assert await self.stub.CreateGroup(request, metadata=self.mentor) == self.group

    async def call(self, method: str, caller: Metadata, **request: Any) -> pb.Group:
        message = getattr(pb, f"{method}Request")(name=self.group.name, **request)
        answer: pb.Group = await getattr(self.stub, method)(message, metadata=caller)
        return answer

    def mentee(self, who: str) -> Metadata:
        return self.at.token(who, "mentee")

    async def told(self) -> list[str]:
        return await self.at.told(Ref(ORG, self.group.name.rpartition("/")[2]))


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    clock, opened = FixedClock(NOON), list[Resources]()

    def known_to_profiles(settings: Settings, resources: Resources) -> Service:
        opened.append(replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol
        return build(settings, opened[0])

    async with (
        directory() as people,
        running(
            known_to_profiles,
            mongo_url,
            clock,
            profiles_address=people.address,
            matching_address=people.address,
        ) as at,
    ):
        people.programs[SPRING] = Program(name=SPRING, state=Program.STATE_ACTIVE)
        people.enrol(SPRING, f"{PEOPLE}/{MENTOR}")
        people.add(*(Person(name=f"{PEOPLE}/{one}") for one in (MENTOR, MENTEE, STRANGER)))
        made = World(at, people, clock, Due(opened[0].database, at.service.kinds, clock))
        await made.begin()
        yield made


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), reason(refusal.value)


async def test_of_many_who_join_at_once_as_many_as_there_are_seats_get_one(world: World) -> None:
    people = [f"p{number}" for number in range(12)]
    await asyncio.gather(*(world.call("JoinGroup", world.mentee(one), revision=1) for one in people))
    group = await world.call("GetGroup", world.mentor)
    assert (group.member_count, group.waiting_count) == (3, 9)
    assert sorted([*group.members, *group.waiting]) == sorted(f"{PEOPLE}/{one}" for one in people)
    outside = await world.call("GetGroup", world.mentee("outside"))
    assert (outside.member_count, list(outside.members), outside.title) == (3, [], "Speaking up")
    first = group.members[0].rpartition("/")[2]
    left = await world.call("LeaveGroup", world.mentee(first))
    assert (list(left.members), left.member_count) == ([], 3), "who left is outside"
    after = await world.call("GetGroup", world.mentor)
    assert list(after.members) == [*group.members[1:], group.waiting[0]]
    assert (await world.told())[-2:] == ["GroupLeft", "GroupPromoted"]


async def test_another_mentor_guides_along_and_the_group_changes(world: World) -> None:
    await world.call("InviteGroupMentor", world.mentor, person=f"{PEOPLE}/{STRANGER}")
    both = await world.call("AnswerGroupInvitation", world.other, accept=True)
    assert list(both.mentors) == [f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{STRANGER}"]
    both.seats = 5
    both.agreement.cadence.seconds = 7 * 86_400
    changed = await world.stub.UpdateGroup(pb.UpdateGroupRequest(group=both), metadata=world.other)
    assert (changed.seats, changed.agreement.revision) == (5, 2)
    stale = world.stub.UpdateGroup(pb.UpdateGroupRequest(group=both), metadata=world.other)
    assert await refused(stale) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert await refused(world.call("JoinGroup", world.mentee(MENTEE), revision=1)) == (
        grpc.StatusCode.ABORTED,
        "TERMS_CHANGED",
    )


async def test_leavers_go_and_the_last_mentors_leaving_ends_it(world: World) -> None:
    await world.call("JoinGroup", world.mentee(MENTEE), revision=1)
    for person in (MENTEE, MENTOR):
        gone = PersonUpdated(
            person=f"{PEOPLE}/{person}", state=Person.STATE_TERMINATED, changed_fields=["state"]
        )
        await world.at.hear(gone, f"left-{person}")
    ended = await world.call("GetGroup", world.hr)
    assert (ended.state, ended.end_reason) == (pb.Group.STATE_ENDED, codes.END_REASON_PERSON_LEFT)
    assert await world.told() == ["GroupCreated", "GroupJoined", "GroupLeft", "GroupEnded"]


async def test_it_completes_by_itself_and_is_listed_so(world: World) -> None:
    world.clock.advance(datetime(2026, 7, 15, 12, tzinfo=UTC) - NOON)
    for kind in world.at.service.kinds:
        await world.due.fire(kind)
    request = pb.ListGroupsRequest(parent=PARENT, state=pb.Group.STATE_COMPLETED)
    (listed,) = (await world.stub.ListGroups(request, metadata=world.hr)).groups
    assert (listed.name, listed.end_reason) == (world.group.name, codes.END_REASON_UNSPECIFIED)


async def test_a_group_of_a_program_is_found_by_it(world: World) -> None:
    of_spring = pb.Group(program=SPRING)
    of_spring.MergeFrom(GROUP)
    begin = pb.CreateGroupRequest(parent=PARENT, group=of_spring)
    made = await world.stub.CreateGroup(begin, metadata=world.mentor)
    assert made.program == SPRING
    request = pb.ListGroupsRequest(parent=PARENT, program=SPRING)
    (listed,) = (await world.stub.ListGroups(request, metadata=world.hr)).groups
    assert listed == made
    made.program = f"{PARENT}/programs/autumn"
    changed = world.stub.UpdateGroup(pb.UpdateGroupRequest(group=made), metadata=world.mentor)
    assert await refused(changed) == (grpc.StatusCode.INVALID_ARGUMENT, "PROGRAM_FIXED")
    unknown = world.stub.CreateGroup(pb.CreateGroupRequest(parent=PARENT, group=made), metadata=world.mentor)
    assert await refused(unknown) == (grpc.StatusCode.NOT_FOUND, "PROGRAM_NOT_FOUND")


async def test_a_group_of_a_program_is_for_its_participants_until_they_leave_it(world: World) -> None:
    of_spring = pb.Group(program=SPRING)
    of_spring.MergeFrom(GROUP)
    of_spring.seats = 1
    begin = pb.CreateGroupRequest(parent=PARENT, group=of_spring)
    world.group = await world.stub.CreateGroup(begin, metadata=world.mentor)
    first, second = f"{PEOPLE}/{MENTEE}", f"{PEOPLE}/{STRANGER}"
    assert await refused(world.call("JoinGroup", world.mentee(MENTEE), revision=1)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "NOT_IN_PROGRAM",
    )
    for person in (first, second):
        world.people.enrol(SPRING, person, roles=[Person.ROLE_MENTEE])
        await world.call("JoinGroup", world.mentee(person.rpartition("/")[2]), revision=1)
    world.people.enrol(SPRING, first, state=Enrolment.STATE_ENDED, end_reason="LEFT")
    left = EnrolmentEnded(program=SPRING, person=first, reason="LEFT")
    await world.at.hear(left, "left-spring")
    moved = await world.call("GetGroup", world.mentor)
    assert (list(moved.members), list(moved.waiting)) == ([second], [])
    world.people.enrol(SPRING, second, state=Enrolment.STATE_ENDED, end_reason="LEFT")
    joined = GroupJoined(group=world.group.name, person=second)
    await world.at.hear(joined, "joined-while-leaving")
    closed = EnrolmentEnded(program=SPRING, person=f"{PEOPLE}/{MENTOR}", reason="PROGRAM_CLOSED")
    await world.at.hear(closed, "closed-spring")
    after = await world.call("GetGroup", world.mentor)
    assert (list(after.mentors), list(after.members)) == ([f"{PEOPLE}/{MENTOR}"], [])
    assert (await world.told())[-3:] == ["GroupLeft", "GroupPromoted", "GroupLeft"]


async def test_the_group_shares_goals_that_outsiders_do_not_see(world: World) -> None:
    await world.call("JoinGroup", world.mentee(MENTEE), revision=1)
    day, title = Date(year=2026, month=6, day=1), "Each gives one talk"
    for request_id in ("g-1", "g-1", "g-2"):
        await world.call("AddGroupGoal", world.mentor, title=title, target_date=day, request_id=request_id)
    await world.call("CompleteGroupGoal", world.mentor, goal_id="1")
    await world.call("DropGroupGoal", world.mentor, goal_id="2")
    (goal,) = (await world.call("GetGroup", world.mentee(MENTEE))).goals
    assert (goal.id, goal.title, goal.author, goal.target_date) == ("1", title, f"{PEOPLE}/{MENTOR}", day)
    assert goal.HasField("complete_time")
    (overseen,) = (await world.call("GetGroup", world.hr)).goals
    assert (overseen.title, overseen.complete_time) == ("", goal.complete_time)
    assert list((await world.call("GetGroup", world.mentee("outside"))).goals) == []
    past = world.call("AddGroupGoal", world.mentor, title=title, target_date=Date(year=2020, month=1, day=1))
    assert await refused(past) == (grpc.StatusCode.INVALID_ARGUMENT, "TARGET_DATE_PAST")
    assert (await world.told())[2:] == [
        "GroupGoalAdded",
        "GroupGoalAdded",
        "GroupGoalCompleted",
        "GroupGoalDropped",
    ]


async def test_who_may_not_changes_nothing(world: World) -> None:
    foreigner = world.at.token(MENTOR, "mentor", org="globex")
    assert (await refused(world.call("CloseGroup", foreigner)))[0] is grpc.StatusCode.NOT_FOUND
    assert await refused(world.call("CloseGroup", world.other)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_A_MENTOR",
    )
    mentee = world.mentee(MENTEE)
    create = pb.CreateGroupRequest(parent=PARENT, group=GROUP)
    code, _ = await refused(world.stub.CreateGroup(create, metadata=mentee))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert await world.call("GetGroup", world.mentor) == world.group
