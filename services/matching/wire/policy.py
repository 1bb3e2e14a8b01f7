"""How people are matched, to and from protobuf."""

from collections.abc import Mapping
from dataclasses import asdict

from services.kernel.errors import Invalid
from services.matching.domain import policy
from services.matching.domain.policy import MENTEE_WEIGHTS, MENTOR_WEIGHTS, Past, Policy, Rules, Weights
from services.pb.mentoring.matching.v1 import policy_pb2 as pb

USUAL: Policy = policy.DEFAULT_POLICY


def policy_draft(message: pb.MatchingPolicy, field: str, usual: Policy = USUAL) -> Policy:
    """Decode a policy; what is not given is as in `usual`. Invalid WEIGHTS_INVALID names the weight."""
    past = pb.MatchingPolicy.Past.Name(message.past).removeprefix("PAST_")
    return Policy(
        mentee_weights=_weights(message.mentee_weights, MENTEE_WEIGHTS, f"{field}.mentee_weights"),
        mentor_weights=_weights(message.mentor_weights, MENTOR_WEIGHTS, f"{field}.mentor_weights"),
        rules=Rules(
            least_overlap_minutes=message.least_overlap_minutes or usual.rules.least_overlap_minutes,
            least_grade_gap=message.least_grade_gap if message.HasField("least_grade_gap") else None,
            same_department=not message.forbid_same_department,
            past=Past.AVOID if past == "UNSPECIFIED" else Past(past),
        ),
        best_grade_gap=(
            message.best_grade_gap if message.HasField("best_grade_gap") else usual.best_grade_gap
        ),
    )


def policy_message(given: Policy) -> pb.MatchingPolicy:
    """Encode a policy; weights are per mille."""
    rules = given.rules
    return pb.MatchingPolicy(
        mentee_weights=asdict(given.mentee_weights),
        mentor_weights=asdict(given.mentor_weights),
        least_overlap_minutes=rules.least_overlap_minutes,
        least_grade_gap=rules.least_grade_gap,
        forbid_same_department=not rules.same_department,
        past=pb.MatchingPolicy.Past.Value(f"PAST_{rules.past}"),
        best_grade_gap=given.best_grade_gap,
    )


def _weights(typed: Mapping[str, float], usual: Weights, field: str) -> Weights:
    if not typed:
        return usual
    try:
        return policy.normalised(typed)
    except policy.WrongWeightError as wrong:
        at = f"{field}[{wrong.criterion}]" if wrong.criterion else field
        raise Invalid("WEIGHTS_INVALID", f"{at} {wrong.problem}", fields=((at, wrong.problem),)) from wrong
