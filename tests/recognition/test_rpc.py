"""Recognitions over real gRPC and MongoDB, and the event each leaves behind."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Aggregates, Cause, Ref
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.pb.mentoring.recognition.v1 import recognition_service_pb2_grpc as recognitions_grpc
from services.recognition import app, rpc, store
from services.recognition.domain import Recognition
from tests.harness import Served, fresh_database, reason, served
from tests.recognition.factories import CAUSE, EARNED, MENTEE, MENTOR, NOON, ORG, STRANGER

pytestmark = pytest.mark.servers

PEOPLE = f"organizations/{ORG}/people"
NAME = f"{PEOPLE}/{MENTEE}/recognitions/r1"


class World:
    """The service with one recognition, r1."""

    def __init__(self, at: Served, kept: Aggregates[Recognition]) -> None:
        self.kept = kept
        self.service = recognitions_grpc.RecognitionServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee")
        self.hr = at.token("admin", "hr_admin")


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with fresh_database(mongo_url, FixedClock(NOON)) as database:
        kept = database.aggregates(store.RECOGNITIONS)
        await database.migrate()
        recognitions_app = app.Recognitions(kept)
        await recognitions_app.earn(Ref(ORG, "r1"), EARNED, Cause("event-1"))
        await recognitions_app.earn(Ref(ORG, "r1"), EARNED, Cause("event-1"))
        servicer = (
            recognitions_grpc.add_RecognitionServiceServicer_to_server,
            rpc.RecognitionServicer(recognitions_app),
            "mentoring.recognition.v1.RecognitionService",
        )
        async with served([servicer]) as at:
            yield World(at, kept)


async def test_it_tells_what_it_is_for_and_was_issued_once(world: World) -> None:
    shown = await world.service.GetRecognition(
        recognitions.GetRecognitionRequest(name=NAME), metadata=world.mentee
    )
    assert (shown.name, list(shown.evidence_event_ids)) == (NAME, [CAUSE])
    document = await world.kept.collection.find_one({"_id": f"{ORG}/r1"})
    assert document is not None
    assert [event["type"] for event in document["outbox"]] == ["mentoring.recognition.v1.RecognitionIssued"]


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
