"""Meetings as calendars read them (RFC 5545, 5546), and what calendars answer.

All times are in UTC, so a document needs no zone block, and each meeting of a series is an event of its own:
moving one is an ordinary change of that one in every client.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from icalendar import Calendar, Event, vCalAddress, vText

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.told import Status

_PRODUCT: Final = "-//mentoring-platform//scheduling//EN"
_ROLES: Final = ("mentor", "mentee")
_SUMMARY: Final = "Mentoring"


@dataclass(frozen=True, slots=True)
class Look:
    """What is written into an invitation and kept nowhere: calendar addresses, `people` first the mentor."""

    organizer: str
    people: tuple[str, str]
    summary: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the invitation of a meeting (its id) at a revision."""

    meeting: str
    status: Status
    revision: int


def uid(ref: Ref) -> str:
    """Return what a meeting is called in calendars for ever."""
    return f"{ref.id}@{ref.tenant}.mentoring"


def method(meeting: Meeting) -> str:
    """Return how a meeting is told: invited, or withdrawn."""
    return "CANCEL" if meeting.stage is Stage.CANCELLED else "REQUEST"


def invitation(ref: Ref, stored: Versioned[Meeting], look: Look) -> str:
    """Return the document that invites both to a meeting, or withdraws it."""
    meeting = stored.state
    event = _event(ref, stored, look.summary, look.location)
    event.add("organizer", vCalAddress(look.organizer))
    answers = {answer.person: answer.status for answer in meeting.answers}
    for person, address in zip(meeting.people, look.people, strict=True):
        attendee = vCalAddress(address)
        attendee.params["CUTYPE"] = vText("INDIVIDUAL")
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        attendee.params["PARTSTAT"] = vText(answers.get(person, "NEEDS-ACTION"))
        attendee.params["RSVP"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    return _document(method(meeting), [event])


def feed(items: Iterable[tuple[Ref, Versioned[Meeting]]]) -> str:
    """Return the document to which a person's calendar subscribes; it names nobody."""
    return _document("PUBLISH", [_event(ref, stored, "", "") for ref, stored in items])


def reply(tenant: str, document: str) -> Reply:
    """Decode the answer of a calendar. Invalid REPLY_MALFORMED, also for meetings of other organizations."""
    try:
        calendar = Calendar.from_ical(document)
        [event] = calendar.walk("VEVENT")
        answer = _one(event["attendee"]).params["PARTSTAT"]
        meeting, _, owner = str(event["uid"]).partition("@")
        known = Reply(meeting, Status(answer), int(event.get("sequence", 0)))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _malformed() from error
    if calendar.get("method") != "REPLY" or owner != f"{tenant}.mentoring":
        raise _malformed()
    return known


def _event(ref: Ref, stored: Versioned[Meeting], summary: str, location: str) -> Event:
    meeting = stored.state
    event = Event()
    event.add("uid", uid(ref))
    event.add("sequence", meeting.revision)
    event.add("dtstamp", _seconds(stored.update_time))
    event.add("created", _seconds(stored.create_time))
    event.add("last-modified", _seconds(stored.update_time))
    event.add("dtstart", meeting.start)
    event.add("dtend", meeting.end)
    event.add("summary", summary or _SUMMARY)
    if location:
        event.add("location", location)
    event.add("status", "CANCELLED" if meeting.stage is Stage.CANCELLED else "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _document(how: str, events: Iterable[Event]) -> str:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", how)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _one(found: Any) -> Any:
    """Return the attendee of a reply. ValueError unless there is one."""
    if isinstance(found, list):
        [found] = found
    return found


def _malformed() -> Invalid:
    description = "must be a REPLY of one attendee to an invitation of this platform"
    return Invalid("REPLY_MALFORMED", f"document {description}", fields=(("document", description),))
