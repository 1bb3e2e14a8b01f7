"""What scheduling makes of the events it hears."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.message import Message

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    MentorshipCompleted,
    MentorshipEnded,
    MentorshipPaused,
    MentorshipResumed,
)
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingMissed
from services.scheduling import store
from services.scheduling.app.following import Mentorships
from services.scheduling.domain.booking import book
from services.scheduling.domain.meetings import Meeting, Pair, Stage
from services.scheduling.domain.told import MeetingBooked
from services.scheduling.events import hear
from tests.fakes import Aggregates, Projection
from tests.scheduling.factories import (
    MENTEE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    POLICY,
    activated,
    booked,
    wish,
)

NAME = f"organizations/{ORG}/mentorships/{PAIR_ID}"
REF = Ref(ORG, PAIR_ID)


def event(message: Message, sequence: int, tenant: str = ORG) -> Event[Any]:
    return Event(
        id=f"event-{sequence}",
        type=message.DESCRIPTOR.full_name,
        subject=NAME,
        sequence=sequence,
        tenant=tenant,
        time=MORNING,
        key=PAIR_ID,
        message=message,
    )


class World:
    """What scheduling keeps, and its ears."""

    def __init__(self) -> None:
        clock = FixedClock(MORNING)
        self.pairs = Projection(Pair)
        self.kept: Aggregates[Meeting] = Aggregates(store.MEETINGS, clock)
        self.handlers = Handlers()
        hear(self.handlers, Mentorships(self.pairs, self.kept, clock))


@pytest.fixture
def world() -> World:
    return World()


def test_only_mentorships_is_listened_to(world: World) -> None:
    assert world.handlers.topics == ("mentoring.mentorships.v1",)


async def test_an_active_mentorship_becomes_a_pair(world: World) -> None:
    await world.handlers.handle(event(activated(), 5))
    assert await world.pairs.get(REF) == replace(PAIR, program="spring")


async def test_an_amendment_replaces_what_was_agreed_but_a_repeat_does_not(world: World) -> None:
    for message, sequence in ((activated(), 5), (activated(minutes=60), 8), (activated(), 5)):
        await world.handlers.handle(event(message, sequence))
    kept = await world.pairs.get(REF)
    assert kept is not None
    assert kept.meeting_minutes == 60


@pytest.mark.parametrize("kind", [MentorshipEnded, MentorshipCompleted, MentorshipPaused])
async def test_what_ends_or_rests_stops_the_pair_and_calls_off_its_meetings(
    world: World, kind: Callable[..., Message]
) -> None:
    await world.handlers.handle(event(activated(), 5))
    await world.kept.create(Ref(ORG, "meeting-1"), booked(), [MeetingBooked()], Cause("book"))
    for _ in range(2):
        await world.handlers.handle(event(kind(mentorship=NAME), 6))
    kept = await world.pairs.get(REF)
    assert kept is not None
    assert not kept.active
    meeting = await world.kept.get(Ref(ORG, "meeting-1"))
    assert (meeting.state.stage, meeting.version) == (Stage.CANCELLED, 2)


async def test_a_pair_that_goes_on_is_active_again_on_the_same_terms(world: World) -> None:
    life = (activated(), MentorshipPaused(mentorship=NAME), MentorshipResumed(mentorship=NAME))
    for sequence, message in enumerate(life, 5):
        await world.handlers.handle(event(message, sequence))
    assert await world.pairs.get(REF) == replace(PAIR, program="spring")


async def test_an_informal_mentorship_has_no_lead_to_tell_of_what_was_missed(world: World) -> None:
    informal = activated()
    informal.lead = informal.program = ""
    await world.handlers.handle(event(informal, 5))
    pair = await world.pairs.get(REF)
    assert pair == replace(PAIR, lead="")
    meeting = book(pair, MENTEE, wish(), MORNING, POLICY)[0]
    await world.kept.create(Ref(ORG, "meeting-1"), meeting, [MeetingBooked()], Cause("book"))
    await world.kept.change(Ref(ORG, "meeting-1"), lambda one: one.fire(NOON + POLICY.grace), Cause("due"))
    missed = MeetingMissed.FromString(world.kept.outbox[-1]["value"])
    assert (missed.lead, len(missed.absent)) == ("", 2)


@pytest.mark.parametrize("message", [activated(), MentorshipEnded(mentorship=NAME)])
async def test_what_names_another_organization_is_poison(world: World, message: Message) -> None:
    with pytest.raises(Invalid):
        await world.handlers.handle(event(message, 5, tenant="globex"))
    assert await world.pairs.get(REF) is None
