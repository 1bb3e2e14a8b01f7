"""TeamService through real gRPC sockets: beside a real profiles service that knows who reports to whom."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from services.matching.clients.profiles import ProfilesPeople
from services.matching.domain.members import Member
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.matching.v1 import team_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.kernel.rpc.conftest import failure
from tests.matching.conftest import Platform
from tests.matching.export import COLUMNS, row
from tests.matching.factories import ORG
from tests.matching.lead import Story, draft, person, wish
from tests.matching.staff import message

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
SETTINGS = f"organizations/{ORG}/teamSettings"


def staff(state_of_e4: str = "active") -> bytes:
    """Return an export: e2, e4 and e5 report to e1, e3 to e2."""
    mentee = "", "python:3", "0"
    rows = (
        row("e1", 9, "", "en", "", "", "", "0", "active"),
        row("e2", 7, "e1", "en;de", "mentor", "python:5", "", "1", "active"),
        row("e3", 4, "e2", "en;de", "mentee", *mentee, "active"),
        row("e4", 3, "e1", "en;de", "mentee", *mentee, state_of_e4),
        row("e5", 3, "e1", "en;de", "mentee", *mentee, "on_leave"),
    )
    return (COLUMNS + "".join(rows)).encode()


@pytest.fixture
async def story(platform: Platform) -> Story:
    """Begin with a program in which e2 is a mentor, e3 and e4 are mentees."""
    await platform.import_people(staff())
    story = Story(platform, await platform.programs.CreateProgram(draft(), metadata=platform.auth()))
    await story.enrol(wish("e2", Person.ROLE_MENTOR), wish("e3"), wish("e4"))
    return story


async def team(
    story: Story, manager: str, who: str = "", role: str = "mentee", org: str = ORG
) -> list[pb.TeamEnrolment]:
    """Ask for the team of a manager as themselves, or as somebody else."""
    request = pb.ListTeamEnrolmentsRequest(parent=person(manager))
    auth = story.platform.auth(who or manager, role, org)
    answer: pb.ListTeamEnrolmentsResponse = await story.platform.teams.ListTeamEnrolments(
        request, metadata=auth
    )
    return list(answer.team_enrolments)


async def updated(story: Story, role: str = "hr_admin", **how: Any) -> pb.TeamSettings:
    request_id = how.pop("request_id", "")
    settings = pb.TeamSettings(name=SETTINGS, **how)
    answer: pb.TeamSettings = await story.platform.teams.UpdateTeamSettings(
        pb.UpdateTeamSettingsRequest(team_settings=settings, request_id=request_id),
        metadata=story.platform.auth("hr", role),
    )
    return answer


async def test_managers_see_that_their_direct_reports_take_part_and_nobody_elses(story: Story) -> None:
    found = {one.person: one for one in await team(story, "e1")}
    assert found.keys() == {person("e2"), person("e4")}
    mentor = found[person("e2")]
    assert (mentor.program, list(mentor.roles)) == (story.program, [Person.ROLE_MENTOR])
    assert (mentor.state, mentor.matched) == (programs.Enrolment.STATE_ACTIVE, False)
    assert mentor.HasField("create_time")
    assert [one.person for one in await team(story, "e2")] == [person("e3")]
    assert await team(story, "e3") == []
    for who, role in (("e2", "mentor"), ("e4", "mentee"), ("lead", "program_lead")):
        assert (await failure(team(story, "e1", who, role))).code is Code.NOT_FOUND
    assert len(await team(story, "e1", "hr", "hr_admin")) == 2


async def test_a_match_shows_once_both_said_yes_and_never_with_whom(story: Story) -> None:
    await story.deliver(await story.publish(await story.run()))
    (match,) = (await story.matches()).matches
    await story.accept(match.name, "e2", "mentor")
    assert [one.matched for one in await team(story, "e1")] == [False, False]
    mentee = match.mentee.rpartition("/")[2]
    await story.accept(match.name, mentee, "mentee")
    shown = await team(story, "e1", "hr", "hr_admin") + await team(story, "e2", "hr", "hr_admin")
    assert {one.person for one in shown if one.matched} == {match.mentor, match.mentee}
    assert {field.name for field in pb.TeamEnrolment.DESCRIPTOR.fields} == {
        *("person", "program", "roles", "state", "create_time", "matched"),
    }


async def test_who_left_the_company_is_not_shown_even_before_matching_heard_of_it(story: Story) -> None:
    await story.platform.import_people(staff(state_of_e4="terminated"), "later")
    assert [one.person for one in await team(story, "e1")] == [person("e2")]


async def test_hr_switches_it_off_and_managers_are_told_so(story: Story) -> None:
    read = pb.GetTeamSettingsRequest(name=SETTINGS)
    first = await story.platform.teams.GetTeamSettings(read, metadata=story.platform.auth("e1", "mentee"))
    assert (first.switched_off, first.etag, first.HasField("update_time")) == (False, '"0"', False)
    off = await updated(story, switched_off=True, etag=first.etag, request_id="off-1")
    assert await updated(story, switched_off=True, etag=first.etag, request_id="off-1") == off
    refused = await failure(team(story, "e1"))
    assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "MANAGER_VIEW_OFF")
    assert len(await team(story, "e1", "hr", "hr_admin")) == 2
    assert (await failure(updated(story, etag=first.etag))).code is Code.ABORTED
    assert (await updated(story, etag=off.etag)).switched_off is False
    assert len(await team(story, "e1")) == 2


async def test_of_first_changes_at_one_moment_one_wins_and_the_others_are_told(story: Story) -> None:
    """Nothing is stored before the first change, and still all of them go by the same etag."""
    changes = [updated(story, switched_off=True, etag='"0"', request_id=f"off-{n}") for n in range(8)]
    answers = await asyncio.gather(*changes, return_exceptions=True)
    assert [one.etag for one in answers if isinstance(one, pb.TeamSettings)] == ['"1"']
    refused = [one.code() for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert refused == [Code.ABORTED] * 7


@pytest.mark.parametrize("role", ["mentee", "mentor", "program_lead"])
async def test_nobody_but_hr_switches_it(story: Story, role: str) -> None:
    assert (await failure(updated(story, role, switched_off=True))).code is Code.PERMISSION_DENIED


async def test_another_organization_finds_nothing_and_has_a_switch_of_its_own(story: Story) -> None:
    for who, role in (("e1", "mentee"), ("hr", "hr_admin")):
        assert (await failure(team(story, "e1", who, role, "globex"))).code is Code.NOT_FOUND
    foreign = pb.UpdateTeamSettingsRequest(team_settings=pb.TeamSettings(name=SETTINGS, switched_off=True))
    theirs = story.platform.auth("hr", "hr_admin", "globex")
    refused = await failure(story.platform.teams.UpdateTeamSettings(foreign, metadata=theirs))
    assert refused.code is Code.NOT_FOUND
    foreign.team_settings.name = "organizations/globex/teamSettings"
    await story.platform.teams.UpdateTeamSettings(foreign, metadata=theirs)
    assert len(await team(story, "e1")) == 2


STAFF = (Member("e2", manager="e1"), Member("e3", manager="e2"), Member("e4", manager="e1"))


async def everybody(request: profiles.ListPeopleRequest, _: object) -> profiles.ListPeopleResponse:
    """Answer as before there was a filter by manager, with one person on a page."""
    at = int(request.page_token or 0)
    token = str(at + 1) if at + 1 < len(STAFF) else ""
    return profiles.ListPeopleResponse(people=[message(STAFF[at])], next_page_token=token)


@pytest.fixture
async def older() -> AsyncIterator[ProfilesPeople]:
    """Start a profiles service of a release before."""
    server = grpc.aio.server()
    answering = grpc.unary_unary_rpc_method_handler(
        everybody,
        request_deserializer=profiles.ListPeopleRequest.FromString,
        response_serializer=profiles.ListPeopleResponse.SerializeToString,
    )
    service = "mentoring.profiles.v1.PersonService"
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(service, {"ListPeople": answering})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield ProfilesPeople(channel)
    await server.stop(None)


async def test_an_older_profiles_service_shows_managers_nobody_elses_reports(older: ProfilesPeople) -> None:
    """While both are brought up to date one after the other."""
    assert await older.reports(ORG, "e1") == ["e2", "e4"]
