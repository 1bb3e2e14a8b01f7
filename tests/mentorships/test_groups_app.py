"""Who may do what with groups, repeats and leavers included, on kept state in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.groups import Groups, Selection
from services.mentorships.domain.group_goals import GroupGoalDraft
from services.mentorships.domain.groups import GroupStage
from services.mentorships.domain.participation import NOBODY, Participation, Role
from services.mentorships.wire import groups as wire
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from tests.fakes import Aggregates
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, NOON, ORG, STRANGER
from tests.mentorships.test_groups import DRAFT

OTHERS = 1100
"""More than two pages of those that a leaver is taken out of."""


def taking(*roles: Role) -> Participation:
    return Participation(frozenset(roles), active=True, stays=True)


LEFT = Participation(frozenset({Role.MENTOR, Role.MENTEE}))
PAUSED = replace(LEFT, stays=True)


class World:
    """Groups in memory, one of them of the mentor."""

    def __init__(self) -> None:
        self.kept = Aggregates(store.GROUPS, FixedClock(NOON))
        self.groups = Groups(self.kept, self, self, FixedClock(NOON))
        self.id = ""
        self.steps = 0
        self.gone = "nobody"
        self.open = {"spring", "summer"}
        self.parts = {MENTOR: taking(Role.MENTOR), MENTEE: taking(Role.MENTEE)}

    async def require_working(self, tenant: str, people: Sequence[str]) -> None:
        assert tenant == ORG
        if self.gone in people:
            raise NotFound("PERSON_NOT_FOUND", "unknown")

    async def require_open(self, tenant: str, program: str) -> None:
        assert tenant == ORG
        if program not in self.open:
            raise Refused("PROGRAM_CLOSED", "over")

    async def participation(self, tenant: str, program: str, person: str) -> Participation:
        assert (tenant, program) in {(ORG, "spring"), (ORG, "summer")}
        return self.parts.get(person, NOBODY)

    async def begin_in_spring(self) -> str:
        ref, _ = await self.groups.create(mentor, replace(DRAFT, program="spring"), Cause("spring"))
        return ref.id

    async def people(self, group: str) -> tuple[str, ...]:
        return (await self.groups.get(hr, group)).state.people

    def how(self) -> tuple[str, Cause]:
        self.steps += 1
        return "", Cause(f"step-{self.steps}")

    async def join(self, *callers: Caller) -> None:
        for caller in callers:
            await self.groups.join(caller, self.id, 1, self.how())

    def told(self) -> list[str]:
        return [event["type"].rpartition(".")[2] for event in self.kept.outbox]


@pytest.fixture
async def world() -> World:
    world = World()
    ref, _ = await world.groups.create(mentor, DRAFT, Cause("create"))
    world.id = ref.id
    return world


async def test_the_same_request_begins_one_group(world: World) -> None:
    ref, stored = await world.groups.create(mentor, DRAFT, Cause("create"))
    assert (ref.id, stored.version) == (world.id, 1)
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await world.groups.create(mentor, DRAFT, Cause("create", digest="another"))


async def test_people_join_and_see_each_other_and_others_see_how_many(world: World) -> None:
    await world.join(mentee, stranger)
    for reader in (mentor, mentee, hr, lead):
        assert (await world.groups.get(reader, world.id)).state.members == (MENTEE, STRANGER)
    outside = Caller(ORG, "outside", frozenset({"mentee"}))
    seen = (await world.groups.get(outside, world.id)).state
    assert (seen.members, seen.taken) == ((), 2)
    with pytest.raises(NotFound):
        await world.groups.get(foreigner, world.id)


async def test_lists_are_narrowed_and_hide_whose_groups_others_are_in(world: World) -> None:
    await world.join(mentee)

    async def count(caller: Caller, **asked: object) -> int:
        return len((await world.groups.list(caller, Selection(**asked), Query())).items)  # type: ignore[arg-type]

    assert await count(stranger) == 1
    assert await count(mentee, person=MENTEE) == await count(hr, person=MENTEE) == 1
    assert await count(stranger, person=MENTEE) == await count(foreigner) == 0
    assert await count(mentor, stage=GroupStage.COMPLETED) == 0


async def test_a_group_begins_in_an_open_program_and_goes_on_when_that_is_over(world: World) -> None:
    ours = replace(DRAFT, program="spring")
    ref, stored = await world.groups.create(mentor, ours, Cause("spring"))
    await world.groups.create(mentor, replace(DRAFT, program="summer"), Cause("summer"))
    await world.groups.join(mentee, ref.id, 1, world.how())
    world.open = set()
    again = await world.groups.create(mentor, ours, Cause("spring"))
    assert (again[0], again[1].create_time) == (ref, stored.create_time), "a repeat asks nobody"
    with pytest.raises(Refused, match="PROGRAM_CLOSED"):
        await world.groups.create(mentor, ours, Cause("too late"))
    (found,) = (await world.groups.list(hr, Selection(program="spring"), Query())).items
    assert (found[0], found[1].state.members) == (ref.id, (MENTEE,))
    told = events.GroupCreated.FromString(world.kept.outbox[1]["value"])
    assert told.program == f"organizations/{ORG}/programs/spring"
    shown = wire.group(ref, found[1])
    assert (shown.program, wire.draft(ORG, shown)) == (told.program, ours)


async def test_only_who_works_here_is_asked_to_guide_along(world: World) -> None:
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await world.groups.invite(mentor, world.id, "nobody", world.how())
    await world.groups.invite(mentor, world.id, STRANGER, world.how())
    with pytest.raises(Denied, match="NOT_INVITED"):
        await world.groups.answer(mentee, world.id, world.how(), accept=True)
    how = world.how()
    await world.groups.invite(mentor, world.id, LEAD, how)
    world.gone = LEAD
    await world.groups.invite(mentor, world.id, LEAD, how)
    both = await world.groups.answer(stranger, world.id, world.how(), accept=True)
    assert both.state.mentors == (MENTOR, STRANGER)


async def test_a_leaver_is_taken_out_of_every_group_once(world: World) -> None:
    await world.join(mentee)
    for number in range(OTHERS):
        ref, _ = await world.groups.create(mentor, DRAFT, Cause(f"create-{number}"))
        await world.groups.join(mentee, ref.id, 1, world.how())
    for _ in range(2):
        await world.groups.person_left(Ref(ORG, MENTEE), Cause("left"))
    assert (await world.groups.list(hr, Selection(person=MENTEE), Query())).items == []
    assert world.told().count("GroupLeft") == OTHERS + 1
    await world.groups.person_left(Ref("globex", MENTOR), Cause("left elsewhere"))
    assert "GroupEnded" not in world.told()


@pytest.mark.parametrize("part", [NOBODY, LEFT, PAUSED, taking(Role.MENTEE)])
async def test_only_who_takes_part_as_a_mentor_guides_a_group_of_the_program(
    world: World, part: Participation
) -> None:
    group = await world.begin_in_spring()
    world.parts |= {MENTOR: part, STRANGER: part}
    with pytest.raises(Refused, match="NOT_IN_PROGRAM") as refusal:
        await world.groups.create(mentor, replace(DRAFT, program="spring"), Cause("again"))
    assert [field for field, _ in refusal.value.fields] == ["group.program"]
    with pytest.raises(Refused, match="NOT_IN_PROGRAM") as refusal:
        await world.groups.invite(mentor, group, STRANGER, world.how())
    assert [field for field, _ in refusal.value.fields] == ["person"]
    assert await world.people(group) == (MENTOR,)


@pytest.mark.parametrize("part", [NOBODY, LEFT, PAUSED, taking(Role.MENTOR)])
async def test_only_who_takes_part_as_a_mentee_joins_a_group_of_the_program(
    world: World, part: Participation
) -> None:
    group = await world.begin_in_spring()
    world.parts[MENTEE] = part
    with pytest.raises(Refused, match="NOT_IN_PROGRAM") as refusal:
        await world.groups.join(mentee, group, 1, world.how())
    assert [field for field, _ in refusal.value.fields] == ["name"]
    assert await world.people(group) == (MENTOR,)
    await world.join(mentee)
    assert MENTEE in await world.people(world.id), "a group of its own takes anybody"


async def test_an_invitation_into_a_program_that_one_has_left_can_only_be_declined(world: World) -> None:
    group = await world.begin_in_spring()
    world.parts[STRANGER] = taking(Role.MENTOR)
    await world.groups.invite(mentor, group, STRANGER, world.how())
    world.parts[STRANGER] = PAUSED
    with pytest.raises(Refused, match="NOT_IN_PROGRAM"):
        await world.groups.answer(stranger, group, world.how(), accept=True)
    await world.groups.answer(stranger, group, world.how(), accept=False)
    assert await world.people(group) == (MENTOR,)


async def test_what_was_let_in_is_answered_the_same_when_the_request_comes_again(world: World) -> None:
    group, how = await world.begin_in_spring(), world.how()
    await world.groups.join(mentee, group, 1, how)
    world.parts[MENTEE] = LEFT
    again = await world.groups.join(mentee, group, 1, how)
    assert again.state.members == (MENTEE,)


async def test_who_leaves_a_program_leaves_its_groups_and_no_others(world: World) -> None:
    group = await world.begin_in_spring()
    await world.join(mentee)
    await world.groups.join(mentee, group, 1, world.how())
    spring = Ref(ORG, MENTEE), "spring"
    await world.groups.program_left(*spring, Cause("back by now"))
    assert MENTEE in await world.people(group)
    world.parts[MENTEE] = LEFT
    for _ in range(2):
        await world.groups.program_left(*spring, Cause("left"))
    assert MENTEE not in await world.people(group)
    assert MENTEE in await world.people(world.id)
    assert world.told().count("GroupLeft") == 1


async def test_who_comes_in_while_leaving_is_out_in_the_end(world: World) -> None:
    """Their leaving was heard before they were in the group."""
    group = await world.begin_in_spring()
    await world.groups.join(mentee, group, 1, world.how())
    await world.join(mentee)
    for one in (group, world.id):
        await world.groups.review(Ref(ORG, one), MENTEE, Cause(f"joined-{one}"))
    assert MENTEE in await world.people(group)
    world.parts[MENTEE] = LEFT
    for one in (group, world.id):
        await world.groups.review(Ref(ORG, one), MENTEE, Cause(f"joined-late-{one}"))
    assert MENTEE not in await world.people(group)
    assert MENTEE in await world.people(world.id)


async def test_what_happens_is_told_in_ids_and_codes_with_who_is_in_it_after(world: World) -> None:
    await world.join(mentee)
    await world.groups.person_left(Ref(ORG, MENTOR), Cause("left"))
    name, people = f"organizations/{ORG}/groups/{world.id}", f"organizations/{ORG}/people"
    length = Duration(seconds=DRAFT.terms.meeting_minutes * 60)
    cadence = Duration(seconds=DRAFT.terms.cadence_days * 86_400)
    mentors = [f"{people}/{MENTOR}"]
    roster: dict[str, Any] = {
        "group": name,
        "mentors": mentors,
        "meeting_length": length,
        "cadence": cadence,
    }
    created, joined, ended = world.kept.outbox
    assert events.GroupCreated.FromString(created["value"]) == events.GroupCreated(
        **roster, person=f"{people}/{MENTOR}"
    )
    assert events.GroupJoined.FromString(joined["value"]) == events.GroupJoined(
        **roster, person=f"{people}/{MENTEE}", members=[f"{people}/{MENTEE}"]
    )
    assert events.GroupEnded.FromString(ended["value"]) == events.GroupEnded(
        group=name, reason=codes.END_REASON_PERSON_LEFT, person_left=f"{people}/{MENTOR}"
    )
    assert {event["key"] for event in world.kept.outbox} == {world.id}
    assert not any(DRAFT.title.encode() in event["value"] for event in world.kept.outbox)


async def test_goals_are_told_by_their_names_and_whose_they_were(world: World) -> None:
    await world.join(mentee)
    draft = GroupGoalDraft("Each gives one talk")
    await world.groups.add_goal(mentor, world.id, draft, world.how())
    await world.groups.complete_goal(mentor, world.id, "1", world.how())
    name = f"organizations/{ORG}/groups/{world.id}"
    about = {"group": name, "person": f"organizations/{ORG}/people/{MENTOR}", "group_goal": f"{name}/goals/1"}
    *_, added, completed = world.kept.outbox
    assert events.GroupGoalAdded.FromString(added["value"]) == events.GroupGoalAdded(**about)
    assert events.GroupGoalCompleted.FromString(completed["value"]) == events.GroupGoalCompleted(
        **about, members=[f"organizations/{ORG}/people/{MENTEE}"]
    )


async def test_a_group_survives_the_way_out_and_back(world: World) -> None:
    shown = wire.group(Ref(ORG, world.id), await world.groups.get(mentor, world.id))
    assert wire.draft(ORG, shown) == DRAFT
    assert (shown.agreement.revision, list(shown.mentors)) == (1, [f"organizations/{ORG}/people/{MENTOR}"])
