"""Who changed a program and when: no change is lost, none is there twice, whoever dies or races."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.events import Handlers
from services.kernel.mongo import Cause, Outcome, Ref, Save
from services.matching import store
from services.matching.app.ports import Wanted
from services.matching.app.programs import Programs
from services.matching.domain import programs
from services.matching.domain.members import Member
from services.matching.domain.programs import KeptRevision, Program
from services.matching.events import hear_programs
from services.pb.mentoring.matching.v1 import events_pb2 as events
from tests.fakes import Aggregates
from tests.matching.factories import LEAD, NOW, ORG, PROGRAM, STRANGER, event
from tests.matching.world import World, foreigner, lead

OPEN = programs.open_program(PROGRAM, Member(LEAD), LEAD, NOW)[0]
HEARD = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (events.ProgramCreated, events.ProgramUpdated, events.ProgramClosed)
}


class Failing(Aggregates[KeptRevision]):
    """Revisions of which the next `breaks` new ones are not stored, as if the process died before."""

    def __init__(self) -> None:
        super().__init__(store.REVISIONS, FixedClock(NOW))
        self.breaks = 0

    async def apply_many(self, tenant: str, changes: Sequence[Save[KeptRevision]]) -> Sequence[Outcome]:
        if self.breaks and not all(change.ref.key in self.rows for change in changes):
            self.breaks -= 1
            raise ConnectionError("gone")
        return await super().apply_many(tenant, changes)


class Archive:
    """Programs in memory whose revisions may fail to be kept; events come back as they would from Kafka."""

    def __init__(self) -> None:
        world = World()
        self.kept = Failing()
        self.stores = replace(world.stores, revisions=self.kept)
        self.people = world.people
        self.programs = Programs(self.stores, world.people, FixedClock(NOW))
        self.handlers = Handlers()
        hear_programs(self.handlers, self.programs)

    async def open(self) -> str:
        ref, _ = await self.programs.create(lead, PROGRAM, Cause("open"))
        return ref.id

    async def change(self, program: str, **settings: Any) -> Program:
        stored = await self.programs.update(
            lead, program, lambda known: replace(known, **settings), "", Cause(f"change-{settings}")
        )
        return stored.state

    async def hear_all(self) -> None:
        rows = self.stores.programs
        assert isinstance(rows, Aggregates)
        for row in rows.outbox:
            message = HEARD[row["type"]].FromString(row["value"])
            await self.handlers.handle(event(message, row["id"]))

    async def numbers(self, program: str) -> list[int]:
        page = await self.programs.revisions(lead, program, Wanted(1000))
        return [kept.state.number for _, kept in page.items]


@pytest.fixture
def archive() -> Archive:
    return Archive()


def test_a_program_forgets_what_is_kept_and_nothing_else() -> None:
    twice = OPEN.changed(replace(OPEN, display_name="a"), "hr", NOW)[0]
    thrice = twice.changed(replace(twice, display_name="b"), "hr", NOW)[0]
    assert [one.program.revision for one in thrice.forget(1).history] == [2, 3]
    assert thrice.forget(0) == thrice
    assert thrice.forget(3) == replace(thrice, history=())


async def test_every_change_is_there_once_latest_first_and_whole(archive: Archive) -> None:
    program = await archive.open()
    await archive.change(program, display_name="Else", most_mentees=3)
    await archive.programs.close(lead, program, "", Cause("close"))
    page = await archive.programs.revisions(lead, program, Wanted())
    told = [
        (kept.state.number, kept.state.revision.by, kept.state.revision.changed) for _, kept in page.items
    ]
    assert told == [(3, LEAD, ("stage",)), (2, LEAD, ("display_name", "most_mentees")), (1, LEAD, ())]
    assert [kept.state.revision.program.display_name for _, kept in page.items] == [
        "Else",
        "Else",
        "Growing together",
    ]


async def test_a_page_goes_on_where_it_ended_though_the_program_changed_meanwhile(archive: Archive) -> None:
    program = await archive.open()
    for name in ("a", "b", "c"):
        await archive.change(program, display_name=name)
    first = await archive.programs.revisions(lead, program, Wanted(2))
    await archive.change(program, display_name="d")
    rest = await archive.programs.revisions(lead, program, Wanted(2, first.next_page_token))
    assert [kept.state.number for _, kept in (*first.items, *rest.items)] == [4, 3, 2, 1]
    assert rest.next_page_token == ""


@pytest.mark.parametrize("crashes", [1, 2, 3])
async def test_who_dies_after_a_change_leaves_its_record_to_the_event_of_it(
    archive: Archive, crashes: int
) -> None:
    program = await archive.open()
    archive.kept.breaks = crashes
    with pytest.raises(ConnectionError):
        await archive.change(program, display_name="Else")
    for _ in range(crashes - 1):
        with pytest.raises(ConnectionError):
            await archive.hear_all()
    assert await archive.numbers(program) == [1]
    for _ in range(2):
        await archive.hear_all()
    assert await archive.numbers(program) == [2, 1]


async def test_a_change_is_not_made_before_the_record_of_the_last_one_is_kept(archive: Archive) -> None:
    """Else the program would forget it."""
    program = await archive.open()
    archive.kept.breaks = 1
    with pytest.raises(ConnectionError):
        await archive.change(program, display_name="a")
    await archive.change(program, display_name="b")
    assert await archive.numbers(program) == [3, 2, 1]


async def test_a_program_stays_small_however_often_it_changes(archive: Archive) -> None:
    program = await archive.open()
    for number in range(50):
        changed = await archive.change(program, display_name=f"name {number}")
        assert len(changed.history) == 1
    assert len(await archive.numbers(program)) == 51


@given(st.lists(st.sampled_from(("change", "die", "hear", "close", "same")), max_size=12))
async def test_whatever_happens_revisions_are_numbered_through(steps: list[str]) -> None:
    archive = Archive()
    program = await archive.open()
    for number, step in enumerate(steps):
        archive.kept.breaks = int(step == "die")
        try:
            if step in {"change", "die"}:
                await archive.change(program, display_name=f"name {number}")
            elif step == "close":
                await archive.programs.close(lead, program, "", Cause(f"close {number}"))
            elif step == "hear":
                await archive.hear_all()
            else:
                await archive.change(program, most_mentees=0, last_day=None)
        except (ConnectionError, Refused):
            pass  # the caller is told; what was stored is looked at below
    archive.kept.breaks = 0
    await archive.hear_all()
    last = (await archive.programs.get(lead, program)).state.revision
    assert await archive.numbers(program) == list(range(last, 0, -1))


async def test_a_change_comes_again_as_it_was_though_it_fits_no_longer(archive: Archive) -> None:
    """The repeat must not be refused for what somebody else changed since, nor for a lead who is gone."""
    program = await archive.open()

    def ending(known: Program) -> Program:
        if known.first_day and known.first_day > date(2026, 4, 1):
            raise Invalid("DATES_CROSSED", "the end lies before the start")
        return replace(known, last_day=date(2026, 4, 1))

    await archive.programs.update(lead, program, ending, "", Cause("end"))
    started = await archive.change(program, first_day=date(2026, 5, 1))
    again = await archive.programs.update(lead, program, ending, "", Cause("end"))
    assert again.state == started
    with pytest.raises(Invalid, match="DATES_CROSSED"):
        await archive.programs.update(lead, program, ending, "", Cause("another request"))
    del archive.people.known[LEAD]
    assert (await archive.programs.update(lead, program, ending, "", Cause("end"))).state == started
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await archive.change(program, display_name="Else")


async def test_an_opening_comes_again_as_it_was_though_its_lead_has_left(archive: Archive) -> None:
    program = await archive.open()
    archive.people.known[LEAD] = Member(LEAD, active=False)
    assert await archive.open() == program
    with pytest.raises(Refused, match="LEAD_NOT_ACTIVE"):
        await archive.programs.create(lead, PROGRAM, Cause("another request"))
    assert (await archive.change(program, display_name="Else")).lead == LEAD
    archive.people.known[STRANGER] = Member(STRANGER, active=False)
    with pytest.raises(Refused, match="LEAD_NOT_ACTIVE"):
        await archive.change(program, lead=STRANGER)


async def test_the_history_of_what_is_not_there_or_anothers_is_not_found(archive: Archive) -> None:
    program = await archive.open()
    for caller, name in ((lead, "nowhere"), (foreigner, program)):
        with pytest.raises(NotFound):
            await archive.programs.revisions(caller, name, Wanted())
    with pytest.raises(NotFound):
        await archive.programs.keep(Ref(ORG, "nowhere"))
