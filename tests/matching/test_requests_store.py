"""Requests on the real database: timers at the platform's time, races for places and seats, indexes used."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.due import Due
from services.kernel.errors import Refusal
from services.kernel.mongo import Aggregates, Cause, Database, Query, Ref
from services.matching import store
from services.matching.app.enrolments import Enrolments
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores
from services.matching.app.programs import Programs
from services.matching.app.requests import Requests
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.domain.asking import Wish
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import Member
from services.matching.domain.policy import Pair
from services.matching.domain.requests import MatchRequest, Stage
from tests.matching.factories import LEAD, NOW, ORG, PROGRAM
from tests.matching.town import mentees, mentors, who
from tests.matching.world import Colleagues, lead

pytestmark = pytest.mark.servers
KINDS = (
    store.PROGRAMS,
    store.ENROLMENTS,
    store.RUNS,
    store.MATCHES,
    store.PARTS,
    store.REQUESTS,
    store.SEATS,
    store.REVISIONS,
    store.TEAM_SETTINGS,
)
GUY = "mentor-0"


class Office:
    """One process of matching beside a database; others share the database and nothing else."""

    def __init__(self, database: Database, people: Colleagues, clock: FixedClock) -> None:
        self.kept: list[Aggregates[Any]] = [database.aggregates(kind) for kind in KINDS]
        self.stores = Stores(*self.kept)
        self.people = people
        self.clock = clock
        pairing = Pairing(self.stores, people, clock)
        self.requests = Requests(self.stores, pairing, Seats(self.stores), clock)
        self.settling = Settling(self.stores, people, clock)
        self.program = ""

    async def open(self) -> None:
        programs = Programs(self.stores, self.people, self.clock)
        ref, _ = await programs.create(lead, PROGRAM, Cause("open"))
        self.program = ref.id
        asked = [Enrolment(ref.id, one.id, one.seeks) for one in self.people.known.values() if one.seeks]
        await Enrolments(self.stores, self.people, self.clock).enrol(lead, ref.id, asked, Cause("enrol"))

    async def ask(self, requester: str, mentor: str) -> Ref:
        wish = Wish(self.program, Pair(mentor, requester), requester, "Would you?")
        ref, _ = await self.requests.create(who(requester), wish, Cause(f"ask-{requester}-{mentor}"))
        return ref

    async def accept(self, ref: Ref) -> None:
        how = ("", Cause(f"accept-{ref.id}"))
        await self.requests.accept(who(GUY), (self.program, ref.id), how)

    async def state(self, ref: Ref) -> MatchRequest:
        return (await self.stores.requests.get(ref)).state


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def database(mongo_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    async with Database(mongo_url, f"test-{uuid.uuid4()}", clock) as made:
        yield made
        await made.client.drop_database(made.name)


@pytest.fixture
async def offices(database: Database, clock: FixedClock) -> list[Office]:
    """Three processes; a mentor with two seats and four with one, twenty mentees."""
    one, *others = mentors(5)
    people = Colleagues(Member(LEAD), *mentors(1, seats=2), *others, *mentees(20))
    assert one.id == GUY
    offices = [Office(database, people, clock) for _ in range(3)]
    await database.migrate()
    await offices[0].open()
    for office in offices:
        office.program = offices[0].program
    return offices


async def test_it_reminds_and_expires_at_the_programs_hours(
    offices: list[Office], database: Database, clock: FixedClock
) -> None:
    office = offices[0]
    requests: Any = office.stores.requests
    due = Due(database, office.kept, clock)
    ref = await office.ask("mentee-0", GUY)
    seen = []
    for hours in (71, 1, 96, 167, 1):
        clock.advance(timedelta(hours=hours))
        await due.fire(requests)
        assert await due.fire(requests) == 0
        found = await office.state(ref)
        seen.append((found.stage, found.reminders))
    assert seen == [
        (Stage.PENDING, 0),
        (Stage.PENDING, 1),
        (Stage.PENDING, 2),
        (Stage.PENDING, 2),
        (Stage.EXPIRED, 2),
    ]
    assert (await office.stores.requests.get(ref)).version == 4


async def test_a_loop_that_slept_reminds_once_and_one_that_slept_long_only_expires(
    offices: list[Office], database: Database, clock: FixedClock
) -> None:
    office = offices[0]
    due = Due(database, office.kept, clock)
    ref = await office.ask("mentee-0", GUY)
    clock.advance(timedelta(hours=200))
    await due.fire(office.kept[KINDS.index(store.REQUESTS)])
    assert ((await office.state(ref)).stage, (await office.state(ref)).reminders) == (Stage.PENDING, 1)
    clock.advance(timedelta(days=99))
    await due.fire(office.kept[KINDS.index(store.REQUESTS)])
    assert ((await office.state(ref)).stage, (await office.state(ref)).reminders) == (Stage.EXPIRED, 1)


async def test_an_answer_and_a_timer_at_one_moment_have_one_winner(
    offices: list[Office], database: Database, clock: FixedClock
) -> None:
    office = offices[0]
    refs = [await office.ask(f"mentee-{place}", GUY) for place in range(20)]
    clock.advance(timedelta(hours=335, minutes=59))
    loops = [Due(database, one.kept, clock) for one in offices]
    acts = [offices[place % 3].accept(ref) for place, ref in enumerate(refs)]
    clock.advance(timedelta(minutes=1))
    await asyncio.gather(
        *(loop.fire(office.kept[KINDS.index(store.REQUESTS)]) for loop in loops),
        *acts,
        return_exceptions=True,
    )
    for ref in refs:
        stored = await office.stores.requests.get(ref)
        assert (stored.state.stage, stored.version) == (Stage.EXPIRED, 2)


async def test_twenty_yeses_at_once_for_two_seats_make_two_matches_and_eighteen_wait(
    offices: list[Office],
) -> None:
    """Three processes hear them at the same moment, each of them twice."""
    refs = [await offices[0].ask(f"mentee-{place}", GUY) for place in range(20)]
    await asyncio.gather(*(offices[place % 3].accept(ref) for place, ref in enumerate(refs)))
    heard = [(office, ref) for ref in refs for office in offices[:2]]
    await asyncio.gather(*(one.settling.settle(ref, Cause(f"event-{ref.id}")) for one, ref in heard))
    stages = Counter([(await offices[0].state(ref)).stage for ref in refs])
    assert stages == {Stage.MATCHED: 2, Stage.WAITLISTED: 18}
    matched = await offices[0].stores.matches.list(ORG, Query())
    assert len(matched.items) == 2
    held = await Seats(offices[0].stores).of(ORG, GUY)
    assert {seat.match for seat in held.held} == {name for name, _ in matched.items}


async def test_a_limit_holds_however_many_are_asked_at_once(offices: list[Office]) -> None:
    """Five at once by one mentee, of whom the program lets three be open."""
    asked = [offices[place % 3].ask("mentee-0", f"mentor-{place}") for place in range(5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refusal)]
    assert [one.reason for one in refused] == ["TOO_MANY_OPEN"] * 2
    assert len([one for one in answers if isinstance(one, Ref)]) == 3


async def test_of_one_pairs_requests_at_once_one_is_stored(offices: list[Office]) -> None:
    wish = Wish(offices[0].program, Pair(GUY, "mentee-0"), "mentee-0", "Would you?")
    asked = [
        office.requests.create(who("mentee-0"), wish, Cause(f"{place}-{round_}"))
        for place, office in enumerate(offices)
        for round_ in range(3)
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refusal)]
    assert {one.reason for one in refused} == {"REQUEST_OPEN"}
    assert len(refused) == 8


async def test_a_request_in_line_moves_up_once_when_several_hear_of_the_free_seat(
    offices: list[Office],
) -> None:
    refs = [await offices[0].ask(f"mentee-{place}", GUY) for place in range(5)]
    for ref in refs:
        await offices[0].accept(ref)
        await offices[0].settling.settle(ref, Cause(f"event-{ref.id}"))
    matched = (await offices[0].stores.matches.list(ORG, Query())).items
    name = matched[0][0]
    await offices[0].stores.matches.change(Ref(ORG, name), lambda match: match.end(), Cause("end"))
    await asyncio.gather(*(one.settling.freed(Ref(ORG, name), Cause("ended")) for one in offices))
    await asyncio.gather(*(one.settling.move_up(ORG, GUY, Cause("freed")) for one in offices))
    stages = Counter([(await offices[0].state(ref)).stage for ref in refs])
    assert stages == {Stage.MATCHED: 2, Stage.ACCEPTED: 1, Stage.WAITLISTED: 2}


async def test_lists_by_person_and_stage_use_an_index(offices: list[Office], database: Database) -> None:
    await offices[0].ask("mentee-0", GUY)
    collection = database.client.get_database(database.name)["match_requests"]
    asked = {"tenant_id": ORG, "state.people": GUY, "state.stage": {"$in": ["PENDING"]}}
    plan = await collection.find(asked).sort([("create_time", 1), ("id", 1)]).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
