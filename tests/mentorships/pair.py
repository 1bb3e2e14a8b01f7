"""A pair that works together, over real gRPC and MongoDB."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.events import Event
from services.kernel.mongo import Database
from services.kernel.run import Resources, Service
from services.mentorships.__main__ import build
from services.pb.mentoring.matching.v1.program_service_pb2 import Program
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld
from tests.directory import OwnIdentity, directory
from tests.harness import Running, reason, running
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed

PEOPLE = f"organizations/{ORG}/people"
NAME = f"organizations/{ORG}/mentorships/{ID}"
SPRING = f"organizations/{ORG}/programs/spring"
_AGREEMENT = mentorships.Agreement(
    cadence=Duration(seconds=14 * 86_400),
    meeting_length=Duration(seconds=3_600),
    channels=[mentorships.Agreement.CHANNEL_VIDEO],
    focus_areas=["public speaking"],
)


class Pair:
    """The service, the two of an active mentorship, and others who call."""

    def __init__(self, at: Running, clock: FixedClock, due: Due) -> None:
        self.at = at
        self.clock = clock
        self.due = due
        self._heard: set[str] = set()
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee")
        self.hr = at.token("admin", "hr_admin")
        self.foreigner = at.token(MENTEE, "mentee", "mentor", "hr_admin", org="globex")

    async def agree(self) -> None:
        stub = MentorshipServiceStub(self.at.channel)
        propose = mentorships.ProposeAgreementRequest(name=NAME, agreement=_AGREEMENT)
        await stub.ProposeAgreement(propose, metadata=self.mentee)
        for who in (self.mentor, self.mentee):
            sign = mentorships.SignAgreementRequest(name=NAME, revision=1)
            await stub.SignAgreement(sign, metadata=who)

    async def pass_days(self, days: int) -> None:
        """Let time pass and all timers fire that are due by then."""
        self.clock.advance(timedelta(days=days))
        for kind in self.at.service.kinds:
            if kind.kind.fire is not None:
                await self.due.fire(kind)

    async def settle(self) -> None:
        """Let the service hear what it has told itself, until there is no more news."""
        while news := [event async for event in self._own_news()]:
            for event in news:
                assert self.at.service.handlers is not None
                await self.at.service.handlers.handle(event)
                self._heard.add(event.id)

    async def _own_news(self) -> AsyncIterator[Event[Any]]:
        assert self.at.service.handlers is not None
        types = self.at.service.handlers.types
        for kind in self.at.service.kinds:
            async for row in kind.collection.find({"outbox.type": {"$in": list(types)}}).sort("_id"):
                for told in row["outbox"]:
                    if told["type"] in types and told["id"] not in self._heard:
                        yield _event(row["tenant_id"], told, types[told["type"]])

    async def meet(self, meeting: str) -> str:
        """Let a meeting have taken place; return its name."""
        name = f"{NAME}/meetings/{meeting}"
        held = MeetingHeld(
            meeting=name, mentorship=NAME, mentor=f"{PEOPLE}/{MENTOR}", mentee=f"{PEOPLE}/{MENTEE}"
        )
        await self.at.hear(held, f"held-{meeting}")
        return name


P = TypeVar("P", bound=Pair)


@asynccontextmanager
async def working_together(mongo_url: str, kind: type[P], **more: Any) -> AsyncIterator[P]:
    """Serve one active mentorship until the block ends; `more` are further settings."""
    clock, opened = FixedClock(NOON), list[Database]()

    def watched(settings: Settings, resources: Resources) -> Service:
        opened.append(resources.database)
        return build(settings, replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol

    async with (
        directory() as people,
        running(
            watched,
            mongo_url,
            clock,
            profiles_address=people.address,
            matching_address=people.address,
            **more,
        ) as at,
    ):
        people.programs[SPRING] = Program(name=SPRING, state=Program.STATE_ACTIVE)
        people.add(Person(name=f"{PEOPLE}/{STRANGER}", state=Person.STATE_ACTIVE))
        await at.hear(confirmed(), "match")
        pair = kind(at, clock, Due(opened[0], at.service.kinds, clock))
        await pair.agree()
        await pair.settle()
        yield pair


def _event(tenant: str, told: Mapping[str, Any], message: type[Message]) -> Event[Any]:
    return Event(
        id=told["id"],
        type=told["type"],
        subject=told["subject"],
        sequence=told["ver"],
        tenant=tenant,
        time=told["time"],
        key=told["key"],
        message=message.FromString(told["value"]),
    )


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason with which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), reason(refusal.value)


async def hidden(call: Awaitable[object]) -> bool:
    """Whether a call is answered as if nothing of that name existed."""
    return await refused(call) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


def reasons(answers: Sequence[object]) -> list[str]:
    """Return why some of several calls were refused."""
    return [reason(answer) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
