"""Cohort runs and matches to protobuf."""

from collections.abc import Iterable

from services.kernel.mongo import Ref, Versioned
from services.matching.domain import matches, plan, runs
from services.matching.wire.names import match_name, mentorship_name, person_name, person_names, run_name
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb


def run(ref: Ref, stored: Versioned[runs.CohortRun]) -> pb.CohortRun:
    """Encode a stored run."""
    state = stored.state
    message = pb.CohortRun(
        name=run_name(ref.tenant, state.program, ref.id),
        state=pb.CohortRun.State.Value(f"STATE_{state.stage}"),
        proposals=[
            pb.Proposal(
                mentor=person_name(ref.tenant, one.mentor),
                mentee=person_name(ref.tenant, one.mentee),
                score_ppm=one.score_ppm,
                contributions=_contributions(one.contributions),
            )
            for one in state.proposals
        ],
        unmatched_mentees=person_names(ref.tenant, state.unmatched),
        failure_reason=state.failure_reason,
        etag=stored.etag,
    )
    message.create_time.FromDatetime(stored.create_time)
    message.update_time.FromDatetime(stored.update_time)
    return message


def match(ref: Ref, stored: Versioned[matches.Match]) -> pb.Match:
    """Encode a stored match; its mentorship shows once it was confirmed."""
    state = stored.state
    message = pb.Match(
        name=match_name(ref.tenant, state.origin.program, ref.id),
        mentor=person_name(ref.tenant, state.pair.mentor),
        mentee=person_name(ref.tenant, state.pair.mentee),
        score_ppm=state.score_ppm,
        contributions=_contributions(state.contributions),
        state=pb.Match.State.Value(f"STATE_{state.stage}"),
        accepted_by=person_names(ref.tenant, state.accepted_by),
        mentor_score_ppm=state.mentor_score_ppm,
        mentor_contributions=_contributions(state.mentor_contributions),
        etag=stored.etag,
    )
    if state.misfit:
        message.rematch_reason = pb.RequestRematchRequest.Reason.Value(f"REASON_{state.misfit}")
    if state.stage in {matches.Stage.CONFIRMED, matches.Stage.ENDED}:
        message.mentorship = mentorship_name(ref.tenant, state.origin.mentorship)
    message.create_time.FromDatetime(stored.create_time)
    message.update_time.FromDatetime(stored.update_time)
    return message


def misfit(reason: pb.RequestRematchRequest.Reason.ValueType) -> matches.Misfit:
    """Decode why a match does not fit."""
    return matches.Misfit(pb.RequestRematchRequest.Reason.Name(reason).removeprefix("REASON_"))


def _contributions(parts: Iterable[plan.Contribution]) -> list[pb.Contribution]:
    return [pb.Contribution(criterion=part.criterion, score_ppm=part.score_ppm) for part in parts]
