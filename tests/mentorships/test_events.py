"""What mentorships makes of the events it hears."""

from typing import Any

import pytest
from google.protobuf.message import Message

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.mentorships import store
from services.mentorships.app.following import Following, successor_id
from services.mentorships.app.ports import Employment
from services.mentorships.domain import Mentorship, Stage, Successor, ending
from services.mentorships.events import hear, hear_people
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed, MatchEnded
from services.pb.mentoring.mentorships.v1.codes_pb2 import END_REASON_INACTIVE, END_REASON_PERSON_LEFT
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    MentorshipCreated,
    MentorshipEnded,
    MentorshipHandedOver,
)
from services.pb.mentoring.processor.v1.events_pb2 import ConclusionDue
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.fakes import Aggregates, Projection
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed, proposed

NAME = f"organizations/{ORG}/mentorships/{ID}"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def event(tenant: str = ORG, message: MatchConfirmed | None = None) -> Event[MatchConfirmed]:
    return Event(
        id="55555555-5555-5555-8555-555555555555",
        type="mentoring.matching.v1.MatchConfirmed",
        subject=f"organizations/{ORG}/programs/spring/matches/match-1",
        sequence=3,
        tenant=tenant,
        time=NOON,
        trace=TRACE,
        key=ID,
        message=message or confirmed(),
    )


@pytest.fixture
def kept() -> Aggregates[Mentorship]:
    return Aggregates(store.MENTORSHIPS, FixedClock(NOON))


@pytest.fixture
def handlers(kept: Aggregates[Mentorship]) -> Handlers:
    handlers = Handlers()
    following = Following(kept, Projection(Employment), FixedClock(NOON))
    hear(handlers, following)
    hear_people(handlers, following)
    return handlers


def test_four_topics_are_listened_to(handlers: Handlers) -> None:
    assert handlers.topics == (
        "mentoring.matching.v1",
        "mentoring.mentorships.v1",
        "mentoring.processor.v1",
        "mentoring.profiles.v1",
    )


async def test_a_confirmed_match_begins_one_mentorship_however_often_it_is_told(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    await handlers.handle(event())
    assert (await kept.get(Ref(ORG, ID))).state == proposed()
    assert [(told["type"], told["trace"]) for told in kept.outbox] == [
        ("mentoring.mentorships.v1.MentorshipCreated", TRACE)
    ]


def over(tenant: str = ORG, event_id: str = "66666666-6666-5666-8666-666666666666") -> Event[MatchEnded]:
    return Event(
        id=event_id,
        type="mentoring.matching.v1.MatchEnded",
        subject=f"organizations/{ORG}/programs/spring/matches/match-1",
        sequence=4,
        tenant=tenant,
        time=NOON,
        trace=TRACE,
        key=ID,
        message=MatchEnded(mentorship=f"organizations/{ORG}/mentorships/{ID}"),
    )


async def test_a_match_that_is_over_ends_its_mentorship_once(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    """Else its own end, told to matching, would come back and never stop."""
    await handlers.handle(event())
    for event_id in ("one", "one", "two"):
        await handlers.handle(over(event_id=event_id))
    assert (await kept.get(Ref(ORG, ID))).state.stage is Stage.ENDED
    told = [one["type"].rpartition(".")[2] for one in kept.outbox]
    assert told == ["MentorshipCreated", "MentorshipEnded"]


async def test_a_match_of_another_organization_ends_nothing(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    with pytest.raises(Invalid):
        await handlers.handle(over(tenant="globex"))
    assert (await kept.get(Ref(ORG, ID))).state == proposed()


async def test_a_match_that_names_another_organization_begins_nothing(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    with pytest.raises(Invalid):
        await handlers.handle(event(tenant="globex"))
    assert kept.rows == {}


def heard(message: Message, sequence: int = 1, event_id: str = "77777777") -> Event[Any]:
    return Event(
        id=f"{event_id}-{sequence}",
        type=message.DESCRIPTOR.full_name,
        subject="what it is about",
        sequence=sequence,
        tenant=ORG,
        time=NOON,
        trace=TRACE,
        key=ID,
        message=message,
    )


def person(state: Person.State.ValueType, *changed: str, who: str = MENTOR) -> PersonUpdated:
    return PersonUpdated(person=f"organizations/{ORG}/people/{who}", state=state, changed_fields=changed)


async def test_a_leavers_mentorship_ends_and_tells_who_has_left(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    for _ in range(2):
        await handlers.handle(heard(person(Person.STATE_TERMINATED, "state")))
    told = MentorshipEnded.FromString(kept.outbox[-1]["value"])
    assert (told.reason, told.person_left) == (
        END_REASON_PERSON_LEFT,
        f"organizations/{ORG}/people/{MENTOR}",
    )
    assert len(kept.outbox) == 2


@pytest.mark.parametrize(
    "message",
    [
        person(Person.STATE_ON_LEAVE, "state"),
        person(Person.STATE_ACTIVE, "state"),
        person(Person.STATE_TERMINATED, "languages"),
        person(Person.STATE_TERMINATED, "state", who=STRANGER),
    ],
)
async def test_who_has_not_left_just_now_goes_on(
    handlers: Handlers, kept: Aggregates[Mentorship], message: PersonUpdated
) -> None:
    await handlers.handle(event())
    await handlers.handle(heard(message))
    assert (await kept.get(Ref(ORG, ID))).state.is_open


async def test_a_match_confirmed_after_one_has_left_leads_to_no_open_mentorship(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(heard(person(Person.STATE_TERMINATED, "state", who=MENTEE)))
    await handlers.handle(event())
    created = MentorshipCreated.FromString(kept.outbox[-1]["value"])
    await handlers.handle(heard(created))
    assert (await kept.get(Ref(ORG, ID))).state.stage is Stage.ENDED


async def test_what_the_processor_concludes_ends_once(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    for sequence in (1, 1, 2):
        await handlers.handle(heard(ConclusionDue(mentorship=NAME), sequence))
    told = MentorshipEnded.FromString(kept.outbox[-1]["value"])
    assert told.reason == END_REASON_INACTIVE
    assert len(kept.outbox) == 2


async def test_a_hand_over_that_its_news_finishes_begins_the_other_mentorship(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    successor = Successor(successor_id(Ref(ORG, ID)), STRANGER)
    handed = await kept.change(
        Ref(ORG, ID), lambda state: ending.hand_over(state, successor, NOON), Cause("request")
    )
    assert handed.state.successor == successor
    for _ in range(2):
        await handlers.handle(heard(MentorshipHandedOver(mentorship=NAME)))
    following = await kept.get(Ref(ORG, successor.mentorship))
    assert (following.state.people, following.version) == ((STRANGER, MENTEE), 1)
