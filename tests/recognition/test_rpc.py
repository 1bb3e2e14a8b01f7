"""Recognitions over real gRPC and MongoDB, and the event each leaves behind."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.clock import FixedClock
from services.kernel.ids import derived_id
from services.kernel.mongo import Ref
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.pb.mentoring.recognition.v1 import recognition_service_pb2_grpc as recognitions_grpc
from services.recognition.__main__ import build
from tests.harness import Running, reason, running
from tests.recognition.factories import CAUSE, MENTEE, MENTOR, NOON, ORG, STRANGER, decision

pytestmark = pytest.mark.servers

PEOPLE = f"organizations/{ORG}/people"
ID = derived_id("event-1", "recognition")
NAME = f"{PEOPLE}/{MENTEE}/recognitions/{ID}"


class World:
    """The service and those who call it."""

    def __init__(self, at: Running) -> None:
        self.at = at
        self.service = recognitions_grpc.RecognitionServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee")
        self.hr = at.token("admin", "hr_admin")


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    """Serve one recognition, whose decision was told twice."""
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(decision(), "event-1")
        await at.hear(decision(), "event-1")
        yield World(at)


async def test_it_tells_what_it_is_for_and_was_issued_once(world: World) -> None:
    shown = await world.service.GetRecognition(
        recognitions.GetRecognitionRequest(name=NAME), metadata=world.mentee
    )
    assert (shown.name, list(shown.evidence_event_ids)) == (NAME, [CAUSE])
    assert await world.at.told(Ref(ORG, ID)) == ["RecognitionIssued"]


async def test_others_do_not_find_it(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.service.GetRecognition(
            recognitions.GetRecognitionRequest(name=NAME), metadata=world.stranger
        )
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def test_lists_show_what_the_caller_may_see(world: World) -> None:
    for caller, person, count in [
        (world.mentee, MENTEE, 1),
        (world.mentor, MENTEE, 1),
        (world.stranger, MENTEE, 0),
        (world.hr, "-", 1),
        (world.hr, STRANGER, 0),
    ]:
        request = recognitions.ListRecognitionsRequest(parent=f"{PEOPLE}/{person}")
        page = await world.service.ListRecognitions(request, metadata=caller)
        assert len(page.recognitions) == count, (caller, person)


async def test_all_peoples_recognitions_are_for_hr(world: World) -> None:
    request = recognitions.ListRecognitionsRequest(parent=f"{PEOPLE}/-")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.service.ListRecognitions(request, metadata=world.mentee)
    assert (refusal.value.code(), reason(refusal.value)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "HR_ADMIN_ONLY",
    )


async def test_hr_takes_one_back_for_a_reason_of_the_contract(world: World) -> None:
    request = recognitions.RevokeRecognitionRequest(
        name=NAME, reason=recognitions.REVOKE_REASON_EVIDENCE_WRONG, request_id="once"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.service.RevokeRecognition(request, metadata=world.mentee)
    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.service.RevokeRecognition(
            recognitions.RevokeRecognitionRequest(name=NAME), metadata=world.hr
        )
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    answers = [await world.service.RevokeRecognition(request, metadata=world.hr) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].state == recognitions.Recognition.STATE_REVOKED
    assert answers[0].revoke_reason == recognitions.REVOKE_REASON_EVIDENCE_WRONG
    assert await world.at.told(Ref(ORG, ID)) == ["RecognitionIssued", "RecognitionRevoked"]
