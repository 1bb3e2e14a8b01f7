"""Enrolments follow people and programs: heard as events, in any order, as often as they come."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.message import Message

from services.kernel.events import Handlers
from services.kernel.mongo import Cause, Outcome, Ref, Save
from services.matching.app.enrolments import enrolment_id
from services.matching.app.following import Following
from services.matching.app.ports import BATCH, Wanted
from services.matching.domain.enrolments import Enrolment, PersonEnrolled, Taking
from services.matching.domain.members import Role
from services.matching.events import hear_enrolments
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.profiles.v1 import events_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.fakes import Aggregates
from tests.matching.factories import MENTEE, MENTOR, ORG, STRANGER, event
from tests.matching.world import World, lead


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def programs(world: World) -> tuple[str, str]:
    """Return two programs in which everybody takes part."""
    both = (await world.open("one"), await world.open("two"))
    for program in both:
        await world.enrol_all(program)
    return both


async def hears(world: World, message: Message, event_id: str) -> None:
    handlers = Handlers()
    hear_enrolments(handlers, world.following)
    await handlers.handle(event(message, event_id))


def updated(state: Person.State.ValueType, *changed: str) -> profiles.PersonUpdated:
    person = f"organizations/{ORG}/people/{MENTEE}"
    return profiles.PersonUpdated(person=person, state=state, changed_fields=changed or ["state"])


def named(program: str) -> str:
    return f"organizations/{ORG}/programs/{program}"


class Counting:
    """Enrolments whose writes of many are counted, and break off before the one after `breaks_after`."""

    def __init__(self, kept: Aggregates[Enrolment]) -> None:
        self.breaks_after = -1
        self.sizes: list[int] = []
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)

    async def apply_many(self, tenant: str, changes: Sequence[Save[Enrolment]]) -> Sequence[Outcome]:
        if len(self.sizes) == self.breaks_after:
            raise ConnectionError("gone")
        self.sizes.append(len(changes))
        return await self._kept.apply_many(tenant, changes)


async def of(world: World, program: str, person: str = MENTEE) -> Enrolment:
    page = await world.enrolments.list(lead, program, Wanted(1000))
    return next(stored.state for _, stored in page.items if stored.state.person == person)


async def test_who_leaves_the_company_leaves_every_program(world: World, programs: tuple[str, str]) -> None:
    for _ in range(2):
        await hears(world, updated(Person.STATE_TERMINATED), "left")
    for program in programs:
        mine = await of(world, program)
        assert (mine.stage, mine.end_reason) == (Taking.ENDED, "LEFT_COMPANY")
        assert (await of(world, program, MENTOR)).stage is Taking.ACTIVE


async def test_a_leave_pauses_until_the_person_is_back(world: World, programs: tuple[str, str]) -> None:
    await hears(world, updated(Person.STATE_ON_LEAVE), "away")
    assert (await of(world, programs[0])).stage is Taking.PAUSED
    await hears(world, updated(Person.STATE_ACTIVE), "back")
    assert (await of(world, programs[0])).stage is Taking.ACTIVE


async def test_who_comes_back_to_a_program_that_closed_meanwhile_stays_out(
    world: World, programs: tuple[str, str]
) -> None:
    """And their other programs go on: one that is over must not refuse the event for all."""
    await hears(world, updated(Person.STATE_ON_LEAVE), "away")
    await world.programs.close(lead, programs[0], "", Cause("close"))
    await hears(world, matching.ProgramClosed(program=named(programs[0])), "closed")
    for _ in range(2):
        await hears(world, updated(Person.STATE_ACTIVE), "back")
    assert (await of(world, programs[0])).end_reason == "PROGRAM_CLOSED"
    assert (await of(world, programs[1])).stage is Taking.ACTIVE


async def test_a_rehired_person_is_not_enrolled_by_that(world: World, programs: tuple[str, str]) -> None:
    for state, name in ((Person.STATE_ON_LEAVE, "away"), (Person.STATE_TERMINATED, "left")):
        await hears(world, updated(state), name)
    await hears(world, updated(Person.STATE_ACTIVE), "hired")
    assert (await of(world, programs[0])).end_reason == "LEFT_COMPANY"


@pytest.mark.parametrize("gated", [True, False])
async def test_who_joined_while_the_program_closed_is_ended_by_hearing_of_it(
    world: World, *, gated: bool
) -> None:
    """They looked at the program before it closed, and were stored after its enrolments had ended."""
    program = await world.open("closing")
    ref = Ref(ORG, enrolment_id(ORG, program, MENTEE))
    stored = Enrolment(program, MENTEE, (Role.MENTEE,), stage=Taking.PENDING if gated else Taking.ACTIVE)
    about = {"enrolment": f"{named(program)}/enrolments/{ref.id}", "program": named(program)}
    told = matching.EnrolmentRequested(**about) if gated else matching.PersonEnrolled(**about)
    await world.stores.enrolments.create(ref, stored, [PersonEnrolled()], Cause("join"))
    await hears(world, told, "while-open")
    assert await of(world, program) == stored
    await world.programs.close(lead, program, "", Cause("close"))
    for _ in range(2):
        await hears(world, told, "enrolled")
    assert (await of(world, program)).end_reason == "PROGRAM_CLOSED"


async def test_a_large_program_is_ended_in_parts_each_of_them_once(world: World) -> None:
    """A repeat goes on where it was cut off: whoever ended already is not even read again."""
    program = await world.open("large")
    for number in range(BATCH + 1):
        ref = Ref(ORG, f"e-{number:04}")
        await world.stores.enrolments.create(
            ref, Enrolment(program, f"p{number}", (Role.MENTEE,)), [PersonEnrolled()], Cause("join")
        )
    kept = world.stores.enrolments
    assert isinstance(kept, Aggregates)
    applied = Counting(kept)
    following = Following(replace(world.stores, enrolments=applied))
    applied.breaks_after = 1
    with pytest.raises(ConnectionError):
        await following.program_closed(Ref(ORG, program), Cause("closed"))
    applied.breaks_after = -1
    await following.program_closed(Ref(ORG, program), Cause("closed"))
    assert applied.sizes == [BATCH, 1]
    assert [row["type"].rpartition(".")[2] for row in kept.outbox].count("EnrolmentEnded") == BATCH + 1


async def test_a_change_of_something_else_changes_no_enrolment(
    world: World, programs: tuple[str, str]
) -> None:
    await hears(world, updated(Person.STATE_TERMINATED, "title"), "promoted")
    assert (await of(world, programs[0])).stage is Taking.ACTIVE


async def test_a_closed_program_ends_its_enrolments_and_no_other(
    world: World, programs: tuple[str, str]
) -> None:
    closed, other = programs
    await world.programs.close(lead, closed, "", Cause("close"))
    for _ in range(2):
        await hears(world, matching.ProgramClosed(program=named(closed)), "closed")
    assert (await of(world, closed)).end_reason == "PROGRAM_CLOSED"
    assert (await of(world, other)).stage is Taking.ACTIVE


async def test_a_published_run_notes_who_waits_for_the_next(world: World, programs: tuple[str, str]) -> None:
    """The only mentor has one seat: one mentee is served, the other comes first in the next run."""
    ref, _ = await world.ready(programs[0], "run")
    await world.publish(programs[0], ref)
    for _ in range(2):
        await world.computing.deliver(ref, Cause("published"))
    assert ((await of(world, programs[0])).waits, (await of(world, programs[0], STRANGER)).waits) == (0, 1)


async def test_a_delivery_cut_off_before_its_note_is_completed(
    world: World, programs: tuple[str, str]
) -> None:
    ref, _ = await world.ready(programs[0], "run")
    await world.publish(programs[0], ref)
    await world.following.matched(Ref(ORG, programs[0]), [MENTEE], [STRANGER], Cause("published"))
    await world.computing.deliver(ref, Cause("published"))
    assert (await of(world, programs[0], STRANGER)).waits == 1


async def test_the_waiting_are_told_to_the_next_run(world: World, programs: tuple[str, str]) -> None:
    await world.following.matched(Ref(ORG, programs[0]), [], [STRANGER], Cause("published"))
    await world.ready(programs[0], "run")
    waits = {entry.person: entry.waits for entry in world.calculator.cohorts[-1].entries}
    assert (waits[STRANGER], waits[MENTEE]) == (1, 0)


async def test_who_paused_or_left_is_in_no_run(world: World, programs: tuple[str, str]) -> None:
    await hears(world, updated(Person.STATE_ON_LEAVE), "away")
    await world.ready(programs[0], "run")
    assert MENTEE not in {entry.person for entry in world.calculator.cohorts[-1].entries}


async def test_people_who_do_not_take_part_are_left_alone(world: World) -> None:
    """A person without an enrolment leaves; a mentee without one is noted: nothing is made up."""
    await hears(world, updated(Person.STATE_TERMINATED), "left")
    program = await world.open()
    await world.following.matched(Ref(ORG, program), [MENTEE], [STRANGER], Cause("published"))
    assert not (await world.enrolments.list(lead, program, Wanted())).items
