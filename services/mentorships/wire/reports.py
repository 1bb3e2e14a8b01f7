"""Reports of programs and the health of pairs to and from protobuf."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.clock import truncated
from services.kernel.mongo import Ref
from services.mentorships.domain import report as domain
from services.mentorships.domain.health import Finding, PairHealth, Status
from services.mentorships.domain.report import Report
from services.mentorships.domain.rules import invalid
from services.mentorships.wire.names import mentorship_name, optional_person, person_name, program_name
from services.pb.mentoring.mentorships.v1 import report_service_pb2 as pb
from services.pb.mentoring.processor.v1 import events_pb2 as processor

REPORT: Final = "organizations/*/programs/*/report"
_STATUS: Final = "HEALTH_STATUS_"
_REASON: Final = "REASON_"


def moment(request: pb.GetProgramReportRequest, field: str) -> datetime | None:
    """Decode a time of a request, None if it is unset. Raises Invalid TIME_MALFORMED."""
    if not request.HasField(field):  # type: ignore[arg-type]  # one of two names of fields
        return None
    stamp: Timestamp = getattr(request, field)
    try:
        return truncated(stamp.ToDatetime(tzinfo=UTC))
    except ValueError:
        raise invalid("TIME_MALFORMED", field, "must be a moment between the years 1 and 9999") from None


def status(code: processor.HealthStatus.ValueType) -> Status | None:
    """Decode which status is asked for; None for any."""
    return Status(processor.HealthStatus.Name(code).removeprefix(_STATUS)) if code else None


def finding(message: processor.HealthChanged) -> Finding:
    """Decode how a pair goes; codes of newer builds are left out."""
    statuses, reasons = processor.HealthStatus.values(), processor.Reason.values()
    code = message.to_status if message.to_status in statuses else processor.HEALTH_STATUS_UNSPECIFIED
    known = (processor.Reason.Name(one) for one in message.reasons if one in reasons)
    return Finding(
        status=Status(processor.HealthStatus.Name(code).removeprefix(_STATUS)),
        since=truncated(message.due_time.ToDatetime(tzinfo=UTC)),
        reasons=tuple(name.removeprefix(_REASON) for name in known),
    )


def page(tenant: str, found: Sequence[tuple[str, PairHealth]], token: str) -> pb.ListMentorshipHealthResponse:
    """Encode a page of pairs."""
    entries = [_pair(tenant, key, one) for key, one in found]
    return pb.ListMentorshipHealthResponse(mentorship_health=entries, next_page_token=token)


def report(ref: Ref, counted: Report) -> pb.ProgramReport:
    """Encode a report of the program with the id of `ref`."""
    return pb.ProgramReport(
        name=f"{program_name(ref.tenant, ref.id)}/report",
        funnel=pb.ProgramReport.Funnel(
            matched=counted.matched,
            active=counted.active,
            met=counted.met,
            completed=counted.completed,
            ended=counted.ended,
            enrolled=counted.enrolled,
        ),
        meetings=pb.ProgramReport.Meetings(
            held=counted.held,
            missed=counted.missed,
            no_show_rate=counted.no_show_rate,
            held_per_pair_month=counted.held_per_pair_month,
            median_days_to_first=counted.median_days_to_first,
            mean_days_to_first=counted.mean_days_to_first,
        ),
        check_ins=pb.ProgramReport.CheckIns(
            opened=counted.opened,
            answered=counted.answered,
            response_rate=counted.response_rate,
            mean_quality=counted.quality.mean,
            quality_hidden=counted.quality.hidden,
        ),
        goals=pb.ProgramReport.Goals(
            set=counted.goals,
            completed=counted.goals_completed,
            completion_rate=counted.goal_completion_rate,
        ),
        health=[
            pb.ProgramReport.Health(status=_status(one), mentorships=number)
            for one, number in counted.health.items()
        ],
        months=[_month(one) for one in counted.months],
        csv=domain.table(counted).encode(),
    )


def _month(one: domain.InMonth) -> pb.ProgramReport.Month:
    year, month = one.month
    return pb.ProgramReport.Month(
        month=Date(year=year, month=month),
        held=one.held,
        missed=one.missed,
        answered=one.answered,
        mean_quality=one.quality.mean,
        quality_hidden=one.quality.hidden,
    )


def _pair(tenant: str, key: str, one: PairHealth) -> pb.MentorshipHealth:
    mentor, mentee = one.people
    message = pb.MentorshipHealth(
        mentorship=mentorship_name(tenant, key),
        mentor=person_name(tenant, mentor),
        mentee=person_name(tenant, mentee),
        lead=optional_person(tenant, one.lead),
        status=_status(one.status),
        reasons=[processor.Reason.Value(f"{_REASON}{reason}") for reason in one.reasons],
    )
    fields.set_time(message.since_time, one.since)
    return message


def _status(one: Status) -> processor.HealthStatus.ValueType:
    return processor.HealthStatus.Value(f"{_STATUS}{one}")
