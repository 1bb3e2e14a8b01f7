"""Enrolments follow people and programs: heard as events, in any order, as often as they come."""

import pytest
from google.protobuf.message import Message

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.matching.app.ports import Wanted
from services.matching.domain.enrolments import Enrolment, Taking
from services.matching.events import hear_enrolments
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.profiles.v1 import events_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.factories import MENTEE, MENTOR, NOW, ORG, STRANGER
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
    event = Event(
        id=event_id,
        type=message.DESCRIPTOR.full_name,
        subject="",
        sequence=1,
        tenant=ORG,
        time=NOW,
        key="",
        message=message,
    )
    await handlers.handle(event)


def updated(state: Person.State.ValueType, *changed: str) -> profiles.PersonUpdated:
    person = f"organizations/{ORG}/people/{MENTEE}"
    return profiles.PersonUpdated(person=person, state=state, changed_fields=changed or ["state"])


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
    name = f"organizations/{ORG}/programs/{closed}"
    for _ in range(2):
        await hears(world, matching.ProgramClosed(program=name), "closed")
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
