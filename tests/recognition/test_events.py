"""What recognition makes of the processor's decisions."""

import pytest
from msgspec.structs import replace

from services.kernel.errors import Refused
from services.kernel.events import Event, Handlers
from services.kernel.ids import derived_id
from services.kernel.mongo import Ref
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.processor.domain.decisions import Achievement, Grounds
from services.processor.domain.decisions import RecognitionEarned as Earned
from services.processor.domain.facts import Names
from services.processor.wire import decisions
from services.recognition.domain.recognitions import Recognition
from services.recognition.events import hear
from tests.fakes import Aggregates
from tests.recognition.factories import EARNED, MENTEE, MENTOR, MENTORSHIP, NOON, ORG, decision
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


_PAIR = Names(
    f"organizations/{ORG}/mentorships/{MENTORSHIP}",
    f"organizations/{ORG}/people/{MENTOR}",
    f"organizations/{ORG}/people/{MENTEE}",
)


@pytest.mark.parametrize("achievement", Achievement)
@pytest.mark.parametrize("person", [MENTOR, MENTEE])
async def test_whatever_the_processor_decides_is_understood(
    world: World, handlers: Handlers, achievement: Achievement, person: str
) -> None:
    """Told by the processor's own words, stored under the person who earned it."""
    about_a_goal = achievement in {Achievement.GOAL_COMPLETED, Achievement.FIRST_GOAL}
    earned = Earned(
        _PAIR,
        NOON,
        f"organizations/{ORG}/people/{person}",
        achievement,
        Grounds(("e-1", "e-2"), "2026-03"),
        f"{_PAIR.mentorship}/goals/g" if about_a_goal else "",
        count=0 if about_a_goal else 5,
    )
    await handlers.handle(decisions.told(earned))
    (row,) = world.kept.rows.values()
    state = row["state"]
    assert (state["person"], state["kind"], state["evidence"]) == (person, achievement, ("e-1", "e-2"))
