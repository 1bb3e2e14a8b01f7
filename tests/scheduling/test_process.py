"""Scheduling as an operator runs it: events in, a meeting booked, the clock moved, the miss told."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.issuer import Issuer
from deploy.local.ports import LOOPBACK
from services.kernel.clock import advance
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceStub
from tests.harness import reason
from tests.processes import Make, Place, Started, making, place_for
from tests.scheduling.factories import MENTEE, MINUTE, PAIR_ID, activated

pytestmark = pytest.mark.servers

TOPIC = "mentoring.scheduling.v1"


@pytest.fixture
def place(mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path) -> Place:
    return place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)


@pytest.fixture
async def make(place: Place) -> AsyncIterator[Make]:
    async with making(place) as function:
        yield function


async def until_told(place: Place, wanted: str) -> list[str]:
    """Return what was told up to the first event of a type."""
    found: list[str] = []
    async with aclosing(place.told(TOPIC)) as told:
        async for kind in told:
            found.append(kind)
            if kind == wanted:
                break
    return found


async def book(place: Place, at: Started) -> meetings.Meeting:
    """Book a quarter hour in about two hours as the mentee, as soon as scheduling has heard of the pair."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    first, last = Timestamp(), Timestamp()
    first.FromDatetime(start)
    last.FromDatetime(start + 15 * MINUTE)
    request = meetings.BookMeetingRequest(
        parent=place.name("mentorships", PAIR_ID), meeting=meetings.Meeting(start_time=first, end_time=last)
    )
    token = (("authorization", f"Bearer {place.issuer.mint(place.org, MENTEE, 'mentee')}"),)
    async with grpc.aio.insecure_channel(at.address) as channel:
        while True:
            try:
                return await MeetingServiceStub(channel).BookMeeting(request, metadata=token)
            except grpc.aio.AioRpcError as error:
                if reason(error) != "MENTORSHIP_NOT_ACTIVE":
                    raise


async def test_nobody_comes_and_the_miss_is_told(place: Place, make: Make) -> None:
    running = make("scheduling", PROFILES_ADDRESS=f"{LOOPBACK}:1")
    await running.start()
    await place.tell(activated(org=place.org), PAIR_ID, "activated-1")
    meeting = await book(place, running)
    assert await until_told(place, "MeetingBooked") == ["MeetingBooked"]
    advance(place.folder / "clock", meeting.start_time.ToDatetime(UTC) - datetime.now(UTC) + 11 * MINUTE)
    assert await until_told(place, "MeetingMissed") == ["MeetingBooked", "MeetingMissed"]
    assert await running.process.stop() == 0
