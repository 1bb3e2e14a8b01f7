"""Meetings as calendars read them (RFC 5545, 5546).

All times are in UTC, so a document needs no zone block, and each meeting of a series is an event of its own:
moving one is an ordinary change of that one in every client.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vText

from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain.invitations import Contact
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.told import Status
from services.scheduling.wire.meetings import room

_PRODUCT: Final = "-//mentoring-platform//scheduling//EN"
_SUMMARY: Final = "Mentoring"
_PARTSTAT: Final = {Status.COUNTERED: "TENTATIVE"}
"""A counter is a method, not a status (RFC 5546): calendars show its attendee as undecided."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is written into an invitation and kept nowhere: calendar addresses, `people` first the mentor.

    Guests follow, or are not there; who has no address is left out. `names` are those of `people`, or none.
    """

    organizer: str
    people: tuple[str, ...]
    summary: str = ""
    location: str = ""
    names: tuple[str, ...] = ()


def look(contacts: Sequence[Contact], request: pb.GetInvitationRequest) -> Look:
    """Return what goes into an invitation of people as profiles knows them."""
    return Look(
        organizer=request.organizer_address,
        people=tuple(one.address and f"mailto:{one.address}" for one in contacts),
        summary=request.summary,
        location=request.location,
        names=tuple(one.name.replace('"', "'") for one in contacts),  # few readers know RFC 6868
    )


def uid(ref: Ref) -> str:
    """Return what a meeting is called in calendars for ever."""
    return f"{ref.id}@{ref.tenant}.mentoring"


def method(meeting: Meeting) -> str:
    """Return how a meeting is told: invited, or withdrawn."""
    return "CANCEL" if meeting.stage is Stage.CANCELLED else "REQUEST"


def invitation(ref: Ref, stored: Versioned[Meeting], look: Look) -> str:
    """Return the document that invites everybody to a meeting, or withdraws it."""
    meeting = stored.state
    event = _event(ref, stored, look.summary, look.location or room(ref, meeting))
    event.add("organizer", vCalAddress(look.organizer))
    for place, address in enumerate(look.people):
        name = look.names[place] if look.names else ""
        if address:
            event.add("attendee", _attendee(meeting, meeting.everybody[place], (address, name)), encode=False)
    return _document(method(meeting), [event])


def feed(items: Iterable[tuple[Ref, Versioned[Meeting]]]) -> str:
    """Return the document to which a person's calendar subscribes; it names nobody."""
    return _document("PUBLISH", [_event(ref, stored, "", room(ref, stored.state)) for ref, stored in items])


def _attendee(meeting: Meeting, person: str, called: tuple[str, str]) -> vCalAddress:
    address, name = called
    answers = {answer.person: _PARTSTAT.get(answer.status, answer.status) for answer in meeting.answers}
    attendee = vCalAddress(address)
    if name:
        attendee.params["CN"] = vText(name)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT" if person in meeting.people else "OPT-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(answers.get(person, "NEEDS-ACTION"))
    attendee.params["RSVP"] = vText("TRUE")
    return attendee


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
