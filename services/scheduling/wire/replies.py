"""What calendars answer to invitations (RFC 5546), bare or in a mail (RFC 6047)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Final

from icalendar import Calendar

from services.kernel.clock import truncated
from services.kernel.errors import Invalid
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain.invitations import Reply
from services.scheduling.domain.said import Answer
from services.scheduling.domain.told import Status

_CALENDAR: Final = "BEGIN:VCALENDAR"
_TYPES: Final = ("text/calendar", "application/ics")
_BROKEN: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError)


def received(tenant: str, request: pb.ReceiveReplyRequest) -> Reply:
    """Decode what a mail gateway hands in. Invalid REPLY_MALFORMED or SENDER_MISSING."""
    text, sender = _unpacked(request.message)
    sender = request.sender_address or sender
    if not sender:
        description = "must say who sent it, as the message does not"
        raise Invalid(
            "SENDER_MISSING", f"sender_address {description}", fields=(("sender_address", description),)
        )
    return reply(tenant, text, sender, field="message")


def reply(tenant: str, document: str, sender: str = "", field: str = "document") -> Reply:
    """Decode the answer of a calendar. Invalid REPLY_MALFORMED, also for meetings of other organizations."""
    try:
        calendar = Calendar.from_ical(document)
        [event] = calendar.walk("VEVENT")
        meeting, _, owner = str(event["uid"]).partition("@")
        method = str(calendar["method"]).upper()
        if method not in {"REPLY", "COUNTER"} or owner != f"{tenant}.mentoring":
            raise _malformed(field)
        attendee = _one(event["attendee"])
        answer = _answer(event, attendee, method)
        revision, occurrence = int(event.get("sequence", 0)), _moment(event.get("recurrence-id"))
        return Reply(meeting, answer, revision, str(attendee), sender, occurrence)
    except _BROKEN as error:
        raise _malformed(field) from error


def _answer(event: Any, attendee: Any, method: str) -> Answer:
    time = _moment(event.get("dtstamp"))
    if method == "REPLY":
        return Answer("", _said(str(attendee.params["PARTSTAT"]).upper()), time)
    start, end = (_moment(event[name]) for name in ("dtstart", "dtend"))
    if start is None or end is None or start >= end:
        raise ValueError("a counter asks for another time")
    return Answer("", Status.COUNTERED, time, start, end)


def _said(status: str) -> Status:
    """Decode what a reply says. ValueError for what is no answer, and for a counter, which is a method."""
    if status == Status.COUNTERED:
        raise ValueError(status)
    return Status(status)


def _moment(prop: Any) -> datetime | None:
    """Return a moment in UTC, None without one. ValueError for whole days and times without a zone."""
    if prop is None:
        return None
    found = prop.dt
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise ValueError("no moment")
    return truncated(found.astimezone(UTC))


def _unpacked(message: bytes) -> tuple[str, str]:
    """Return the calendar part, and who the From names, if it is in a mail. Invalid REPLY_MALFORMED."""
    if message.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(_CALENDAR)].upper() == _CALENDAR.encode():
        return message.decode("utf-8-sig", "replace").lstrip(), ""
    try:
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(message)
        part = next(_calendars(mail))
        [author] = mail["from"].addresses
        return _text(part), str(author.addr_spec)
    except (*_BROKEN, StopIteration, MessageError) as error:
        raise _malformed("message") from error


def _calendars(mail: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that are calendars, the inline form first."""
    for kind in _TYPES:
        yield from (part for part in mail.walk() if part.get_content_type() == kind)


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise TypeError("no content")
    return content.decode(part.get_content_charset("utf-8"), "replace")


def _one(found: Any) -> Any:
    """Return the attendee of a reply. ValueError unless there is one."""
    if isinstance(found, list):
        [found] = found
    return found


def _malformed(field: str) -> Invalid:
    description = "must be a REPLY or COUNTER of one attendee to an invitation of this platform"
    return Invalid("REPLY_MALFORMED", f"{field} {description}", fields=((field, description),))
