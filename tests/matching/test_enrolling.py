"""Enrolling, joining, approving: what comes again, what comes too late, and who may change what."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.matching.app.enrolments import enrolment_id
from services.matching.domain.enrolments import Enrolment, Taking, Wishes
from services.matching.domain.members import Role
from services.matching.domain.programs import Eligibility, Program
from tests.fakes import Aggregates
from tests.matching.factories import MENTEE, MENTOR, ORG, PROGRAM, STRANGER, mentee
from tests.matching.world import World, lead, stranger, the_mentee

HR = Caller(ORG, "hr", frozenset({"hr_admin"}))
SERVICE = Caller(ORG, "scheduling", frozenset({"service"}))
GATED = replace(PROGRAM, join_approval=True)


@pytest.fixture
def world() -> World:
    return World()


async def opened(world: World, program: Program = PROGRAM) -> str:
    ref, _ = await world.programs.create(lead, program, Cause("open"))
    return ref.id


async def changed(world: World, program: str, **settings: Any) -> None:
    """Change settings as the lead, by a request of its own."""
    await world.programs.update(
        lead, program, lambda known: replace(known, **settings), "", Cause(f"change-{settings}")
    )


def as_mentee(program: str, **wishes: Any) -> Enrolment:
    return Enrolment(program, MENTEE, (Role.MENTEE,), **wishes)


async def joined(world: World, program: str, **wishes: Any) -> tuple[str, str]:
    ref, _ = await world.enrolments.join(the_mentee, as_mentee(program, **wishes), Cause("join"))
    return program, ref.id


async def close(world: World, program: str) -> None:
    await world.programs.close(lead, program, "", Cause("close"))


async def leave(world: World, _: str) -> None:
    world.people.known[MENTEE] = replace(mentee(), active=False)


async def finish(world: World, program: str) -> None:
    await changed(world, program, last_day=date(2026, 3, 3))


async def be_unknown(world: World, _: str) -> None:
    del world.people.known[MENTEE]


TOO_LATE = pytest.mark.parametrize(
    ("happens", "refused"),
    [
        (close, "PROGRAM_CLOSED"),
        (finish, "PROGRAM_NOT_OPEN"),
        (leave, "NOT_ELIGIBLE"),
        (be_unknown, "PERSON_NOT_FOUND"),
    ],
)
Happens = Callable[[World, str], Awaitable[None]]


@TOO_LATE
async def test_enrolling_again_by_the_same_request_answers_the_same_whatever_happened_since(
    world: World, happens: Happens, refused: str
) -> None:
    program = await opened(world)
    asked = [as_mentee(program), Enrolment(program, MENTOR, (Role.MENTOR,))]
    first = await world.enrolments.enrol(lead, program, asked, Cause("enrol"))
    await happens(world, program)
    assert await world.enrolments.enrol(lead, program, asked, Cause("enrol")) == first
    with pytest.raises((Refused, NotFound), match=refused):
        await world.enrolments.enrol(lead, program, asked, Cause("another request"))


@TOO_LATE
async def test_joining_again_by_the_same_request_answers_the_same_whatever_happened_since(
    world: World, happens: Happens, refused: str
) -> None:
    program = await opened(world)
    first = await world.enrolments.join(the_mentee, as_mentee(program), Cause("join"))
    await happens(world, program)
    assert await world.enrolments.join(the_mentee, as_mentee(program), Cause("join")) == first
    with pytest.raises((Refused, NotFound), match=refused):
        await world.enrolments.join(the_mentee, as_mentee(program), Cause("another request"))


@TOO_LATE
async def test_nobody_is_approved_too_late_and_an_approval_comes_again_as_it_was(
    world: World, happens: Happens, refused: str
) -> None:
    program = await opened(world, GATED)
    names = await joined(world, program)
    approved = await world.enrolments.approve(lead, names, "", Cause("approve"))
    await happens(world, program)
    assert await world.enrolments.approve(lead, names, "", Cause("approve")) == approved
    assert (await world.enrolments.approve(lead, names, "", Cause("other"))).state.stage is Taking.ACTIVE
    other = (program, enrolment_id(ORG, program, STRANGER))
    waiting = replace(as_mentee(program), stage=Taking.PENDING)
    await world.stores.enrolments.create(Ref(ORG, other[1]), waiting, (), Cause("joined before"))
    with pytest.raises((Refused, NotFound), match=refused):
        await world.enrolments.approve(lead, other, "", Cause("late"))


@TOO_LATE
async def test_roles_change_again_by_the_same_request_as_they_did(
    world: World, happens: Happens, refused: str
) -> None:
    world.people.known[MENTEE] = replace(mentee(), seeks=(Role.MENTEE, Role.MENTOR))
    program = await opened(world)
    names = await joined(world, program)
    both = Wishes(roles=(Role.MENTEE, Role.MENTOR))
    first = await world.enrolments.update(the_mentee, names, both, "", Cause("update"))
    await happens(world, program)
    assert await world.enrolments.update(the_mentee, names, both, "", Cause("update")) == first
    with pytest.raises((Refused, NotFound), match=refused):
        await world.enrolments.update(the_mentee, names, both, "", Cause("another request"))
    focused = await world.enrolments.update(the_mentee, names, Wishes(focus=("career",)), "", Cause("focus"))
    assert focused.state.focus == ("career",)


async def test_a_batch_cut_off_is_finished_by_its_repeat_though_the_program_closed_meanwhile(
    world: World,
) -> None:
    """All or nobody: whoever was let in with the others must not stay out because of a crash."""
    program = await opened(world)
    asked = [as_mentee(program), Enrolment(program, MENTOR, (Role.MENTOR,))]
    await world.enrolments.enrol(lead, program, asked[:1], Cause("enrol"))
    await close(world, program)
    both = await world.enrolments.enrol(lead, program, asked, Cause("enrol"))
    assert [stored.state.person for _, stored in both] == [MENTEE, MENTOR]


async def test_another_request_of_the_same_id_is_no_repeat(world: World) -> None:
    program = await opened(world)
    asked = [as_mentee(program)]
    await world.enrolments.enrol(lead, program, asked, Cause("enrol", digest="one"))
    await close(world, program)
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await world.enrolments.enrol(lead, program, asked, Cause("enrol", digest="two"))


async def test_a_lead_cannot_take_away_blocks_that_leads_do_not_see(world: World) -> None:
    program = await opened(world)
    names = await joined(world, program, blocked=(MENTOR,))
    for wiped in ((), (STRANGER,)):
        with pytest.raises(Denied, match="BLOCKS_NOT_YOURS"):
            await world.enrolments.update(lead, names, Wishes(blocked=wiped), "", Cause(f"wipe-{wiped}"))
    await world.enrolments.enrol(lead, program, [as_mentee(program)], Cause("enrol"))
    assert (await world.enrolments.get(HR, names)).state.blocked == (MENTOR,)
    await world.enrolments.update(HR, names, Wishes(blocked=(STRANGER,)), "", Cause("hr"))
    assert (await world.enrolments.get(the_mentee, names)).state.blocked == (STRANGER,)


async def test_services_see_no_blocks(world: World) -> None:
    program = await opened(world)
    names = await joined(world, program, blocked=(MENTOR,))
    assert (await world.enrolments.get(SERVICE, names)).state.blocked == ()


async def test_whoever_changes_an_enrolment_sees_no_more_of_it_than_before(world: World) -> None:
    program = await opened(world, GATED)
    names = await joined(world, program, blocked=(MENTOR,))
    approved = await world.enrolments.approve(lead, names, "", Cause("approve"))
    focused = await world.enrolments.update(lead, names, Wishes(focus=("career",)), "", Cause("focus"))
    enrolled = await world.enrolments.enrol(lead, program, [as_mentee(program)], Cause("enrol"))
    assert {approved.state.blocked, focused.state.blocked, enrolled[0][1].state.blocked} == {()}


async def test_a_further_role_is_the_leads_to_give_where_joining_is_approved(world: World) -> None:
    world.people.known[MENTEE] = replace(mentee(), seeks=(Role.MENTEE, Role.MENTOR))
    program = await opened(world, GATED)
    names = await joined(world, program)
    await world.enrolments.approve(lead, names, "", Cause("approve"))
    both = Wishes(roles=(Role.MENTEE, Role.MENTOR))
    with pytest.raises(Refused, match="ROLE_NEEDS_APPROVAL"):
        await world.enrolments.update(the_mentee, names, both, "", Cause("mine"))
    given = await world.enrolments.update(lead, names, both, "", Cause("given"))
    assert given.state.roles == both.roles
    one = await world.enrolments.update(the_mentee, names, Wishes(roles=(Role.MENTOR,)), "", Cause("less"))
    assert one.state.roles == (Role.MENTOR,)


async def test_what_is_not_ones_own_is_not_found(world: World) -> None:
    program = await opened(world)
    names = await joined(world, program)
    calls: list[Callable[[tuple[str, str]], Awaitable[object]]] = [
        lambda one: world.enrolments.get(stranger, one),
        lambda one: world.enrolments.update(stranger, one, Wishes(focus=("career",)), "", Cause("focus")),
        lambda one: world.enrolments.change(stranger, one, Enrolment.pause, "", Cause("pause")),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            await call(names)
    other = await world.open("other")
    with pytest.raises(NotFound):
        await world.enrolments.get(lead, (other, names[1]))


async def test_the_refused_are_told_which_part_of_their_request_is_wrong(world: World) -> None:
    program = await opened(world, replace(GATED, mentees=Eligibility(min_grade=4)))
    names = await joined(world, program)
    world.people.known[MENTEE] = replace(mentee(), grade=3)
    problem = "the person's grade is below 4"
    mine = Wishes(roles=(Role.MENTEE,))
    calls = {
        "requests[0]": world.enrolments.enrol(lead, program, [as_mentee(program)], Cause("enrol")),
        "roles": world.enrolments.join(the_mentee, as_mentee(program), Cause("again")),
        "enrolment.roles": world.enrolments.update(the_mentee, names, mine, "", Cause("update")),
        "name": world.enrolments.approve(lead, names, "", Cause("approve")),
    }
    for field, call in calls.items():
        with pytest.raises(Refused, match="NOT_ELIGIBLE") as refusal:
            await call
        assert refusal.value.fields == ((field, problem),)


async def test_nothing_is_told_by_what_changed_nothing(world: World) -> None:
    program = await opened(world)
    names = await joined(world, program)
    await world.enrolments.join(the_mentee, as_mentee(program), Cause("again"))
    await world.enrolments.enrol(lead, program, [as_mentee(program)], Cause("enrol"))
    await world.enrolments.update(the_mentee, names, Wishes(roles=(Role.MENTEE,)), "", Cause("same"))
    kept = world.stores.enrolments
    assert isinstance(kept, Aggregates)
    assert [row["type"].rpartition(".")[2] for row in kept.outbox] == ["PersonEnrolled"]
