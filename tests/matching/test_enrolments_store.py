"""Enrolments on the real database: of older builds, many at once, and racing with a program that closes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from typing import Any

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.mongo import Aggregates, Cause, Database, Kind, Query, Ref
from services.kernel.mongo.whole import whole_list
from services.matching import store
from services.matching.app.enrolments import Enrolments
from services.matching.app.following import Following
from services.matching.app.ports import BATCH, Stores
from services.matching.app.programs import Programs
from services.matching.domain.enrolments import Enrolment, Taking
from services.matching.domain.members import Member, Role
from services.matching.domain.programs import Stage
from tests.harness import fresh_database
from tests.matching.factories import LEAD, NOW, ORG, PROGRAM, mentee
from tests.matching.world import Colleagues, lead

pytestmark = pytest.mark.servers
CLOCK = FixedClock(NOW)
KINDS: dict[str, Kind[Any]] = {
    "programs": store.PROGRAMS,
    "enrolments": store.ENROLMENTS,
    "runs": store.RUNS,
    "matches": store.MATCHES,
    "parts": store.PARTS,
    "requests": store.REQUESTS,
    "seats": store.SEATS,
    "revisions": store.REVISIONS,
    "team_settings": store.TEAM_SETTINGS,
}


class Asked(Colleagues):
    """People who answer at once, or once `answers` is set."""

    def __init__(self, *people: Member) -> None:
        super().__init__(*people)
        self.answers: asyncio.Event | None = None
        self._came = asyncio.Condition()

    async def get_many(self, tenant: str, people: Sequence[str]) -> list[Member]:
        found = await super().get_many(tenant, people)
        if self.answers is not None:
            async with self._came:
                self._came.notify_all()
            await self.answers.wait()
        return found

    async def wait_for(self, count: int) -> None:
        """Return once that many have asked, the program's opening left out."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.asked) > count)


class Desk:
    """Programs and enrolments beside a database; nobody hears their events but when told to."""

    def __init__(self, database: Database, people: int) -> None:
        self.database = database
        self.ids = [f"p{number:04}" for number in range(people)]
        self.people = Asked(Member(LEAD), *(mentee(one) for one in self.ids))
        self.stores = Stores(
            **{field.name: database.aggregates(KINDS[field.name]) for field in fields(Stores)}
        )
        self.programs = Programs(self.stores, self.people, CLOCK)
        self.enrolments = Enrolments(self.stores, self.people, CLOCK)
        self.following = Following(self.stores)

    async def open(self) -> str:
        ref, _ = await self.programs.create(lead, PROGRAM, Cause("open"))
        return ref.id

    async def enrol_all(self, program: str) -> None:
        asked = [Enrolment(program, one, (Role.MENTEE,)) for one in self.ids]
        await self.enrolments.enrol(lead, program, asked, Cause("enrol"))

    async def stages(self, program: str) -> list[Taking]:
        query = Query(where={"program": program}, page_size=1000)
        return [one.stage async for _, one in whole_list(self.stores.enrolments, ORG, query)]

    async def told(self, kind: str) -> list[Ref]:
        """Return whose events of a kind wait to be published, each as often as it was told."""
        kept = self.stores.enrolments
        assert isinstance(kept, Aggregates)
        return [
            Ref(row["tenant_id"], row["id"])
            async for row in kept.collection.find({})
            for event in row["outbox"]
            if event["type"].endswith(f".{kind}")
        ]


@pytest.fixture
async def desk(mongo_url: str) -> AsyncIterator[Desk]:
    async with fresh_database(mongo_url, CLOCK) as database:
        made = Desk(database, 2 * BATCH + 1)
        await database.migrate()
        yield made


async def test_a_large_program_ends_with_everybody_told_once(desk: Desk) -> None:
    program = await desk.open()
    await desk.enrol_all(program)
    await desk.programs.close(lead, program, "", Cause("close"))
    for _ in range(2):
        await desk.following.program_closed(Ref(ORG, program), Cause("closed"))
    assert await desk.stages(program) == [Taking.ENDED] * len(desk.ids)
    ended = await desk.told("EnrolmentEnded")
    assert len(ended) == len(set(ended)) == len(desk.ids)


async def test_enrolments_of_before_there_were_stages_take_part_and_end_like_others(desk: Desk) -> None:
    program = await desk.open()
    await desk.enrol_all(program)
    kept = desk.stores.enrolments
    assert isinstance(kept, Aggregates)
    new = ("stage", "focus", "preferred", "blocked", "waits", "end_reason", "pause_reason")
    await kept.collection.update_many({}, {"$unset": {f"state.{field}": "" for field in new}})
    assert await desk.stages(program) == [Taking.ACTIVE] * len(desk.ids)
    await desk.following.person_on_leave(ORG, desk.ids[0], Cause("away"))
    await desk.following.program_closed(Ref(ORG, program), Cause("closed"))
    assert await desk.stages(program) == [Taking.ENDED] * len(desk.ids)


async def test_programs_of_before_there_were_revisions_begin_to_have_them(desk: Desk) -> None:
    program = await desk.open()
    kept = desk.stores.programs
    assert isinstance(kept, Aggregates)
    only = ("display_name", "lead", "cadence_days", "meeting_minutes", "stage")
    row = await kept.collection.find_one({"_id": f"{ORG}/{program}"})
    assert row is not None
    await kept.collection.update_one(
        {"_id": row["_id"]}, {"$set": {"state": {name: row["state"][name] for name in only}}}
    )
    closed = await desk.programs.close(lead, program, "", Cause("close"))
    assert closed.state.revision == 2
    assert [one.program.revision for one in closed.state.history] == [2]


async def test_whoever_joins_while_the_program_closes_is_out_in_the_end(desk: Desk) -> None:
    """They found it open, and are stored when its enrolments have all been ended."""
    program = await desk.open()
    desk.people.answers = asyncio.Event()

    async def join(one: str) -> None:
        caller = Caller(ORG, one, frozenset({"mentee"}))
        await desk.enrolments.join(caller, Enrolment(program, one, (Role.MENTEE,)), Cause(f"join-{one}"))

    async with asyncio.TaskGroup() as together:
        for one in desk.ids[:20]:
            together.create_task(join(one))
        await desk.people.wait_for(20)
        closed = await desk.programs.close(lead, program, "", Cause("close"))
        await desk.following.program_closed(Ref(ORG, program), Cause("closed"))
        desk.people.answers.set()
    assert closed.state.stage is Stage.CLOSED
    assert await desk.stages(program) == [Taking.ACTIVE] * 20
    for ref in await desk.told("PersonEnrolled"):
        await desk.following.taken_part(ref, program, Cause(f"enrolled-{ref.id}"))
    assert await desk.stages(program) == [Taking.ENDED] * 20
    assert len(await desk.told("EnrolmentEnded")) == 20
