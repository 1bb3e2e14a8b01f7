"""Cohort runs, their options, results and reports, to and from protobuf."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import members, plan, policy, reasons, runs
from services.matching.domain.recommending import Asked, Recommended
from services.matching.wire import names
from services.matching.wire.policy import policy_draft, policy_message
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles

C = TypeVar("C", bound=StrEnum)
EnumTypeWrapper = Any
"""Of protobuf; its stubs differ by enum."""

USUAL_LIMIT: Final = 10
"""Recommendations when nobody says how many."""

SHOWN: Final = 1000
"""Pairs and mentees left over that a run itself shows."""


def options(tenant: str, message: pb.CohortRunOptions) -> policy.Options:
    """Decode what a run is asked for. Invalid MALFORMED_NAME, FOREIGN_ORGANIZATION, or a wrong policy."""
    given = message.HasField("matching_policy")
    return policy.Options(
        mode=_choice(policy.Mode, pb.CohortRunOptions.Mode, message.mode, "MODE_"),
        proposing=_choice(policy.Proposing, pb.CohortRunOptions.Proposing, message.proposing, "PROPOSING_"),
        seed=message.seed,
        most_loss_ppm=message.most_loss_ppm if message.HasField("most_loss_ppm") else policy.MOST_LOSS_PPM,
        group_by=_choice(policy.Grouping, pb.CohortRunOptions.Grouping, message.group_by, "GROUPING_"),
        policy=policy_draft(message.matching_policy, "options.matching_policy") if given else None,
        locked=_pairs(tenant, message.locked_pairs, "options.locked_pairs"),
        excluded=tuple(
            names.person_id(tenant, name, f"options.excluded_people[{place}]")
            for place, name in enumerate(message.excluded_people)
        ),
        excluded_pairs=_pairs(tenant, message.excluded_pairs, "options.excluded_pairs"),
    )


def run(ref: Ref, stored: Versioned[runs.CohortRun]) -> pb.CohortRun:
    """Encode a stored run without its pairs."""
    state = stored.state
    message = pb.CohortRun(
        name=names.run_name(ref.tenant, state.program, ref.id),
        state=pb.CohortRun.State.Value(f"STATE_{state.stage}"),
        failure_reason=state.failure_reason,
        failure_field=state.failure_field,
        etag=stored.etag,
        options=_options_message(ref.tenant, state.options),
        progress=_progress(state.progress) if state.stage is runs.Stage.RUNNING else None,
        report=None if state.report is None else _report(state.report),
        operation=names.operation_name(ref.tenant, ref.id),
    )
    message.create_time.FromDatetime(stored.create_time)
    message.update_time.FromDatetime(stored.update_time)
    return message


def whole_run(ref: Ref, stored: Versioned[runs.CohortRun], parts: Iterable[runs.Part]) -> pb.CohortRun:
    """Encode a stored run with the first of its pairs."""
    message = run(ref, stored)
    for part in parts:
        message.proposals.extend(proposal(ref.tenant, one) for one in part.proposals)
        message.unmatched_mentees.extend(names.person_name(ref.tenant, one.mentee) for one in part.leftovers)
    return message


def proposal(tenant: str, one: plan.Proposal) -> pb.Proposal:
    """Encode a pair and why it fits."""
    return pb.Proposal(
        mentor=names.person_name(tenant, one.mentor),
        mentee=names.person_name(tenant, one.mentee),
        score_ppm=one.score_ppm,
        contributions=contributions(one.contributions),
        mentor_score_ppm=one.mentor_score_ppm,
        mentor_contributions=contributions(one.mentor_contributions),
        rank=one.rank,
        locked=one.locked,
        reason_for_mentee=reasons.for_mentee(one.contributions),
        reason_for_mentor=reasons.for_mentor(one.mentor_contributions),
    )


def leftover(tenant: str, one: plan.Leftover) -> pb.Leftover:
    """Encode a mentee without a mentor, and why."""
    return pb.Leftover(
        mentee=names.person_name(tenant, one.mentee),
        obstacle=_obstacle(one.obstacle),
        stopped=[
            pb.Leftover.Stopped(obstacle=_obstacle(stop.obstacle), mentors=stop.mentors)
            for stop in one.stopped
        ],
        nearest_mentor=names.person_name(tenant, one.nearest) if one.nearest else "",
        nearest_score_ppm=one.nearest_score_ppm,
        reason=reasons.without_mentor(one),
    )


def contributions(parts: Iterable[plan.Contribution]) -> list[pb.Contribution]:
    """Encode what each criterion adds."""
    return [
        pb.Contribution(criterion=part.criterion, score_ppm=part.score_ppm, most_ppm=part.most_ppm)
        for part in parts
    ]


def asked(tenant: str, request: pb.RecommendPartnersRequest, caller: str) -> Asked:
    """Decode for whom partners are wanted: the caller unless somebody is named."""
    person = names.person_id(tenant, request.person, "person") if request.person else caller
    role = members.Role(profiles.Person.Role.Name(request.role).removeprefix("ROLE_"))
    return Asked(person, role, request.limit or USUAL_LIMIT, request.include_full)


def recommended(tenant: str, found: Recommended) -> pb.RecommendPartnersResponse:
    """Encode recommendations."""
    as_of = Timestamp()
    as_of.FromDatetime(found.as_of)
    return pb.RecommendPartnersResponse(
        recommendations=[proposal(tenant, one) for one in found.proposals], as_of_time=as_of
    )


def _options_message(tenant: str, asked: policy.Options) -> pb.CohortRunOptions:
    return pb.CohortRunOptions(
        mode=pb.CohortRunOptions.Mode.Value(f"MODE_{asked.mode}"),
        proposing=pb.CohortRunOptions.Proposing.Value(f"PROPOSING_{asked.proposing}"),
        seed=asked.seed,
        most_loss_ppm=asked.most_loss_ppm,
        group_by=pb.CohortRunOptions.Grouping.Value(f"GROUPING_{asked.group_by}"),
        matching_policy=None if asked.policy is None else policy_message(asked.policy),
        locked_pairs=[_pair(tenant, pair) for pair in asked.locked],
        excluded_people=names.person_names(tenant, asked.excluded),
        excluded_pairs=[_pair(tenant, pair) for pair in asked.excluded_pairs],
    )


def _pair(tenant: str, pair: policy.Pair) -> pb.PairOfPeople:
    mentor, mentee = names.person_names(tenant, (pair.mentor, pair.mentee))
    return pb.PairOfPeople(mentor=mentor, mentee=mentee)


def _pairs(tenant: str, pairs: Sequence[pb.PairOfPeople], field: str) -> tuple[policy.Pair, ...]:
    """Decode pairs. Invalid DUPLICATE_PAIR."""
    found: dict[policy.Pair, None] = {}
    for place, one in enumerate(pairs):
        at = f"{field}[{place}]"
        mentor = names.person_id(tenant, one.mentor, f"{at}.mentor")
        pair = policy.Pair(mentor, names.person_id(tenant, one.mentee, f"{at}.mentee"))
        if pair in found:
            raise Invalid("DUPLICATE_PAIR", f"{at} is there twice", fields=((at, "must not be there twice"),))
        found[pair] = None
    return tuple(found)


def _progress(progress: runs.Progress) -> pb.CohortRunProgress:
    return pb.CohortRunProgress(stage=progress.stage, done=progress.done, total=progress.total)


def _report(report: plan.Report) -> pb.CohortRunReport:
    return pb.CohortRunReport(
        mentees=report.mentees,
        mentors=report.mentors,
        seats=report.seats,
        matched=report.matched,
        blocking_pairs=report.blocking_pairs,
        blocking_mentees=report.blocking_mentees,
        total_score_ppm=report.total_score_ppm,
        best_total_score_ppm=report.best_total_ppm,
        mean_mentee_score_ppm=report.mean_mentee_ppm,
        mean_mentor_score_ppm=report.mean_mentor_ppm,
        ranks=_bars(report.ranks),
        loads=_bars(report.loads),
        load_gini_ppm=report.load_gini_ppm,
        groups=[
            pb.CohortRunReport.Group(label=one.label, mentees=one.mentees, matched=one.matched)
            for one in report.groups
        ],
        group_ratio_ppm=report.group_ratio_ppm,
        input_digest=report.input_digest,
        result_digest=report.result_digest,
        fell_back=report.fell_back,
    )


def _bars(bars: Iterable[plan.Bar]) -> list[pb.CohortRunReport.Bar]:
    return [pb.CohortRunReport.Bar(value=bar.value, count=bar.count) for bar in bars]


def _obstacle(obstacle: plan.Obstacle) -> pb.Leftover.Obstacle.ValueType:
    return pb.Leftover.Obstacle.Value(f"OBSTACLE_{obstacle}")


def _choice(kind: type[C], contract: EnumTypeWrapper, value: int, prefix: str) -> C:
    """Decode a choice; unspecified is the first."""
    name = contract.Name(value).removeprefix(prefix)
    return next(iter(kind)) if name == "UNSPECIFIED" else kind(name)
