"""Programs and their participants through real gRPC sockets: each side sees and changes what is theirs."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.kernel.rpc.conftest import failure
from tests.matching.conftest import Platform
from tests.matching.export import FEW
from tests.matching.factories import LEAD, ORG
from tests.matching.lead import EVERYBODY, Story, draft, person

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
State = pb.Enrolment


@pytest.fixture
async def story(platform: Platform) -> Story:
    """Begin with five people and an empty program that wants joining to be approved."""
    await platform.import_people(FEW)
    program = await platform.programs.CreateProgram(draft(join_approval=True), metadata=platform.auth())
    return Story(platform, program)


async def updated(story: Story, paths: list[str] | None = None, **fields: Any) -> pb.Program:
    request = pb.UpdateProgramRequest(
        program=pb.Program(name=story.program, **fields), update_mask=FieldMask(paths=paths or [])
    )
    answer: pb.Program = await story.platform.programs.UpdateProgram(request, metadata=story.lead)
    return answer


async def joined(story: Story, who: str = "e3", role: str = "mentee", **wishes: Any) -> pb.Enrolment:
    roles = [Person.Role.Value(f"ROLE_{role.upper()}")]
    request = pb.JoinProgramRequest(parent=story.program, roles=roles, **wishes)
    answer: pb.Enrolment = await story.platform.programs.JoinProgram(
        request, metadata=story.platform.auth(who, role)
    )
    return answer


async def done(
    story: Story, what: str, name: str, who: tuple[str, str] = ("e1", "program_lead")
) -> pb.Enrolment:
    """Call one of the methods that take an enrolment's name."""
    request = getattr(pb, f"{what}Request")(name=name)
    call = getattr(story.platform.programs, what)
    answer: pb.Enrolment = await call(request, metadata=story.platform.auth(*who))
    return answer


async def read(story: Story, name: str, *who: str) -> pb.Enrolment:
    return await done(story, "GetEnrolment", name, (who[0], who[1]))


async def test_a_change_shows_in_the_program_and_in_its_history(story: Story) -> None:
    changed = await updated(story, most_mentees_per_mentor=3)
    assert (changed.revision, changed.most_mentees_per_mentor, changed.display_name) == (2, 3, "Spring")
    request = pb.ListProgramRevisionsRequest(parent=story.program, page_size=1)
    page = await story.platform.programs.ListProgramRevisions(request, metadata=story.lead)
    (last,) = page.revisions
    assert (last.revision, list(last.changed_fields)) == (2, ["most_mentees_per_mentor"])
    assert last.person == person(LEAD)
    request.page_token = page.next_page_token
    (first,) = (await story.platform.programs.ListProgramRevisions(request, metadata=story.lead)).revisions
    assert (first.revision, first.program.most_mentees_per_mentor) == (1, 0)


async def test_changes_at_one_moment_are_all_kept_in_one_line(story: Story) -> None:
    """Each is made on top of another one, whoever comes first."""
    names = [f"name {number}" for number in range(12)]
    made = await asyncio.gather(*(updated(story, display_name=name) for name in names))
    assert sorted(one.revision for one in made) == list(range(2, 14))
    request = pb.ListProgramRevisionsRequest(parent=story.program, page_size=5)
    found: list[pb.ProgramRevision] = []
    for _ in range(3):
        page = await story.platform.programs.ListProgramRevisions(request, metadata=story.lead)
        found += page.revisions
        request.page_token = page.next_page_token
    assert [one.revision for one in found] == list(range(13, 0, -1))
    told = {one.revision: one.program.display_name for one in found}
    assert {one.revision: one.display_name for one in made} | {1: "Spring"} == told


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"mentee_eligibility": pb.Eligibility(departments=["x" * 101])}, "departments[0]"),
        ({"mentee_eligibility": pb.Eligibility(countries=["de"])}, "countries[0]"),
        ({"most_mentees_per_mentor": -1}, "most_mentees_per_mentor"),
        ({"display_name": "x" * 201}, "display_name"),
    ],
)
async def test_what_breaks_the_contract_is_named(story: Story, fields: dict[str, Any], path: str) -> None:
    refused = await failure(updated(story, **fields))
    assert refused.code == Code.INVALID_ARGUMENT
    assert [field for field in refused.violations if field.endswith(path)]


async def test_a_stale_or_wrong_change_is_refused_and_changes_nothing(story: Story) -> None:
    for fields, code in (
        ({"etag": '"7"', "display_name": "Else"}, Code.ABORTED),
        ({"paths": ["colour"]}, Code.INVALID_ARGUMENT),
        ({"lead": person("e5")}, Code.FAILED_PRECONDITION),
        ({"lead": person("e99")}, Code.NOT_FOUND),
        ({"matching_policy": {"mentee_weights": {"skills": -1}}}, Code.INVALID_ARGUMENT),
    ):
        assert (await failure(updated(story, **fields))).code == code
    request = pb.GetProgramRequest(name=story.program)
    program = await story.platform.programs.GetProgram(request, metadata=story.lead)
    assert (program.revision, program.display_name) == (1, "Spring")


async def test_nobody_joins_or_is_matched_before_the_program_opens(story: Story) -> None:
    await updated(story, start_date=Date(year=2030, month=1, day=1))
    for early in (joined(story), story.enrol(*EVERYBODY), story.ask()):
        refused = await failure(early)
        assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "PROGRAM_NOT_OPEN")


async def test_who_is_not_eligible_is_told_why(story: Story) -> None:
    await updated(story, mentee_eligibility=pb.Eligibility(min_grade=4))
    refused = await failure(joined(story, "e4"))
    assert refused.violations == {"roles": "the person's grade is below 4"}
    assert (await joined(story, "e3")).state == State.STATE_PENDING


async def test_joining_waits_for_the_lead(story: Story) -> None:
    mine = await joined(story, focus_areas=["career"])
    assert (mine.state, list(mine.focus_areas)) == (State.STATE_PENDING, ["career"])
    approved = await done(story, "ApproveEnrolment", mine.name)
    assert approved.state == State.STATE_ACTIVE
    assert (await joined(story)).state == State.STATE_ACTIVE
    other = await joined(story, "e4")
    rejected = await done(story, "RejectEnrolment", other.name)
    assert (rejected.state, rejected.end_reason) == (State.STATE_ENDED, "REJECTED")


async def test_a_pause_takes_out_of_matching_and_leaving_is_for_good(story: Story) -> None:
    enrolled = (await story.enrol(*EVERYBODY)).enrolments
    mine = next(one.name for one in enrolled if one.person == person("e3"))
    await done(story, "PauseEnrolment", mine, ("e3", "mentee"))
    assert [one.mentee for one in (await story.run()).proposals] == [person("e4")]
    await done(story, "ResumeEnrolment", mine, ("e3", "mentee"))
    assert [one.mentee for one in (await story.run()).proposals] == [person("e3")]
    left = await done(story, "LeaveProgram", mine, ("e3", "mentee"))
    assert (left.state, left.end_reason) == (State.STATE_ENDED, "LEFT")
    refused = await failure(done(story, "ResumeEnrolment", mine, ("e3", "mentee")))
    assert refused.info.reason == "ENROLMENT_NOT_PAUSED"


async def test_participants_see_and_change_their_own_only(story: Story) -> None:
    mine = await joined(story)
    assert (await read(story, mine.name, "e3", "mentee")).name == mine.name
    for what in ("GetEnrolment", "PauseEnrolment", "LeaveProgram"):
        refused = await failure(done(story, what, mine.name, ("e4", "mentee")))
        assert refused.code == Code.NOT_FOUND


async def test_whom_somebody_blocks_is_shown_to_them_and_hr_only(story: Story) -> None:
    mine = await joined(story, blocked_people=[person("e2")])
    assert list((await read(story, mine.name, "e3", "mentee")).blocked_people) == [person("e2")]
    assert list((await read(story, mine.name, "hr", "hr_admin")).blocked_people) == [person("e2")]
    assert not (await read(story, mine.name, "e1", "program_lead")).blocked_people
    listed = pb.ListEnrolmentsRequest(parent=story.program)
    page = await story.platform.programs.ListEnrolments(listed, metadata=story.lead)
    assert not [one for one in page.enrolments if one.blocked_people]


async def test_a_block_keeps_two_apart(story: Story) -> None:
    await story.enrol(*EVERYBODY)
    mine = await joined(story, blocked_people=[person("e2")])
    assert mine.state == State.STATE_ACTIVE
    assert [one.mentee for one in (await story.run()).proposals] == [person("e4")]


async def test_wishes_change_one_by_one(story: Story) -> None:
    mine = await joined(story, focus_areas=["career"], preferred_people=[person("e2")])
    request = pb.UpdateEnrolmentRequest(
        enrolment=pb.Enrolment(name=mine.name, etag=mine.etag),
        update_mask=FieldMask(paths=["preferred_people"]),
    )
    as_mentee = story.platform.auth("e3", "mentee")
    changed = await story.platform.programs.UpdateEnrolment(request, metadata=as_mentee)
    assert (list(changed.focus_areas), list(changed.preferred_people)) == (["career"], [])
    request.enrolment.etag, request.request_id = mine.etag, "again"
    stale = await failure(story.platform.programs.UpdateEnrolment(request, metadata=as_mentee))
    assert stale.code == Code.ABORTED


@pytest.mark.parametrize("roles", [[0], [7], [1, 1]])
async def test_roles_that_are_none_are_named(story: Story, roles: list[Any]) -> None:
    mine = await joined(story)
    request = pb.UpdateEnrolmentRequest(enrolment=pb.Enrolment(name=mine.name, roles=roles))
    as_mentee = story.platform.auth("e3", "mentee")
    refused = await failure(story.platform.programs.UpdateEnrolment(request, metadata=as_mentee))
    assert refused.code == Code.INVALID_ARGUMENT
    assert all(field.startswith("enrolment.roles") for field in refused.violations)
    assert refused.violations


async def test_a_lead_cannot_wipe_blocks_by_sending_back_what_was_read(story: Story) -> None:
    mine = await joined(story, blocked_people=[person("e2")])
    seen = await read(story, mine.name, "e1", "program_lead")
    request = pb.UpdateEnrolmentRequest(enrolment=seen, update_mask=FieldMask(paths=["*"]))
    refused = await failure(story.platform.programs.UpdateEnrolment(request, metadata=story.lead))
    assert (refused.code, refused.info.reason) == (Code.PERMISSION_DENIED, "BLOCKS_NOT_YOURS")
    request.update_mask.Clear()
    await story.platform.programs.UpdateEnrolment(request, metadata=story.lead)
    assert list((await read(story, mine.name, "hr", "hr_admin")).blocked_people) == [person("e2")]


async def test_the_same_request_answers_the_same_after_the_program_closed(story: Story) -> None:
    mine = await joined(story, request_id="join-1")
    await story.platform.programs.CloseProgram(
        pb.CloseProgramRequest(name=story.program), metadata=story.lead
    )
    assert await joined(story, request_id="join-1") == mine
    refused = await failure(joined(story, request_id="join-2"))
    assert refused.info.reason == "PROGRAM_CLOSED"


async def test_a_role_that_one_does_not_seek_is_refused(story: Story) -> None:
    mine = await joined(story)
    request = pb.UpdateEnrolmentRequest(enrolment=pb.Enrolment(name=mine.name, roles=[Person.ROLE_MENTOR]))
    as_mentee = story.platform.auth("e3", "mentee")
    refused = await failure(story.platform.programs.UpdateEnrolment(request, metadata=as_mentee))
    assert refused.info.reason == "NOT_ELIGIBLE"


async def test_a_closed_program_takes_nobody(story: Story) -> None:
    request = pb.CloseProgramRequest(name=story.program)
    closed = await story.platform.programs.CloseProgram(request, metadata=story.lead)
    assert closed.state == pb.Program.STATE_CLOSED
    for late in (joined(story), story.ask(), updated(story, display_name="Else")):
        assert (await failure(late)).info.reason == "PROGRAM_CLOSED"


async def test_programs_are_listed_whole(story: Story) -> None:
    listed = pb.ListProgramsRequest(parent=f"organizations/{ORG}")
    (found,) = (await story.platform.programs.ListPrograms(listed, metadata=story.lead)).programs
    assert (found.name, found.join_approval, found.revision) == (story.program, True, 1)
