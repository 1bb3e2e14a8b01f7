"""Safety reports and blocks to and from protobuf; stored ids become full names of their organization."""

from google.protobuf.message import Message

from services.kernel import fields, ids
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import blocks
from services.mentorships.domain import safety as domain
from services.mentorships.wire.names import (
    MENTORSHIP,
    SAFETY_REPORT,
    mentorship_name,
    optional_id,
    person_id,
    person_name,
)
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import safety_service_pb2 as pb


def draft(tenant: str, message: pb.SafetyReport) -> domain.ReportDraft:
    """Decode a report to be filed. Raises Invalid for malformed and foreign names."""
    category = pb.SafetyReport.Category.Name(message.category).removeprefix("CATEGORY_")
    return domain.ReportDraft(
        about=person_id(tenant, message.person, "safety_report.person"),
        category=domain.Category(category),
        words=message.words,
        mentorship=optional_id(tenant, MENTORSHIP, message.mentorship, "safety_report.mentorship"),
    )


def closed(state: pb.SafetyReport.State.ValueType) -> bool | None:
    """Decode which reports are asked for; None for all."""
    return state == pb.SafetyReport.STATE_CLOSED if state else None


def report_ref(name: str) -> Ref:
    """Return which report `name` means. Raises Invalid for a malformed one."""
    return Ref(*ids.parse_name(SAFETY_REPORT, name))


def logged(tenant: str, message: events.SafetyCaseLogged) -> Ref:
    """Decode whose case log has grown. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, SAFETY_REPORT, message.safety_report, "safety_report"))


def blocked(tenant: str, message: events.PersonBlocked) -> Ref:
    """Decode which block is new. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, "organizations/*/blocks/*", message.block, "block"))


def receipt(ref: Ref, stored: Versioned[domain.SafetyReport]) -> pb.SafetyReport:
    """Encode that a report was filed, and nothing of what it says."""
    state = stored.state
    message = pb.SafetyReport(
        name=_report_name(ref),
        category=pb.SafetyReport.Category.Value(f"CATEGORY_{state.category}"),
        state=pb.SafetyReport.STATE_CLOSED if state.closed else pb.SafetyReport.STATE_OPEN,
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def report(ref: Ref, stored: Versioned[domain.SafetyReport]) -> pb.SafetyReport:
    """Encode a whole report, for HR."""
    state, tenant = stored.state, ref.tenant
    message = receipt(ref, stored)
    message.person = person_name(tenant, state.about)
    message.reporter = person_name(tenant, state.reporter)
    message.words = state.words
    message.mentorship = mentorship_name(tenant, state.mentorship) if state.mentorship else ""
    message.log.extend(_entry(tenant, entry) for entry in state.log)
    message.etag = stored.etag
    return message


def block(ref: Ref, stored: Versioned[blocks.Block]) -> pb.Block:
    """Encode a stored block."""
    message = pb.Block(name=_block_name(ref), person=person_name(ref.tenant, stored.state.blocked))
    fields.set_time(message.create_time, stored.create_time)
    return message


def report_outgoing(ref: Ref, state: domain.SafetyReport, event: domain.SafetyEvent) -> Outgoing:
    """Encode what happened to a report, without anybody it concerns."""
    name = _report_name(ref)
    return Outgoing(message=_event(ref.tenant, name, state, event), subject=name, key=ref.id)


def block_outgoing(ref: Ref, _: blocks.Block, __: blocks.PersonBlocked) -> Outgoing:
    """Encode that there is a block, without anybody it concerns."""
    name = _block_name(ref)
    return Outgoing(message=events.PersonBlocked(block=name), subject=name, key=ref.id)


def _event(tenant: str, name: str, state: domain.SafetyReport, event: domain.SafetyEvent) -> Message:
    match event:
        case domain.SafetyReportFiled():
            return events.SafetyReportFiled(safety_report=name)
        case domain.SafetyCaseLogged(number):
            entry = state.log[number - 1]
            return events.SafetyCaseLogged(
                safety_report=name,
                person=person_name(tenant, entry.person),
                action=_action(entry),
                entry=number,
            )
        case domain.SafetyReportClosed():
            return events.SafetyReportClosed(safety_report=name)


def _entry(tenant: str, entry: domain.LogEntry) -> pb.SafetyLogEntry:
    message = pb.SafetyLogEntry(
        person=person_name(tenant, entry.person),
        action=_action(entry),
        words=entry.words,
        mentorship=mentorship_name(tenant, entry.mentorship) if entry.mentorship else "",
    )
    fields.set_time(message.time, entry.time)
    return message


def _action(entry: domain.LogEntry) -> codes.SafetyAction.ValueType:
    return codes.SafetyAction.Value(f"SAFETY_ACTION_{entry.action}")


def _report_name(ref: Ref) -> str:
    return ids.name("organizations", ref.tenant, "safetyReports", ref.id)


def _block_name(ref: Ref) -> str:
    return ids.name("organizations", ref.tenant, "blocks", ref.id)
