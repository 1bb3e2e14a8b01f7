"""Audit entries as messages, as lines of JSON and as rows of CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import ids
from services.kernel.audit.checking import Head, Report
from services.kernel.audit.entry import Entry
from services.kernel.tables import inert
from services.pb.mentoring.audit.v1 import audit_service_pb2 as pb

COLUMNS: Final = (
    *("id", "at", "caller", "roles", "behalf", "method", "resources", "code", "reason", "changes"),
    *("digest", "etag", "new_etag", "address", "agent", "call"),
)
_TURNING: Final = (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_BIDI: Final = {sign: f"\\u{sign:04x}" for sign in _TURNING}
"""Signs that turn the order of a line on a screen, or end it."""


def entry(stored: Entry, place: tuple[int, str]) -> pb.AuditEntry:
    """Encode one; `place` is (0, "") while it is not in the chain."""
    return pb.AuditEntry(
        name=name_of(stored.tenant, stored.id),
        call_time=_stamp(stored.at),
        caller=stored.caller,
        roles=stored.roles,
        on_behalf_of=stored.behalf,
        method=stored.method,
        resources=stored.resources,
        request_digest=stored.digest,
        code=stored.code,
        reason=stored.reason,
        etag=stored.etag,
        new_etag=stored.new_etag,
        changes=[
            pb.AuditEntry.Change(kind=one.kind, id=one.id, version_before=one.before, version_after=one.after)
            for one in stored.changes
        ],
        address=stored.address,
        user_agent=stored.agent,
        request_id=stored.call,
        place=place[0],
        hash=place[1],
    )


def name_of(tenant: str, key: str) -> str:
    """Return the resource name of an entry."""
    return ids.name("organizations", tenant, "auditEntries", key)


def where(asked: pb.AuditFilter) -> Mapping[str, Any]:
    """Decode a filter into conditions on fields of entries. Invalid MALFORMED_NAME."""
    found: dict[str, Any] = {}
    if asked.person:
        _, person = ids.parse_name("organizations/*/people/*", asked.person, "filter.person")
        found["$or"] = [{"caller": person}, {"behalf": person}]
    if asked.method:
        found["method"] = asked.method
    if asked.code:
        found["code"] = asked.code
    span = {}
    if asked.HasField("start_time"):
        span["$gte"] = asked.start_time.ToDatetime(UTC)
    if asked.HasField("end_time"):
        span["$lt"] = asked.end_time.ToDatetime(UTC)
    return {**found, "at": span} if span else found


def report(found: Report, tenant: str, unchained: int) -> pb.VerifyAuditChainResponse:
    """Encode what a check found."""
    finding = pb.VerifyAuditChainResponse.Finding
    return pb.VerifyAuditChainResponse(
        checked_count=found.entries,
        unchained_count=unchained,
        head=pb.AuditHead(place=found.head.place, hash=found.head.hash),
        findings=[
            finding(
                problem=finding.Problem.Value(f"PROBLEM_{one.problem}"),
                place=one.place,
                audit_entry=name_of(tenant, one.entry) if one.entry else "",
            )
            for one in found.findings
        ],
    )


def head(request: pb.VerifyAuditChainRequest) -> Head | None:
    """Decode the head that somebody noted."""
    known = request.known_head
    return Head(known.place, known.hash) if known.place else None


def json_line(stored: Entry) -> bytes:
    """Return an entry as one line, whatever stands in it."""
    fields = {**_fields(stored), "at": stored.at.isoformat()}
    return msgspec.json.encode(fields).decode().translate(_BIDI).encode() + b"\n"


def csv_header() -> bytes:
    """Return the first row."""
    return _row(COLUMNS)


def csv_row(stored: Entry) -> bytes:
    """Return an entry as one row; no cell is a formula to a spreadsheet."""
    fields = {
        **_fields(stored),
        "at": stored.at.isoformat(),
        "changes": [f"{one.kind}/{one.id}@{one.before}-{one.after}" for one in stored.changes],
    }
    return _row([_cell(fields[column]) for column in COLUMNS])


def _fields(stored: Entry) -> dict[str, Any]:
    return {column: getattr(stored, column) for column in COLUMNS}


def _cell(value: Any) -> str:
    text = ";".join(value) if isinstance(value, list | tuple) else str(value)
    return inert(" ".join(text.split()).translate(_BIDI))


def _row(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def _stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made
