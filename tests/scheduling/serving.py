"""The service over real gRPC and MongoDB, and those who call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.mongo import Database, Ref
from services.kernel.rpc.books import Books
from services.kernel.rpc.server import Server
from services.kernel.run import Resources, Service
from services.pb.mentoring.scheduling.v1 import availability_service_pb2_grpc as availability_grpc
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2_grpc as meetings_grpc
from services.scheduling.__main__ import build
from tests.directory import Directory, OwnIdentity, directory
from tests.harness import Metadata, Running, reason, running
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR_ID,
    STRANGER,
    activated,
)

PARENT = f"organizations/{ORG}/mentorships/{PAIR_ID}"
PEOPLE = f"organizations/{ORG}/people"


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


class World:
    """The service in the morning with one active mentorship, and those who call it."""

    def __init__(self, at: Running, clock: FixedClock, people: Directory, resources: Resources) -> None:
        self.at = at
        self.resources = resources
        self.clock = clock
        self.people = people
        self.due = Due(resources.database, at.service.kinds, clock)
        self.meetings = meetings_grpc.MeetingServiceStub(at.channel)
        self.availability = availability_grpc.AvailabilityServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee")
        self.foreigner = at.token(MENTEE, "mentee", org="globex")
        self.lead = at.token("lead", "program_lead")

    async def book(
        self, start: datetime = NOON, request_id: str = "", caller: Metadata | None = None
    ) -> meetings.Meeting:
        """Book 45 minutes."""
        wish = meetings.Meeting(start_time=stamp(start), end_time=stamp(start + 45 * MINUTE))
        request = meetings.BookMeetingRequest(parent=PARENT, meeting=wish, request_id=request_id)
        return await self.meetings.BookMeeting(request, metadata=caller or self.mentee)

    async def check_in(self, meeting: meetings.Meeting, caller: Metadata) -> meetings.Meeting:
        request = meetings.CheckInRequest(name=meeting.name)
        return await self.meetings.CheckIn(request, metadata=caller)

    async def told(self, meeting: meetings.Meeting) -> list[str]:
        return await self.at.told(Ref(ORG, meeting.name.rsplit("/", 1)[-1]))


@asynccontextmanager
async def served(mongo_url: str) -> AsyncIterator[World]:
    """Serve until the block ends."""
    clock, opened = FixedClock(MORNING), list[Resources]()

    def known_to_profiles(settings: Settings, resources: Resources) -> Service:
        opened.append(replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol
        return build(settings, opened[0])

    async with (
        directory() as people,
        running(
            known_to_profiles, mongo_url, clock, profiles_address=people.address, webhook_private=True
        ) as at,
    ):
        await at.hear(activated(), "activated")
        yield World(at, clock, people, opened[0])
        for hook in at.service.stop:
            await hook()


@asynccontextmanager
async def replica_of(world: World) -> AsyncIterator[meetings_grpc.MeetingServiceStub]:
    """Serve the same database once more: with connections of its own, as another process would."""
    resources = world.resources
    name = world.resources.database.name
    async with Database(resources.settings.mongo_url, name, world.clock) as database:
        service = build(resources.settings, replace(resources, database=database))
        server = Server(resources.settings, service.servicers, resources.tokens, Books.of(database))
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield meetings_grpc.MeetingServiceStub(channel)
        await server.drain()


async def refused(call: object) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call  # type: ignore[misc]  # any awaitable call
    return refusal.value.code(), reason(refusal.value)
