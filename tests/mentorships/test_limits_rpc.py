"""How many kudos a day: what is refused and what comes again takes nothing, on real sockets and MongoDB."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.allowances import allowances
from services.kernel.clock import FixedClock
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from tests.harness import Running, reason, running
from tests.mentorships.factories import MENTEE, MENTOR, NOON, confirmed
from tests.mentorships.test_rpc import NAME

pytestmark = pytest.mark.servers


@pytest.fixture
async def at(mongo_url: str) -> AsyncIterator[Running]:
    daily = allowances("kudos=2:3")
    async with running(build, mongo_url, FixedClock(NOON), daily_quotas=daily) as made:
        await made.hear(confirmed(), "event-1")
        yield made


async def given(at: Running, person: str, request_id: str, parent: str = NAME) -> str:
    """Give kudos; return "" or the reason why not."""
    kudos = pb.Kudos(category=codes.KUDOS_CATEGORY_GROWTH, words=request_id)
    request = pb.GiveKudosRequest(parent=parent, kudos=kudos, request_id=request_id)
    try:
        await FeedbackServiceStub(at.channel).GiveKudos(request, metadata=at.token(person, "mentor"))
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return ""


async def test_a_repeat_and_a_refusal_take_nothing_of_the_day(at: Running) -> None:
    assert await given(at, MENTOR, "r-1", f"{NAME}-not") == "NOT_FOUND"
    assert [await given(at, MENTOR, "r-1") for _ in range(3)] == ["", "", ""]
    assert await given(at, MENTOR, "r-2") == ""
    assert await given(at, MENTOR, "r-3") == "DAILY_QUOTA_EXCEEDED"
    assert await given(at, MENTOR, "r-2") == "", "what was done is answered as before"


async def test_the_organization_has_a_number_of_its_own(at: Running) -> None:
    told = [await given(at, person, f"r-{person}-{turn}") for person in (MENTOR, MENTEE) for turn in (1, 2)]
    assert told == ["", "", "", "DAILY_QUOTA_EXCEEDED"]
