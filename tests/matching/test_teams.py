"""What managers see of their teams: who of their direct reports takes part, unless it is switched off."""

from dataclasses import replace

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.matching.app.enrolments import enrolment_id
from services.matching.app.ports import Wanted
from services.matching.app.teams import Teams
from services.matching.domain.enrolments import Enrolment, Taking
from services.matching.domain.matches import Match, Origin, Stage
from services.matching.domain.members import Member, Role
from services.matching.domain.teams import TeamSettings, TeamSettingsUpdated
from tests.matching.factories import LEAD, MENTEE, MENTOR, NOW, ORG, PROGRAM, STRANGER
from tests.matching.world import World, lead

BOSS = Caller(ORG, "boss", frozenset({"mentee"}))
DIRECTOR = Caller(ORG, "director", frozenset({"mentor"}))
HR = Caller(ORG, "hr", frozenset({"hr_admin"}))
OFF = TeamSettings(switched_off=True)


@pytest.fixture
def world() -> World:
    """MENTEE and MENTOR report to the boss, who reports to the director; STRANGER to nobody."""
    world = World()
    known = world.people.known
    known |= {"boss": Member("boss", manager="director"), "director": Member("director")}
    known |= {one: replace(known[one], manager="boss") for one in (MENTEE, MENTOR)}
    return world


@pytest.fixture
def teams(world: World) -> Teams:
    return Teams(world.stores, world.people)


async def enrolled(world: World, name: str = "open") -> str:
    """Open a program in which MENTEE, MENTOR and STRANGER take part."""
    program = await world.programs.create(lead, PROGRAM, Cause(name))
    asked = [
        Enrolment(program[0].id, one, world.people.known[one].seeks, focus=("career",), blocked=(LEAD,))
        for one in (MENTEE, MENTOR, STRANGER)
    ]
    await world.enrolments.enrol(lead, program[0].id, asked, Cause(f"enrol-{name}"))
    return program[0].id


async def match(world: World, program: str, stage: Stage) -> None:
    origin = Origin(program, "", LEAD, 14, 45, f"mentorship-{stage}")
    state = Match(origin, (MENTOR, MENTEE), score_ppm=1, stage=stage)
    await world.stores.matches.create(Ref(ORG, f"match-{stage}"), state, (), Cause(f"match-{stage}"))


async def change(world: World, program: str, person: str, stage: Taking) -> None:
    ref = Ref(ORG, enrolment_id(ORG, program, person))
    decide = {Taking.PAUSED: Enrolment.pause, Taking.ENDED: lambda state: state.end("LEFT")}[stage]
    await world.stores.enrolments.change(ref, decide, Cause(f"{stage}-{person}"))


async def seen(teams: Teams, caller: Caller, manager: str = "boss") -> dict[str, tuple[str, bool]]:
    shown, _ = await teams.list(caller, manager, Wanted())
    return {one.person: (one.stage.value, one.matched) for one in shown}


async def test_a_manager_sees_who_takes_part_as_what_and_since_when(world: World, teams: Teams) -> None:
    program = await enrolled(world)
    shown, token = await teams.list(BOSS, "boss", Wanted())
    assert {(one.person, one.program, one.roles, one.since) for one in shown} == {
        (MENTEE, program, (Role.MENTEE,), NOW),
        (MENTOR, program, (Role.MENTOR,), NOW),
    }
    assert token == ""


async def test_managers_of_managers_see_their_own_direct_reports_alone(world: World, teams: Teams) -> None:
    await enrolled(world)
    assert await seen(teams, DIRECTOR, "director") == {}


@pytest.mark.parametrize(
    "caller", [DIRECTOR, lead, Caller(ORG, MENTEE, frozenset({"mentee"}))], ids=["above", "lead", "report"]
)
async def test_nobody_but_hr_looks_at_the_team_of_somebody_else(
    world: World, teams: Teams, caller: Caller
) -> None:
    await enrolled(world)
    with pytest.raises(NotFound):
        await seen(teams, caller)


async def test_hr_looks_at_every_team_and_is_told_of_a_manager_who_does_not_exist(
    world: World, teams: Teams
) -> None:
    await enrolled(world)
    assert set(await seen(teams, HR)) == {MENTEE, MENTOR}
    with pytest.raises(NotFound, match="not known"):
        await seen(teams, HR, "nobody")


async def test_who_paused_is_shown_and_who_left_is_not(world: World, teams: Teams) -> None:
    program = await enrolled(world)
    await change(world, program, MENTEE, Taking.PAUSED)
    await change(world, program, MENTOR, Taking.ENDED)
    assert await seen(teams, BOSS) == {MENTEE: ("PAUSED", False)}


async def test_who_waits_for_approval_is_not_shown(world: World, teams: Teams) -> None:
    gated = replace(PROGRAM, join_approval=True)
    program, _ = await world.programs.create(lead, gated, Cause("gated"))
    wish = Enrolment(program.id, MENTEE, (Role.MENTEE,))
    await world.enrolments.join(Caller(ORG, MENTEE, frozenset({"mentee"})), wish, Cause("join"))
    assert await seen(teams, BOSS) == {}


@pytest.mark.parametrize("stage", Stage)
async def test_matched_is_who_has_a_match_to_which_both_said_yes(
    world: World, teams: Teams, stage: Stage
) -> None:
    """What one of them still thinks about, or said no to, is nothing for their manager."""
    program = await enrolled(world)
    await match(world, program, stage)
    matched = stage is Stage.CONFIRMED
    assert await seen(teams, BOSS) == {MENTEE: ("ACTIVE", matched), MENTOR: ("ACTIVE", matched)}


async def test_a_match_counts_in_its_program_alone(world: World, teams: Teams) -> None:
    first, second = await enrolled(world), await enrolled(world, "second")
    await match(world, second, Stage.CONFIRMED)
    shown, _ = await teams.list(BOSS, "boss", Wanted())
    assert {(one.program, one.matched) for one in shown} == {(first, False), (second, True)}


async def test_a_team_comes_page_by_page(world: World, teams: Teams) -> None:
    await enrolled(world)
    first, token = await teams.list(BOSS, "boss", Wanted(1))
    second, end = await teams.list(BOSS, "boss", Wanted(1, token))
    assert {one.person for one in (*first, *second)} == {MENTEE, MENTOR}
    assert end == ""


async def test_switched_off_managers_are_refused_and_hr_is_not(world: World, teams: Teams) -> None:
    await enrolled(world)
    await teams.update(HR, OFF, "", Cause("off"))
    with pytest.raises(Refused) as refused:
        await seen(teams, BOSS)
    assert refused.value.reason == "MANAGER_VIEW_OFF"
    with pytest.raises(NotFound):
        await seen(teams, DIRECTOR)
    assert set(await seen(teams, HR)) == {MENTEE, MENTOR}
    await teams.update(HR, TeamSettings(), "", Cause("on"))
    assert set(await seen(teams, BOSS)) == {MENTEE, MENTOR}


async def test_settings_are_there_from_the_start_and_change_under_their_etag(teams: Teams) -> None:
    first = await teams.settings(ORG)
    assert (first.state, first.etag) == (TeamSettings(), '"0"')
    changed = await teams.update(HR, OFF, first.etag, Cause("off"))
    assert (changed.state, changed.etag) == (OFF, '"1"')
    assert await teams.update(HR, OFF, first.etag, Cause("off")) == changed
    with pytest.raises(Conflict):
        await teams.update(HR, TeamSettings(), first.etag, Cause("on"))
    assert (await teams.settings(ORG)).state == OFF
    assert (await teams.settings("globex")).state == TeamSettings()


def test_the_same_settings_again_tell_nothing() -> None:
    assert OFF.become(OFF) == (OFF, [])
    assert OFF.become(TeamSettings()) == (TeamSettings(), [TeamSettingsUpdated()])
