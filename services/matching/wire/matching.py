"""Matches to protobuf."""

from services.kernel import fields
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import matches, reasons
from services.matching.wire.names import match_name, mentorship_name, person_name, person_names
from services.matching.wire.runs import contributions
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb


def match(ref: Ref, stored: Versioned[matches.Match], reader: str) -> pb.Match:
    """Encode a stored match; its mentorship shows once it is confirmed, the reason is in `reader`'s eyes."""
    state = stored.state
    message = pb.Match(
        name=match_name(ref.tenant, state.origin.program, ref.id),
        mentor=person_name(ref.tenant, state.pair.mentor),
        mentee=person_name(ref.tenant, state.pair.mentee),
        score_ppm=state.score_ppm,
        contributions=contributions(state.contributions),
        state=pb.Match.State.Value(f"STATE_{state.stage}"),
        accepted_by=person_names(ref.tenant, state.accepted_by),
        mentor_score_ppm=state.mentor_score_ppm,
        mentor_contributions=contributions(state.mentor_contributions),
        reason=_reason(state, reader),
        etag=stored.etag,
    )
    if state.misfit:
        message.rematch_reason = pb.RequestRematchRequest.Reason.Value(f"REASON_{state.misfit}")
    if state.stage in {matches.Stage.CONFIRMED, matches.Stage.ENDED}:
        message.mentorship = mentorship_name(ref.tenant, state.origin.mentorship)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def misfit(reason: pb.RequestRematchRequest.Reason.ValueType) -> matches.Misfit:
    """Decode why a match does not fit."""
    return matches.Misfit(pb.RequestRematchRequest.Reason.Name(reason).removeprefix("REASON_"))


def _reason(state: matches.Match, reader: str) -> str:
    if reader == state.pair.mentor:
        return reasons.for_mentor(state.mentor_contributions)
    return reasons.for_mentee(state.contributions)
