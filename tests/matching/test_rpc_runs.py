"""Cohort runs and recommendations through real gRPC sockets, as the portal of a program lead sees them."""

import asyncio
import csv
import io
import xml.etree.ElementTree as ET
from typing import Any

import grpc
import pytest
from google.longrunning import operations_pb2
from google.protobuf.duration_pb2 import Duration

from services.kernel.mongo import Cause
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1.policy_pb2 import MatchingPolicy
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.kernel.rpc.conftest import failure
from tests.matching.conftest import Platform
from tests.matching.export import FEW
from tests.matching.factories import ORG
from tests.matching.lead import EVERYBODY, Story, draft, person, ref_of

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
Run = pb.CohortRun
MENTEE, MENTOR = Person.ROLE_MENTEE, Person.ROLE_MENTOR


@pytest.fixture
async def story(platform: Platform) -> Story:
    """Begin with one mentor with one seat, two mentees, and a program in which they take part."""
    await platform.import_people(FEW)
    story = Story(platform, await platform.programs.CreateProgram(draft(), metadata=platform.auth()))
    await story.enrol(*EVERYBODY)
    return story


def pair(mentor: str, mentee: str) -> pb.PairOfPeople:
    return pb.PairOfPeople(mentor=person(mentor), mentee=person(mentee))


async def cancelled(story: Story, run: Run) -> Run:
    request = pb.CancelCohortRunRequest(name=run.name)
    answer: Run = await story.platform.matching.CancelCohortRun(request, metadata=story.lead)
    return answer


async def watched(story: Story, run: Run) -> list[Run]:
    request = pb.WatchCohortRunRequest(name=run.name)
    call = story.platform.matching.WatchCohortRun(request, metadata=story.lead, timeout=30)
    return [seen async for seen in call]


async def test_a_ready_run_has_its_report(story: Story) -> None:
    run = await story.run()
    report = run.report
    assert (run.state, report.mentees, report.mentors, report.seats) == (Run.STATE_READY, 2, 1, 1)
    assert (report.matched, report.blocking_pairs, report.blocking_mentees) == (1, 0, 0)
    assert report.total_score_ppm <= report.best_total_score_ppm
    assert [(bar.value, bar.count) for bar in report.ranks if bar.count] == [(1, 1)]
    assert len(report.input_digest) == len(report.result_digest) == 64


async def test_the_same_question_has_the_same_answer(story: Story) -> None:
    first, second = [await story.run(options=pb.CohortRunOptions(seed=7)) for _ in range(2)]
    assert first.report == second.report
    assert first.proposals == second.proposals


async def test_pairs_and_leftovers_come_in_pages(story: Story) -> None:
    run = await story.run()
    pairs = pb.ListProposalsRequest(parent=run.name, page_size=1)
    found = await story.platform.matching.ListProposals(pairs, metadata=story.lead)
    assert (list(found.proposals), found.next_page_token) == (list(run.proposals), "")
    left = pb.ListLeftoversRequest(parent=run.name)
    (over,) = (await story.platform.matching.ListLeftovers(left, metadata=story.lead)).leftovers
    assert (over.mentee, over.nearest_mentor) == (person("e4"), person("e2"))
    assert over.obstacle == pb.Leftover.OBSTACLE_FULL
    assert over.reason


@pytest.mark.parametrize("token", ["-1", "next", "9" * 12])
async def test_a_foreign_page_token_is_refused(story: Story, token: str) -> None:
    run = await story.run()
    request = pb.ListProposalsRequest(parent=run.name, page_token=token)
    refused = await failure(story.platform.matching.ListProposals(request, metadata=story.lead))
    assert (refused.code, set(refused.violations)) == (Code.INVALID_ARGUMENT, {"page_token"})


async def test_a_run_without_a_result_has_no_pages(story: Story) -> None:
    run = await story.ask()
    request = pb.ListProposalsRequest(parent=run.name)
    refused = await failure(story.platform.matching.ListProposals(request, metadata=story.lead))
    assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "RUN_NOT_COMPUTED")


async def test_a_watcher_sees_the_run_at_once_and_until_it_is_over(story: Story) -> None:
    run = await story.ask()
    watching = asyncio.create_task(watched(story, run))
    await story.platform.computing.compute(ref_of(run.name), Cause("heard"))
    seen = await watching
    assert [seen[0].state, seen[-1].state] == [Run.STATE_RUNNING, Run.STATE_READY]
    assert len({one.etag for one in seen}) == len(seen)


async def test_a_cancelled_run_takes_no_result_and_cannot_be_published(story: Story) -> None:
    run = await story.ask()
    assert (await cancelled(story, run)).state == Run.STATE_CANCELLED
    await story.platform.computing.compute(ref_of(run.name), Cause("heard"))
    (last,) = await watched(story, run)
    assert (last.state, last.report.matched) == (Run.STATE_CANCELLED, 0)
    refused = await failure(story.publish(last))
    assert refused.info.reason == "RUN_NOT_READY"


async def test_a_published_run_cannot_be_cancelled(story: Story) -> None:
    run = await story.run()
    await story.publish(run)
    refused = await failure(cancelled(story, run))
    assert (refused.code, refused.info.reason) == (Code.FAILED_PRECONDITION, "RUN_PUBLISHED")


async def test_a_locked_pair_is_in_the_result_whoever_fits_better(story: Story) -> None:
    run = await story.run(options=pb.CohortRunOptions(locked_pairs=[pair("e2", "e4")]))
    (only,) = run.proposals
    assert (only.mentor, only.mentee, only.locked) == (person("e2"), person("e4"), True)


async def test_excluded_people_and_pairs_are_not_in_the_result(story: Story) -> None:
    without = await story.run(options=pb.CohortRunOptions(excluded_people=[person("e3")]))
    assert [one.mentee for one in without.proposals] == [person("e4")]
    apart = await story.run(options=pb.CohortRunOptions(excluded_pairs=[pair("e2", "e3")]))
    assert [one.mentee for one in apart.proposals] == [person("e4")]


@pytest.mark.parametrize(
    ("options", "reason", "field"),
    [
        ({"locked_pairs": [pair("e2", "e1")]}, "LOCK_UNKNOWN", "options.locked_pairs[0]"),
        (
            {"locked_pairs": [pair("e2", "e3")], "excluded_pairs": [pair("e2", "e3")]},
            "LOCK_BREAKS_RULE",
            "options.locked_pairs[0]",
        ),
        ({"excluded_people": [person("e2")]}, "NO_MENTORS", ""),
        ({"excluded_people": [person("e3"), person("e4")]}, "NO_MENTEES", ""),
    ],
)
async def test_what_cannot_be_matched_fails_by_code_and_field(
    story: Story, options: dict[str, Any], reason: str, field: str
) -> None:
    run = await story.run(options=pb.CohortRunOptions(**options))
    assert (run.state, run.failure_reason, run.failure_field) == (Run.STATE_FAILED, reason, field)


async def test_what_if_weights_stay_with_the_run(story: Story) -> None:
    """Only the department counts: all pairs are from different ones, and score in full."""
    policy = MatchingPolicy(mentee_weights={"department": 5}, mentor_weights={"department": 1})
    run = await story.run(options=pb.CohortRunOptions(matching_policy=policy))
    (only,) = run.proposals
    assert (only.score_ppm, only.mentor_score_ppm) == (1_000_000, 1_000_000)
    assert run.options.matching_policy.mentee_weights["department"] == 1000
    assert (await story.run()).proposals[0].score_ppm < 1_000_000


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
async def test_a_weight_that_is_no_weight_is_refused_at_once(story: Story, weight: float) -> None:
    policy = MatchingPolicy(mentee_weights={"skills": weight})
    refused = await failure(story.ask(options=pb.CohortRunOptions(matching_policy=policy)))
    assert refused.code == Code.INVALID_ARGUMENT
    assert [name for name in refused.violations if "mentee_weights" in name]


@pytest.mark.parametrize("mode", ["MODE_STABLE", "MODE_OPTIMAL", "MODE_BALANCED", "MODE_FAIR"])
async def test_every_mode_matches(story: Story, mode: str) -> None:
    run = await story.run(options=pb.CohortRunOptions(mode=pb.CohortRunOptions.Mode.Value(mode)))
    assert (run.state, run.report.matched) == (Run.STATE_READY, 1)


async def test_the_table_tells_of_every_mentee(story: Story) -> None:
    run = await story.run()
    request = pb.ExportCohortRunRequest(name=run.name, format=pb.ExportCohortRunRequest.FORMAT_CSV)
    file = await story.platform.matching.ExportCohortRun(request, metadata=story.lead)
    rows = list(csv.DictReader(io.StringIO(file.data.decode())))
    assert (file.content_type, file.parts) == ("text/csv; charset=utf-8", 1)
    assert {row["mentee"] for row in rows} == {"e3", "e4"}
    assert [row["mentor"] for row in rows if row["mentee"] == "e3"] == ["e2"]


async def test_the_picture_is_an_image(story: Story) -> None:
    run = await story.run()
    request = pb.ExportCohortRunRequest(name=run.name, format=pb.ExportCohortRunRequest.FORMAT_SVG)
    file = await story.platform.matching.ExportCohortRun(request, metadata=story.lead)
    assert file.content_type == "image/svg+xml"
    assert ET.fromstring(file.data.decode()).tag.endswith("svg")


async def test_runs_are_listed_without_their_pairs(story: Story) -> None:
    run = await story.run()
    request = pb.ListCohortRunsRequest(parent=story.program)
    (listed,) = (await story.platform.matching.ListCohortRuns(request, metadata=story.lead)).cohort_runs
    assert (listed.name, listed.report, len(listed.proposals)) == (run.name, run.report, 0)


async def test_a_run_is_an_operation_too(story: Story) -> None:
    run = await story.ask()
    wait = operations_pb2.WaitOperationRequest(name=run.operation, timeout=Duration(nanos=1))
    operations = story.platform.operations
    assert not (await operations.WaitOperation(wait, metadata=story.lead)).done
    await story.platform.computing.compute(ref_of(run.name), Cause("heard"))
    wait.timeout.seconds = 20
    done = await operations.WaitOperation(wait, metadata=story.lead)
    response = Run()
    assert done.done
    assert done.response.Unpack(response)
    assert (response.name, response.state) == (run.name, Run.STATE_READY)
    listed = operations_pb2.ListOperationsRequest(name=f"organizations/{ORG}")
    (found,) = (await operations.ListOperations(listed, metadata=story.lead)).operations
    assert found == done


async def test_an_operation_can_be_cancelled_and_is_never_deleted(story: Story) -> None:
    run = await story.ask()
    cancel = operations_pb2.CancelOperationRequest(name=run.operation)
    for _ in range(2):
        await story.platform.operations.CancelOperation(cancel, metadata=story.lead)
    get = operations_pb2.GetOperationRequest(name=run.operation)
    found = await story.platform.operations.GetOperation(get, metadata=story.lead)
    assert (found.done, found.error.code) == (True, Code.CANCELLED.value[0])
    delete = operations_pb2.DeleteOperationRequest(name=run.operation)
    refused = await failure(story.platform.operations.DeleteOperation(delete, metadata=story.lead))
    assert refused.info.reason == "OPERATIONS_ARE_KEPT"


async def test_operations_are_for_leads_of_the_organization(story: Story) -> None:
    run = await story.ask()
    get = operations_pb2.GetOperationRequest(name=run.operation)
    for metadata, code in (
        (story.platform.auth("e3", "mentee"), Code.PERMISSION_DENIED),
        (story.platform.auth(org="rival"), Code.NOT_FOUND),
    ):
        refused = await failure(story.platform.operations.GetOperation(get, metadata=metadata))
        assert refused.code == code


async def recommended(story: Story, who: str, acting: str, **wanted: Any) -> pb.RecommendPartnersResponse:
    request = pb.RecommendPartnersRequest(parent=story.program, **wanted)
    answer: pb.RecommendPartnersResponse = await story.platform.matching.RecommendPartners(
        request, metadata=story.platform.auth(who, acting)
    )
    return answer


async def test_a_mentee_gets_mentors_and_a_mentor_gets_mentees_with_reasons(story: Story) -> None:
    (mentor,) = (await recommended(story, "e3", "mentee", role=MENTEE)).recommendations
    assert (mentor.mentor, mentor.mentee) == (person("e2"), person("e3"))
    assert sum(part.score_ppm for part in mentor.contributions) == mentor.score_ppm
    assert mentor.reason_for_mentee.startswith("This mentor offers the skills you seek")
    found = await recommended(story, "e2", "mentor", role=MENTOR)
    assert [one.mentee for one in found.recommendations] == [person("e3"), person("e4")]
    assert found.recommendations[0] == mentor


async def test_a_lead_asks_for_anybody_and_participants_for_themselves(story: Story) -> None:
    found = await recommended(story, "e1", "program_lead", role=MENTEE, person=person("e3"), limit=1)
    assert len(found.recommendations) == 1
    refused = await failure(recommended(story, "e4", "mentee", role=MENTEE, person=person("e3")))
    assert refused.code == Code.NOT_FOUND


async def test_who_takes_no_part_in_that_role_gets_no_recommendation(story: Story) -> None:
    refused = await failure(recommended(story, "e2", "mentor", role=MENTEE))
    assert (refused.code, refused.info.reason) == (Code.NOT_FOUND, "NOT_ENROLLED")
