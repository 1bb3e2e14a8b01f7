"""Feedback and kudos over real gRPC and MongoDB."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.mongo import Ref
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from tests.harness import Metadata
from tests.mentorships.factories import ORG
from tests.mentorships.pair import NAME, Pair, hidden, reasons, refused, working_together

pytestmark = pytest.mark.servers


class World(Pair):
    """The pair and what they tell each other with."""

    @property
    def stub(self) -> FeedbackServiceStub:
        return FeedbackServiceStub(self.at.channel)

    async def tell(self, who: Metadata, meeting: str = "", request_id: str = "") -> pb.Feedback:
        feedback = pb.Feedback(meeting=meeting, rating=5, words="Clear and kind.")
        request = pb.GiveFeedbackRequest(parent=NAME, feedback=feedback, request_id=request_id)
        return await self.stub.GiveFeedback(request, metadata=who)

    async def thank(self, who: Metadata) -> pb.Kudos:
        kudos = pb.Kudos(category=codes.KUDOS_CATEGORY_GROWTH, words="Look how far you came.")
        return await self.stub.GiveKudos(pb.GiveKudosRequest(parent=NAME, kudos=kudos), metadata=who)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with working_together(mongo_url, World) as world:
        yield world


async def test_feedback_on_a_meeting_is_given_read_and_acknowledged(world: World) -> None:
    meeting = await world.meet("m-1")
    given = await world.tell(world.mentor, meeting, "r-1")
    assert await world.tell(world.mentor, meeting, "r-1") == given
    request = pb.AcknowledgeFeedbackRequest(name=given.name, etag=given.etag, request_id="r-2")
    read = await world.stub.AcknowledgeFeedback(request, metadata=world.mentee)
    assert read.HasField("acknowledge_time")
    assert await world.stub.AcknowledgeFeedback(request, metadata=world.mentee) == read
    key = given.name.rpartition("/")[2]
    assert await world.at.told(Ref(ORG, key)) == ["FeedbackGiven", "FeedbackAcknowledged"]


async def test_feedback_on_one_meeting_given_twice_at_once_is_given_once(world: World) -> None:
    meeting = await world.meet("m-1")
    calls = [world.tell(world.mentee, meeting) for _ in range(4)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert reasons(answers) == ["FEEDBACK_GIVEN"] * 3


async def test_feedback_needs_a_meeting_that_was_held_and_a_rating_in_range(world: World) -> None:
    told = await refused(world.tell(world.mentee, f"{NAME}/meetings/never"))
    assert told == (grpc.StatusCode.FAILED_PRECONDITION, "MEETING_NOT_HELD")
    request = pb.GiveFeedbackRequest(parent=NAME, feedback=pb.Feedback(rating=6))
    code, _ = await refused(world.stub.GiveFeedback(request, metadata=world.mentee))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_words_stay_between_the_two(world: World) -> None:
    feedback, kudos = await world.tell(world.mentor), await world.thank(world.mentee)
    for who in (world.stranger, world.foreigner):
        assert await hidden(world.stub.GetFeedback(pb.GetFeedbackRequest(name=feedback.name), metadata=who))
        assert await hidden(world.stub.GetKudos(pb.GetKudosRequest(name=kudos.name), metadata=who))
    listed = await world.stub.ListFeedback(pb.ListFeedbackRequest(parent=NAME), metadata=world.hr)
    assert [(one.rating, one.words) for one in listed.feedback] == [(5, "")]
    thanked = await world.stub.ListKudos(
        pb.ListKudosRequest(parent=f"organizations/{ORG}/mentorships/-"), metadata=world.mentor
    )
    assert list(thanked.kudos) == [kudos]


async def test_the_day_of_kudos_holds_under_a_race(world: World) -> None:
    answers = await asyncio.gather(*(world.thank(world.mentee) for _ in range(5)), return_exceptions=True)
    assert reasons(answers) == ["KUDOS_SPENT"] * 2
