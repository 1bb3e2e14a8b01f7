"""Check-ins and the fit question over real gRPC and MongoDB, opened by real timers."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.mongo import Ref
from services.mentorships.app.checkins import plan_id
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from tests.harness import Metadata
from tests.mentorships.factories import ID, MENTEE, ORG
from tests.mentorships.pair import NAME, Pair, hidden, reasons, refused, working_together

pytestmark = pytest.mark.servers
PLAN = plan_id(ORG, ID, MENTEE)


class World(Pair):
    """The pair and what they are asked with."""

    @property
    def stub(self) -> CheckInServiceStub:
        return CheckInServiceStub(self.at.channel)

    async def listed(self, who: Metadata) -> list[pb.CheckIn]:
        found = await self.stub.ListCheckIns(pb.ListCheckInsRequest(parent=NAME), metadata=who)
        return list(found.check_ins)

    async def answer(self, who: Metadata, name: str, request_id: str = "") -> pb.CheckIn:
        answer = pb.CheckInAnswer(satisfaction=2, changes=[codes.CHANGE_WISH_CADENCE], words="Too seldom.")
        request = pb.AnswerCheckInRequest(name=name, answer=answer, request_id=request_id)
        return await self.stub.AnswerCheckIn(request, metadata=who)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with working_together(mongo_url, World) as world:
        yield world


async def test_a_check_in_opens_is_answered_with_one_rating_and_suggests_an_amendment(world: World) -> None:
    assert await world.listed(world.mentee) == []
    await world.pass_days(30)
    asked, *others = await world.listed(world.mentee)
    assert (asked.state, asked.ordinal, others) == (pb.CheckIn.STATE_OPEN, 1, [])
    answered = await world.answer(world.mentee, asked.name, "r-1")
    assert await world.answer(world.mentee, asked.name, "r-1") == answered
    assert (answered.state, answered.amendment_suggested) == (pb.CheckIn.STATE_ANSWERED, True)
    assert (
        await world.stub.GetCheckIn(pb.GetCheckInRequest(name=asked.name), metadata=world.mentee) == answered
    )
    assert await refused(world.answer(world.mentee, asked.name)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CHECK_IN_ANSWERED",
    )


async def test_a_check_in_closes_and_the_next_one_opens_after_sixty_days(world: World) -> None:
    await world.pass_days(30)
    [asked] = await world.listed(world.mentee)
    await world.pass_days(14)
    assert (await refused(world.answer(world.mentee, asked.name)))[1] == "CHECK_IN_CLOSED"
    await world.pass_days(46)
    assert [one.state for one in await world.listed(world.mentee)] == [
        pb.CheckIn.STATE_EXPIRED,
        pb.CheckIn.STATE_OPEN,
    ]
    told = await world.at.told(Ref(ORG, PLAN))
    assert [one for one in told if one != "CheckInsScheduled"] == [
        "CheckInOpened",
        "CheckInExpired",
        "CheckInOpened",
    ]


async def test_two_answers_at_once_leave_one(world: World) -> None:
    await world.pass_days(30)
    [asked] = await world.listed(world.mentee)
    calls = [world.answer(world.mentee, asked.name) for _ in range(3)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert reasons(answers) == ["CHECK_IN_ANSWERED"] * 2


async def test_answers_are_hidden_from_the_other_one_and_wordless_for_hr(world: World) -> None:
    await world.pass_days(30)
    [asked] = await world.listed(world.mentee)
    await world.answer(world.mentee, asked.name)
    assert [one.HasField("answer") for one in await world.listed(world.mentor)] == [False]
    seen = [one.answer for one in await world.listed(world.hr) if one.HasField("answer")]
    assert [(one.satisfaction, one.words) for one in seen] == [(2, "")]
    for who in (world.mentor, world.stranger, world.foreigner):
        assert await hidden(world.stub.GetCheckIn(pb.GetCheckInRequest(name=asked.name), metadata=who))


async def test_answers_without_rating_or_off_the_scale_are_invalid(world: World) -> None:
    await world.pass_days(30)
    [asked] = await world.listed(world.mentee)
    for answer in (pb.CheckInAnswer(words="nothing rated"), pb.CheckInAnswer(quality=6)):
        call = world.stub.AnswerCheckIn(
            pb.AnswerCheckInRequest(name=asked.name, answer=answer), metadata=world.mentee
        )
        assert (await refused(call))[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_whether_they_fit_is_asked_after_the_first_meeting_and_stays_secret(world: World) -> None:
    name = f"{NAME}/fitQuestions/{MENTEE}"
    get = pb.GetFitQuestionRequest(name=name)
    assert (await refused(world.stub.GetFitQuestion(get, metadata=world.mentee)))[
        0
    ] is grpc.StatusCode.NOT_FOUND
    await world.meet("m-1")
    request = pb.AnswerFitQuestionRequest(name=name, fit=codes.FIT_NO, words="Sorry.", request_id="r-1")
    answered = await world.stub.AnswerFitQuestion(request, metadata=world.mentee)
    assert (answered.fit, answered.words) == (codes.FIT_NO, "Sorry.")
    assert await world.stub.AnswerFitQuestion(request, metadata=world.mentee) == answered
    assert (await refused(world.stub.GetFitQuestion(get, metadata=world.mentor)))[
        0
    ] is grpc.StatusCode.NOT_FOUND
    seen = await world.stub.GetFitQuestion(get, metadata=world.hr)
    assert (seen.fit, seen.words) == (codes.FIT_NO, "")
