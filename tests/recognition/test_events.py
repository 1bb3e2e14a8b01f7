"""What recognition makes of the processor's decisions."""

from dataclasses import replace

import pytest

from services.kernel.errors import Refused
from services.kernel.events import Event, Handlers
from services.kernel.ids import derived_id
from services.kernel.mongo import Ref
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.recognition.domain.recognitions import Recognition
from services.recognition.events import hear
from tests.fakes import Aggregates
from tests.recognition.factories import EARNED, MENTORSHIP, NOON, ORG, decision
from tests.recognition.world import World

ID = "55555555-5555-5555-8555-555555555555"
EVENT = Event(
    id=ID,
    type="mentoring.processor.v1.RecognitionEarned",
    subject=f"organizations/{ORG}/mentorships/{MENTORSHIP}/decisions/{ID}",
    sequence=1,
    tenant=ORG,
    time=NOON,
    trace=None,
    key=MENTORSHIP,
    message=decision(),
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def kept(world: World) -> Aggregates[Recognition]:
    return world.kept


@pytest.fixture
def handlers(world: World) -> Handlers:
    handlers = Handlers()
    hear(handlers, world.recognitions)
    return handlers


def test_only_the_processor_is_listened_to(handlers: Handlers) -> None:
    assert handlers.topics == ("mentoring.processor.v1",)


async def test_a_decision_becomes_one_recognition_however_often_it_is_told(
    handlers: Handlers, kept: Aggregates[Recognition]
) -> None:
    await handlers.handle(EVENT)
    await handlers.handle(EVENT)
    stored = await kept.get(Ref(ORG, derived_id(ID, "recognition")))
    assert stored.state == EARNED
    assert [told["type"] for told in kept.outbox] == ["mentoring.recognition.v1.RecognitionIssued"]


async def test_two_decisions_are_two_recognitions(handlers: Handlers, kept: Aggregates[Recognition]) -> None:
    await handlers.handle(EVENT)
    await handlers.handle(replace(EVENT, id="another"))
    assert len(kept.rows) == 2


async def test_a_decision_without_proof_is_refused(handlers: Handlers, kept: Aggregates[Recognition]) -> None:
    unproven: Event[RecognitionEarned] = replace(EVENT, message=decision(cause=""))
    with pytest.raises(Refused):
        await handlers.handle(unproven)
    assert kept.rows == {}
