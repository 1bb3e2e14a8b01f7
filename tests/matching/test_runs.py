"""A cohort run from request to publication: what each state allows, and its result in parts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import NotFound, Refused
from services.matching.domain import runs
from services.matching.domain.plan import Leftover, Obstacle
from services.matching.domain.policy import DEFAULT_OPTIONS
from services.matching.domain.runs import CohortRun, Progress, Stage
from tests.matching.factories import NOW, PLAN, PROGRAM_ID, PROPOSAL, RUN_ID

RUNNING = runs.request(PROGRAM_ID, DEFAULT_OPTIONS, NOW)[0]
READY = RUNNING.ready(PLAN.report, 1, 0)[0]
PUBLISHED = READY.publish()[0]
FAILED = RUNNING.fail("NO_SEATS")[0]
CANCELLED = RUNNING.cancel()[0]


def test_a_run_keeps_its_first_answer() -> None:
    assert READY.ready(PLAN.report, 5, 7) == (READY, [])
    assert FAILED.ready(PLAN.report, 1, 0) == (FAILED, [])
    assert READY.fail("LATE") == (READY, [])


def test_a_cancelled_run_takes_no_answer() -> None:
    assert CANCELLED.ready(PLAN.report, 1, 0) == (CANCELLED, [])
    assert CANCELLED.fail("LATE") == (CANCELLED, [])


def test_progress_is_told_once_per_stage_and_tenth() -> None:
    first, told = RUNNING.progressed(Progress("scoring", 1, 100))
    assert told == [runs.CohortRunProgressed()]
    assert first.progressed(Progress("scoring", 9, 100)) == (first, [])
    assert first.progressed(Progress("scoring", 10, 100))[1] == [runs.CohortRunProgressed()]
    assert first.progressed(Progress("auditing", 0, 100))[1] == [runs.CohortRunProgressed()]


@pytest.mark.parametrize("over", [READY, FAILED, CANCELLED, PUBLISHED])
def test_a_run_that_is_not_computed_any_more_does_not_progress(over: CohortRun) -> None:
    assert over.progressed(Progress("scoring", 1, 2)) == (over, [])


@pytest.mark.parametrize("early", [RUNNING, FAILED, CANCELLED, PUBLISHED])
def test_only_a_ready_run_is_published(early: CohortRun) -> None:
    with pytest.raises(Refused, match="RUN_NOT_READY"):
        early.publish()


@pytest.mark.parametrize("run", [RUNNING, READY])
def test_what_is_not_published_can_be_cancelled(run: CohortRun) -> None:
    cancelled, told = run.cancel()
    assert (cancelled.stage, told) == (Stage.CANCELLED, [runs.CohortRunCancelled()])
    assert cancelled.cancel() == (cancelled, [])


@pytest.mark.parametrize(("run", "reason"), [(PUBLISHED, "RUN_PUBLISHED"), (FAILED, "RUN_NOT_CANCELLABLE")])
def test_what_is_over_cannot_be_cancelled(run: CohortRun, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        run.cancel()


def test_a_publication_claims_its_round_and_is_delivered_once() -> None:
    """Two runs of one round do not know each other's pairs: a unique index lets one of them through."""
    assert PUBLISHED.claims == ("round/0",)
    assert not PUBLISHED.is_delivered
    delivered, told = PUBLISHED.delivered()
    assert (delivered.is_delivered, told) == (True, [runs.CohortRunProgressed()])
    assert delivered.delivered() == (delivered, [])


def test_a_run_without_a_result_shows_none() -> None:
    assert RUNNING.parts == 0
    with pytest.raises(Refused, match="RUN_NOT_COMPUTED"):
        RUNNING.require_computed()


def test_a_run_of_another_program_is_absent() -> None:
    RUNNING.require_of(PROGRAM_ID)
    with pytest.raises(NotFound):
        RUNNING.require_of("other")


@given(st.integers(0, 1200), st.integers(0, 1200), st.integers(0, 1300), st.integers(1, 1000))
def test_pages_of_parts_are_pages_of_the_whole(pairs: int, left: int, offset: int, size: int) -> None:
    plan = replace(
        PLAN,
        proposals=tuple(replace(PROPOSAL, rank=number) for number in range(pairs)),
        unmatched=tuple(Leftover(f"e{number}", Obstacle.FULL) for number in range(left)),
    )
    run = RUNNING.ready(replace(PLAN.report, matched=pairs), left, 0)[0]
    there = [number for number in runs.wanted(offset, size) if number < run.parts]
    entries = [entry for number in there for entry in runs.part(RUN_ID, number, plan).proposals]
    assert tuple(entries[runs.cut(entries, offset, size)]) == plan.proposals[offset : offset + size]
