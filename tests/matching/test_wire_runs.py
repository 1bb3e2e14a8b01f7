"""Cohort runs on the wire: options in and out, pairs with their reasons, reports, and runs as operations."""

from dataclasses import replace
from datetime import UTC

import pytest
from google.longrunning import operations_pb2
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import policy, runs
from services.matching.domain.members import Role
from services.matching.domain.policy import DEFAULT_OPTIONS, Options, Pair
from services.matching.domain.recommending import Asked, Recommended
from services.matching.domain.runs import CohortRun, Progress
from services.matching.wire import operations
from services.matching.wire import runs as wire
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from tests.matching.factories import (
    LEFTOVER,
    MENTEE,
    MENTOR,
    NOW,
    ORG,
    PLAN,
    PROGRAM_ID,
    PROPOSAL,
    REPORT,
    RUN_ID,
    STRANGER,
)

REF = Ref(ORG, RUN_ID)
RUNNING = runs.request(PROGRAM_ID, DEFAULT_OPTIONS, NOW)[0]
READY = RUNNING.ready(REPORT, 1, 0)[0]
PEOPLE = st.sampled_from((MENTOR, MENTEE, STRANGER))
PAIRS = st.lists(st.builds(Pair, PEOPLE, PEOPLE), max_size=3, unique=True).map(tuple)


def person(one: str) -> str:
    return f"organizations/{ORG}/people/{one}"


def stored(run: CohortRun) -> Versioned[CohortRun]:
    return Versioned(run, 2, NOW, NOW)


@given(
    st.builds(
        Options,
        mode=st.sampled_from(policy.Mode),
        proposing=st.sampled_from(policy.Proposing),
        seed=st.integers(0, 1000),
        most_loss_ppm=st.integers(0, 1_000_000),
        group_by=st.sampled_from(policy.Grouping),
        policy=st.sampled_from((None, policy.DEFAULT_POLICY)),
        locked=PAIRS,
        excluded=st.lists(PEOPLE, max_size=2, unique=True).map(tuple),
        excluded_pairs=PAIRS,
    )
)
def test_options_come_back_as_they_went_out(options: Options) -> None:
    message = wire.run(REF, stored(replace(RUNNING, options=options)))
    assert wire.options(ORG, message.options) == options


def test_no_options_are_the_defaults() -> None:
    assert wire.options(ORG, pb.CohortRunOptions()) == DEFAULT_OPTIONS


@pytest.mark.parametrize(
    ("pairs", "reason", "field"),
    [
        ([(person(MENTOR), "organizations/other/people/e1")], "FOREIGN_ORGANIZATION", "[0].mentee"),
        ([("nobody", person(MENTEE))], "MALFORMED_NAME", "[0].mentor"),
        ([(person(MENTOR), person(MENTEE))] * 2, "DUPLICATE_PAIR", "[1]"),
    ],
)
def test_a_wrong_pair_is_named_by_place(pairs: list[tuple[str, str]], reason: str, field: str) -> None:
    message = pb.CohortRunOptions(
        locked_pairs=[pb.PairOfPeople(mentor=mentor, mentee=mentee) for mentor, mentee in pairs]
    )
    with pytest.raises(Invalid) as refusal:
        wire.options(ORG, message)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, f"options.locked_pairs{field}")


def test_a_run_shows_its_first_pairs_with_the_reasons_for_both_sides() -> None:
    message = wire.whole_run(REF, stored(READY), [runs.part(RUN_ID, 0, PLAN)])
    (proposal,) = message.proposals
    assert (proposal.mentor, proposal.mentee, proposal.rank) == (person(MENTOR), person(MENTEE), 1)
    assert [(part.criterion, part.score_ppm, part.most_ppm) for part in proposal.contributions] == [
        ("skills", 450_000, 500_000),
        ("overlap", 90_000, 500_000),
    ]
    assert sum(part.score_ppm for part in proposal.contributions) == proposal.score_ppm
    assert sum(part.score_ppm for part in proposal.mentor_contributions) == proposal.mentor_score_ppm
    assert proposal.reason_for_mentee.startswith("This mentor offers the skills you seek")
    assert list(message.unmatched_mentees) == [person(STRANGER)]


def test_a_report_shows_every_figure() -> None:
    """Field by field: whatever a report gains must be told too."""
    message = wire.run(REF, stored(READY)).report
    told = {field.name for field, _ in message.ListFields()} | {"load_gini_ppm", "fell_back"}
    assert told >= {field.name for field in pb.CohortRunReport.DESCRIPTOR.fields} - {
        "blocking_pairs",  # 0 is not on the wire
        "blocking_mentees",
    }
    assert (message.matched, message.ranks[0].count, message.groups[0].mentees) == (1, 1, 2)


def test_a_mentee_left_over_reads_why_and_who_was_nearest() -> None:
    message = wire.leftover(ORG, LEFTOVER)
    assert (message.mentee, message.nearest_mentor) == (person(STRANGER), person(MENTOR))
    assert message.obstacle == pb.Leftover.OBSTACLE_FULL
    assert message.reason == "Every mentor who fits is full with mentees who fit better."


def test_a_failed_run_shows_its_code_and_the_field_to_blame() -> None:
    failed = RUNNING.fail("LOCK_BREAKS_RULE", "options.locked_pairs[0]")[0]
    message = wire.run(REF, stored(failed))
    assert (message.state, message.failure_reason) == (pb.CohortRun.STATE_FAILED, "LOCK_BREAKS_RULE")
    assert message.failure_field == "options.locked_pairs[0]"


@pytest.mark.parametrize("stage", list(runs.Stage))
def test_every_stage_of_a_run_has_its_state(stage: runs.Stage) -> None:
    message = wire.run(REF, stored(replace(READY, stage=stage)))
    assert pb.CohortRun.State.Name(message.state) == f"STATE_{stage}"


def test_only_a_running_run_shows_progress() -> None:
    going = RUNNING.progressed(Progress("scoring", 3, 10))[0]
    assert wire.run(REF, stored(going)).progress == pb.CohortRunProgress(stage="scoring", done=3, total=10)
    assert not wire.run(REF, stored(READY.publish()[0].delivered()[0])).HasField("progress")


@pytest.mark.parametrize(
    ("run", "done", "code"),
    [
        (RUNNING, False, code_pb2.OK),
        (READY, True, code_pb2.OK),
        (READY.publish()[0], True, code_pb2.OK),
        (RUNNING.fail("NO_SEATS")[0], True, code_pb2.FAILED_PRECONDITION),
        (RUNNING.cancel()[0], True, code_pb2.CANCELLED),
    ],
)
def test_a_run_is_an_operation(run: CohortRun, done: bool, code: int) -> None:  # noqa: FBT001 -- a parameter
    operation: operations_pb2.Operation = operations.operation(REF, stored(run))
    assert operation.name == wire.run(REF, stored(run)).operation
    assert (operation.done, operation.error.code) == (done, code)
    metadata, response = pb.CohortRunMetadata(), pb.CohortRun()
    assert operation.metadata.Unpack(metadata)
    assert metadata.cohort_run.endswith(RUN_ID)
    assert operation.response.Unpack(response) == (done and code == code_pb2.OK)


def test_recommendations_are_for_the_caller_unless_somebody_is_named() -> None:
    request = pb.RecommendPartnersRequest(role=profiles.Person.ROLE_MENTEE)
    assert wire.asked(ORG, request, MENTEE) == Asked(MENTEE, Role.MENTEE, 10)
    request.person, request.limit, request.include_full = person(STRANGER), 3, True
    assert wire.asked(ORG, request, MENTEE) == Asked(STRANGER, Role.MENTEE, 3, include_full=True)


def test_recommendations_say_how_old_they_are() -> None:
    message = wire.recommended(ORG, Recommended([PROPOSAL], NOW))
    assert message.as_of_time.ToDatetime(UTC) == NOW
    assert message.recommendations[0].mentor == person(MENTOR)
