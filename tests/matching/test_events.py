"""Matching hears itself: what requests and publications lead to survives repeats and crashes."""

from collections.abc import Sequence

import pytest
from google.protobuf.message import Message

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, Unavailable
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Outcome, Save
from services.matching import store
from services.matching.domain.matches import Match
from services.matching.domain.policy import DEFAULT_OPTIONS
from services.matching.domain.runs import Stage
from services.matching.events import hear
from services.pb.mentoring.matching.v1 import events_pb2 as events
from tests.fakes import Aggregates
from tests.matching.factories import MENTEE, MENTOR, NOW, STRANGER, mentor
from tests.matching.world import World, lead

HEARD: dict[str, type[Message]] = {
    kind.DESCRIPTOR.full_name: kind for kind in (events.CohortRunRequested, events.CohortRunPublished)
}


def test_a_run_has_the_time_it_takes() -> None:
    """A large cohort is computed for a minute, and what is kept of it meanwhile must not run out of time."""
    assert [name for name in HEARD if not Theatre().handlers.take_long(name)] == []


class Failing(Aggregates[Match]):
    """Matches whose next writes of many break off half way, as if the process died there."""

    def __init__(self) -> None:
        super().__init__(store.MATCHES, FixedClock(NOW))
        self.breaks = 0

    async def apply_many(self, tenant: str, changes: Sequence[Save[Match]]) -> Sequence[Outcome]:
        if not self.breaks:
            return await super().apply_many(tenant, changes)
        self.breaks -= 1
        await super().apply_many(tenant, changes[: len(changes) // 2])
        raise ConnectionError("gone")


class Theatre:
    """A world in which events of runs come back as they would from Kafka; its mentor has two seats."""

    def __init__(self) -> None:
        self.matches = Failing()
        self.world = World(self.matches)
        self.world.people.known[MENTOR] = mentor(seats=2)
        self.runs = self.world.runs
        self.handlers = Handlers()
        hear(self.handlers, self.world.computing)

    def told(self) -> list[Event[Message]]:
        """Return every event of runs that matching itself listens to."""
        kept = self.world.stores.runs
        assert isinstance(kept, Aggregates)
        return [
            Event(
                id=row["id"],
                type=row["type"],
                subject=row["subject"],
                sequence=row["ver"],
                tenant=row["tenant"],
                time=row["time"],
                key=row["key"],
                message=HEARD[row["type"]].FromString(row["value"]),
            )
            for row in kept.outbox
            if row["type"] in HEARD
        ]

    async def hear_all(self) -> None:
        for event in self.told():
            await self.handlers.handle(event)


@pytest.fixture
async def theatre() -> Theatre:
    return Theatre()


@pytest.fixture
async def program(theatre: Theatre) -> str:
    """Return a program in which everybody takes part."""
    program = await theatre.world.open()
    await theatre.world.enrol_all(program)
    return program


async def published(theatre: Theatre, program: str) -> None:
    """Ask for a run, hear of it, and publish it; nothing has heard of the publication yet."""
    ref, _ = await theatre.runs.request(lead, program, DEFAULT_OPTIONS, Cause("run"))
    await theatre.hear_all()
    await theatre.world.publish(program, ref)


def proposed(theatre: Theatre) -> list[str]:
    return [row["subject"] for row in theatre.matches.outbox]


async def test_it_listens_to_its_own_topic(theatre: Theatre) -> None:
    assert theatre.handlers.topics == ("mentoring.matching.v1",)
    assert set(theatre.handlers.types) == set(HEARD)


async def test_a_request_heard_makes_the_run_ready(theatre: Theatre, program: str) -> None:
    ref, _ = await theatre.runs.request(lead, program, DEFAULT_OPTIONS, Cause("run"))
    await theatre.hear_all()
    assert (await theatre.runs.get(lead, (program, ref.id))).state.stage is Stage.READY


async def test_a_publication_heard_makes_a_match_of_each_proposal(theatre: Theatre, program: str) -> None:
    await published(theatre, program)
    assert proposed(theatre) == []
    await theatre.hear_all()
    found = [match.people for _, match in await theatre.world.matched(program)]
    assert sorted(found) == sorted([(MENTOR, MENTEE), (MENTOR, STRANGER)])


async def test_whatever_is_heard_again_happens_once(theatre: Theatre, program: str) -> None:
    """Kafka delivers at least once: every event three times, old ones after new ones."""
    await published(theatre, program)
    for _ in range(3):
        await theatre.hear_all()
    assert len(proposed(theatre)) == len(set(proposed(theatre))) == 2
    assert len(theatre.world.calculator.cohorts) == 1


@pytest.mark.parametrize("crashes", [1, 2])
async def test_matches_stored_half_way_are_completed_by_the_repeat(
    theatre: Theatre, program: str, crashes: int
) -> None:
    await published(theatre, program)
    theatre.matches.breaks = crashes
    for _ in range(crashes):
        with pytest.raises(ConnectionError):
            await theatre.hear_all()
    assert len(proposed(theatre)) == 1
    await theatre.hear_all()
    assert len(proposed(theatre)) == len(set(proposed(theatre))) == 2


async def test_a_computation_cut_off_is_done_by_the_repeat(theatre: Theatre, program: str) -> None:
    theatre.world.calculator.cut_off = 1
    with pytest.raises(Unavailable):
        await published(theatre, program)
    await published(theatre, program)
    await theatre.hear_all()
    assert len(proposed(theatre)) == 2


async def test_an_event_that_names_no_run_is_refused_for_the_dead_letters(theatre: Theatre) -> None:
    event = Event(
        id="1",
        type="mentoring.matching.v1.CohortRunRequested",
        subject="",
        sequence=1,
        tenant="acme",
        time=NOW,
        key="",
        message=events.CohortRunRequested(cohort_run="nonsense"),
    )
    with pytest.raises(Invalid):
        await theatre.handlers.handle(event)
