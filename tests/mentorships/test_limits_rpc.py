"""How many kudos a day: what is refused and what comes again takes nothing, on real sockets and MongoDB."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.allowances import allowances
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from tests.harness import Metadata, reason
from tests.mentorships.pair import NAME, Pair, working_together

pytestmark = pytest.mark.servers


@pytest.fixture
async def pair(mongo_url: str) -> AsyncIterator[Pair]:
    async with working_together(mongo_url, Pair, daily_quotas=allowances("kudos=2:3")) as made:
        yield made


async def given(pair: Pair, who: Metadata, request_id: str, parent: str = NAME) -> str:
    """Give kudos; return "" or the reason why not."""
    kudos = pb.Kudos(category=codes.KUDOS_CATEGORY_GROWTH, words="Look how far you came.")
    request = pb.GiveKudosRequest(parent=parent, kudos=kudos, request_id=request_id)
    try:
        await FeedbackServiceStub(pair.at.channel).GiveKudos(request, metadata=who)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return ""


async def test_a_repeat_and_a_refusal_take_nothing_of_the_day(pair: Pair) -> None:
    assert await given(pair, pair.mentor, "r-1", f"{NAME}-not") == "NOT_FOUND"
    assert [await given(pair, pair.mentor, "r-1") for _ in range(3)] == ["", "", ""]
    assert await given(pair, pair.mentor, "r-2") == ""
    assert await given(pair, pair.mentor, "r-3") == "DAILY_QUOTA_EXCEEDED"
    assert await given(pair, pair.mentor, "r-2") == "", "what was done is answered as before"


async def test_the_organization_has_a_number_of_its_own(pair: Pair) -> None:
    told = [await given(pair, who, f"r-{turn}") for who in (pair.mentor, pair.mentee) for turn in (1, 2)]
    assert told == ["", "", "", "DAILY_QUOTA_EXCEEDED"]
