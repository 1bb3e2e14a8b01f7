"""The whole of matching through real gRPC sockets and a real database, the real HR export included."""

import asyncio
import csv
import io
from collections import Counter
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1 import program_service_pb2 as program_pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.kernel.rpc.conftest import failure
from tests.matching.conftest import Platform
from tests.matching.export import EXPORT, FEW
from tests.matching.factories import ORG
from tests.matching.lead import EVERYBODY, Story, draft, person, wish

pytestmark = pytest.mark.servers
Code = grpc.StatusCode


@pytest.fixture
async def story(platform: Platform) -> Story:
    """Begin with five people and an empty program."""
    await platform.import_people(FEW)
    return Story(platform, await platform.programs.CreateProgram(draft(), metadata=platform.auth()))


@pytest.fixture
async def match(story: Story) -> pb.Match:
    """Go on until the only mentor and the better fitting mentee are proposed to each other."""
    await story.enrol(*EVERYBODY)
    run = await story.run()
    await story.publish(run)
    await story.deliver(run)
    (found,) = (await story.matches()).matches
    return found


async def test_from_program_to_mentorship(story: Story, match: pb.Match) -> None:
    assert (match.mentor, match.mentee) == (person("e2"), person("e3"))
    assert sum(part.score_ppm for part in match.contributions) == match.score_ppm
    half = await story.accept(match.name, "e3", "mentee", etag=match.etag)
    assert (half.state, list(half.accepted_by)) == (pb.Match.STATE_HALF_ACCEPTED, [person("e3")])
    both = await story.accept(match.name, "e2", "mentor", etag=half.etag)
    assert both.state == pb.Match.STATE_CONFIRMED
    assert both.mentorship.startswith(f"organizations/{ORG}/mentorships/")


async def test_the_same_request_again_answers_the_same_and_another_body_is_refused(story: Story) -> None:
    again = await story.platform.programs.CreateProgram(draft(), metadata=story.lead)
    assert again.name == story.program
    refused = await failure(
        story.platform.programs.CreateProgram(draft(display_name="Autumn"), metadata=story.lead)
    )
    assert (refused.code, refused.info.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"lead": person("e5")}, Code.FAILED_PRECONDITION, "LEAD_NOT_ACTIVE"),
        ({"lead": person("e99")}, Code.NOT_FOUND, "PERSON_NOT_FOUND"),
        ({"lead": person("e1", "other")}, Code.NOT_FOUND, "NOT_FOUND"),
        ({"cadence": Duration(seconds=100_000)}, Code.INVALID_ARGUMENT, "DURATION_NOT_WHOLE"),
    ],
)
async def test_wrong_programs_are_refused(
    story: Story, changes: dict[str, Any], code: grpc.StatusCode, reason: str
) -> None:
    request = draft(**changes)
    request.request_id = ""
    refused = await failure(story.platform.programs.CreateProgram(request, metadata=story.lead))
    assert (refused.code, refused.info.reason) == (code, reason)


async def test_all_or_nobody_is_enrolled(story: Story) -> None:
    """The answer names everybody who may not take part; nothing is stored."""
    refused = await failure(story.enrol(*EVERYBODY, wish("e5"), wish("e1")))
    assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "NOT_ELIGIBLE")
    assert set(refused.violations) == {"requests[3]", "requests[4]"}
    listed = program_pb.ListEnrolmentsRequest(parent=story.program)
    assert not (await story.platform.programs.ListEnrolments(listed, metadata=story.lead)).enrolments


async def test_an_unknown_person_is_named(story: Story) -> None:
    refused = await failure(story.enrol(*EVERYBODY, wish("e99")))
    assert (refused.code, refused.info.reason) == (Code.NOT_FOUND, "PERSON_NOT_FOUND")
    assert "e99" in " ".join(refused.violations.values())


async def test_enrolments_come_back_in_order_once_and_in_pages(story: Story) -> None:
    enrolled = await story.enrol(*EVERYBODY)
    assert [one.person for one in enrolled.enrolments] == [person("e2"), person("e3"), person("e4")]
    assert (await story.enrol(*EVERYBODY)) == enrolled
    names: list[str] = []
    token = ""
    for _ in EVERYBODY:
        request = program_pb.ListEnrolmentsRequest(parent=story.program, page_size=1, page_token=token)
        page = await story.platform.programs.ListEnrolments(request, metadata=story.lead)
        names.extend(one.name for one in page.enrolments)
        token = page.next_page_token
        assert page.total_size == len(EVERYBODY)
    assert token == ""
    assert sorted(names) == sorted(one.name for one in enrolled.enrolments)
    request = program_pb.ListEnrolmentsRequest(parent=story.program, person=person("e3"))
    page = await story.platform.programs.ListEnrolments(request, metadata=story.lead)
    assert (list(page.enrolments), page.total_size) == ([enrolled.enrolments[1]], 1)


async def test_a_run_is_published_once_and_only_in_the_version_seen(story: Story) -> None:
    await story.enrol(*EVERYBODY)
    run = await story.run()
    stale = pb.PublishCohortRunRequest(name=run.name, etag='"1"')
    refused = await failure(story.platform.matching.PublishCohortRun(stale, metadata=story.lead))
    assert (refused.code, refused.info.reason) == (Code.ABORTED, "ETAG_MISMATCH")
    assert (await story.publish(run)).state == pb.CohortRun.STATE_PUBLISHED
    run.etag = ""
    again = await failure(story.publish(run))
    assert (again.code, again.info.reason) == (Code.FAILED_PRECONDITION, "RUN_NOT_READY")


async def test_of_runs_published_at_once_exactly_one_wins(story: Story) -> None:
    """None of them knows the others' pairs; together they would give one seat away five times."""
    await story.enrol(*EVERYBODY)
    rivals = [await story.run() for _ in range(5)]
    answers = await asyncio.gather(*map(story.publish, rivals), return_exceptions=True)
    won = [one for one in answers if isinstance(one, pb.CohortRun)]
    lost = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert (len(won), len(lost)) == (1, 4)
    assert {one.code() for one in lost} == {Code.FAILED_PRECONDITION}


async def test_participants_see_their_own_matches_only(story: Story, match: pb.Match) -> None:
    request = pb.GetMatchRequest(name=match.name)
    own = await story.platform.matching.GetMatch(request, metadata=story.platform.auth("e3", "mentee"))
    assert own == match
    outsider = story.platform.auth("e4", "mentee")
    hidden = await failure(story.platform.matching.GetMatch(request, metadata=outsider))
    assert hidden.code == Code.NOT_FOUND
    listed = pb.ListMatchesRequest(parent=story.program)
    assert not (await story.platform.matching.ListMatches(listed, metadata=outsider)).matches
    assert len((await story.matches(person=person("e3"))).matches) == 1
    assert not (await story.matches(person=person("e4"))).matches


async def test_outsiders_cannot_answer(story: Story, match: pb.Match) -> None:
    refused = await failure(story.accept(match.name, "e4", "mentee"))
    assert (refused.code, refused.info.reason) == (Code.PERMISSION_DENIED, "NOT_A_PARTICIPANT")


async def test_a_no_ends_the_match(story: Story, match: pb.Match) -> None:
    request = pb.DeclineMatchRequest(name=match.name)
    mentor = story.platform.auth("e2", "mentor")
    declined = await story.platform.matching.DeclineMatch(request, metadata=mentor)
    assert declined.state == pb.Match.STATE_DECLINED
    late = await failure(story.accept(match.name, "e3", "mentee"))
    assert (late.code, late.info.reason) == (Code.FAILED_PRECONDITION, "MATCH_DECLINED")


async def test_another_tenant_finds_nothing(story: Story, match: pb.Match) -> None:
    stranger = story.platform.auth(org="other")
    for call, request in (
        (story.platform.programs.GetProgram, program_pb.GetProgramRequest(name=story.program)),
        (story.platform.matching.GetMatch, pb.GetMatchRequest(name=match.name)),
    ):
        assert (await failure(call(request, metadata=stranger))).code == Code.NOT_FOUND


async def test_a_whole_company_is_matched(platform: Platform) -> None:
    """Everybody active of the real export takes part; no seat is given twice, no mentee forgotten."""
    await platform.import_people(EXPORT)
    active = [row for row in csv.DictReader(io.StringIO(EXPORT.decode())) if row["status"] == "active"]
    lead = max(active, key=lambda row: int(row["grade"]))["employee_id"].lower()
    request = draft(lead=person(lead))
    story = Story(platform, await platform.programs.CreateProgram(request, metadata=platform.auth()))
    wishes = [
        program_pb.EnrolmentRequest(
            person=person(row["employee_id"].lower()),
            roles=[Person.Role.Value(f"ROLE_{role.upper()}") for role in row["roles"].split(";")],
        )
        for row in active
    ]
    for start in range(0, len(wishes), 1000):
        await story.enrol(*wishes[start : start + 1000])
    run = await story.run()
    await story.publish(run)
    await story.deliver(run)
    found = (await story.matches(page_size=1000)).matches

    seats = {person(row["employee_id"].lower()): int(row["mentor_capacity"]) for row in active}
    mentees = sum("mentee" in row["roles"].split(";") for row in active)
    assert len(found) == len(run.proposals) > 400
    assert len({match.mentee for match in found}) == len(found) == mentees - len(run.unmatched_mentees)
    assert not [one for one, held in Counter(match.mentor for match in found).items() if held > seats[one]]
