"""A pair that works together, over real gRPC and MongoDB."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.kernel.clock import FixedClock
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld
from tests.harness import Running, reason, running
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed

PEOPLE = f"organizations/{ORG}/people"
NAME = f"organizations/{ORG}/mentorships/{ID}"
_AGREEMENT = mentorships.Agreement(
    cadence=Duration(seconds=14 * 86_400),
    meeting_length=Duration(seconds=3_600),
    channels=[mentorships.Agreement.CHANNEL_VIDEO],
    focus_areas=["public speaking"],
)


class Pair:
    """The service, the two of an active mentorship, and others who call."""

    def __init__(self, at: Running, clock: FixedClock) -> None:
        self.at = at
        self.clock = clock
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

    async def meet(self, meeting: str) -> str:
        """Let a meeting have taken place; return its name."""
        name = f"{NAME}/meetings/{meeting}"
        held = MeetingHeld(
            meeting=name, mentorship=NAME, mentor=f"{PEOPLE}/{MENTOR}", mentee=f"{PEOPLE}/{MENTEE}"
        )
        await self.at.hear(held, f"held-{meeting}")
        return name


@asynccontextmanager
async def working_together(mongo_url: str) -> AsyncIterator[Pair]:
    """Serve one active mentorship until the block ends."""
    clock = FixedClock(NOON)
    async with running(build, mongo_url, clock) as at:
        await at.hear(confirmed(), "match")
        pair = Pair(at, clock)
        await pair.agree()
        yield pair


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason with which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), reason(refusal.value)


def reasons(answers: Sequence[object]) -> list[str]:
    """Return why some of several calls were refused."""
    return [reason(answer) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
