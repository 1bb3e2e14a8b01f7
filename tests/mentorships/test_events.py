"""What mentorships makes of the events it hears."""

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Ref
from services.mentorships import store
from services.mentorships.app import Mentorships
from services.mentorships.domain import Mentorship
from services.mentorships.events import hear
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed
from tests.fakes import Aggregates
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
    hear(handlers, Mentorships(kept))
    return handlers


def test_only_matching_is_listened_to(handlers: Handlers) -> None:
    assert handlers.topics == ("mentoring.matching.v1",)


async def test_a_confirmed_match_begins_one_mentorship_however_often_it_is_told(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    await handlers.handle(event())
    await handlers.handle(event())
    assert (await kept.get(Ref(ORG, ID))).state == proposed()
    assert [(told["type"], told["trace"]) for told in kept.outbox] == [
        ("mentoring.mentorships.v1.MentorshipCreated", TRACE)
    ]


async def test_a_match_that_names_another_organization_begins_nothing(
    handlers: Handlers, kept: Aggregates[Mentorship]
) -> None:
    with pytest.raises(Invalid):
        await handlers.handle(event(tenant="globex"))
    assert kept.rows == {}
