"""Bookings through the full gate, beside bare inserts of documents of that size."""

from datetime import UTC, datetime, timedelta

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.stack import Stack
from services.kernel.clock import SystemClock
from services.kernel.mongo import Aggregates, Database, Ref
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceStub
from services.scheduling import store
from services.scheduling.domain.meetings import Meeting, Pair
from tests.bench import load
from tests.bench.calls import ORG, TIMEOUT, token
from tests.bench.figures import Figure

PAIRS = 300
EACH = 200
ROUNDS = 5


async def book(stack: Stack) -> list[Figure]:
    """BookMeeting by one mentee with 300 mentors, each time at another hour."""
    metadata, first = await token(stack, "mentee", "mentee"), _next_hour()
    async with (
        Database(stack.state.mongo, "scheduling", SystemClock()) as database,
        grpc.aio.insecure_channel(stack.address("scheduling")) as channel,
    ):
        pairs = database.projection(store.PAIRS, Pair)
        for number in range(PAIRS):
            people = (f"mentor-{number}", "mentee")
            await pairs.put(Ref(ORG, f"pair-{number}"), Pair(people, "", 60), 1)
        meetings = MeetingServiceStub(channel)

        async def gate(number: int) -> None:
            request = _request(number, first + timedelta(hours=number))
            await meetings.BookMeeting(request, metadata=metadata, timeout=TIMEOUT)

        plain = await _bare(database.aggregates(store.MEETINGS), gate)
        ours, bare = await load.against(gate, plain, EACH, ROUNDS)
    percentiles = (load.percentile_ms(ours.latencies, 50), load.percentile_ms(ours.latencies, 99))
    note = "bare: insert_one of the same document; 16 in flight, client on the same 2 cores"
    return [Figure("BookMeeting", ours.rate, "bookings/s", bare.rate, *percentiles, note)]


async def _bare(kept: Aggregates[Meeting], gate: load.Call) -> load.Call:
    """Return what inserts copies of a booked meeting, each with claims of its own."""
    await gate(ROUNDS * EACH)
    document = await kept.collection.find_one({})
    assert document is not None
    document.pop("due_at")
    document["outbox"] = []

    async def insert(number: int) -> None:
        slots = [f"{number}/{slot}" for slot in document["state"]["slots"]]
        state = {**document["state"], "slots": slots}
        await kept.collection.insert_one({**document, "_id": f"bare/{number}", "state": state})

    return insert


def _request(number: int, start: datetime) -> pb.BookMeetingRequest:
    first, last = Timestamp(), Timestamp()
    first.FromDatetime(start)
    last.FromDatetime(start + timedelta(hours=1))
    parent = f"organizations/{ORG}/mentorships/pair-{number % PAIRS}"
    return pb.BookMeetingRequest(parent=parent, meeting=pb.Meeting(start_time=first, end_time=last))


def _next_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
