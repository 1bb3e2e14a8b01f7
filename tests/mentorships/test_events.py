"""What mentorships makes of the events it hears."""

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Ref
from services.mentorships import store
from services.mentorships.app.following import Following
from services.mentorships.app.ports import Employment
from services.mentorships.domain import Mentorship, Stage
from services.mentorships.events import hear, hear_people
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed, MatchEnded
from tests.fakes import Aggregates, Projection
from tests.mentorships.factories import ID, NOON, ORG, confirmed, proposed

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
