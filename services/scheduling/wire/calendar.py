"""Meetings as calendars read them (RFC 5545, 5546).

Times are in UTC, but those by which a series recurs: they are on its wall clock, so its document brings the
zone along. One of a series shares the series' UID, and its RECURRENCE-ID says which one it is; so a client
that has the series changes that one, and one that has not shows it alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from icalendar import Calendar, Event, vCalAddress, vText

from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain.invitations import Contact
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.series import Recurrence
from services.scheduling.domain.told import Status
from services.scheduling.wire.meetings import room

_PRODUCT: Final = "-//mentoring-platform//scheduling//EN"
_SUMMARY: Final = "Mentoring"
_PARTSTAT: Final = {Status.COUNTERED: "TENTATIVE"}
"""A counter is a method, not a status (RFC 5546): calendars show its attendee as undecided."""


_ESCAPED: Final = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": None})
"""RFC 5545, 3.3.11."""


class _Words(vText):
    r"""Words as people wrote them: icalendar writes a line break for \N, as in a path."""

    def to_ical(self) -> bytes:
        """Return them escaped."""
        return str(self).translate(_ESCAPED).encode()


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


Kept = tuple[Ref, Versioned[Meeting]]
_NOBODY: Final = Look("", ())
_FIRST, _LAST = date(2020, 1, 1), date(2038, 1, 1)
"""What zone blocks reach over."""


def look(contacts: Sequence[Contact], request: pb.GetInvitationRequest) -> Look:
    """Return what goes into an invitation of people as profiles knows them."""
    return Look(
        organizer=request.organizer_address,
        people=tuple(one.address and f"mailto:{one.address}" for one in contacts),
        summary=request.summary,
        location=request.location,
        names=tuple(one.name.replace('"', "'") for one in contacts),  # few readers know RFC 6868
    )


def uid(ref: Ref, meeting: Meeting) -> str:
    """Return what a meeting, or its series, is called in calendars for ever."""
    name = meeting.series if meeting.recurrence is not None else ref.id
    return f"{name}@{ref.tenant}.mentoring"


def method(meeting: Meeting) -> str:
    """Return how a meeting is told: invited, or withdrawn."""
    return "CANCEL" if meeting.stage is Stage.CANCELLED else "REQUEST"


def invitation(ref: Ref, stored: Versioned[Meeting], look: Look) -> str:
    """Return the document that invites everybody to a meeting, or withdraws it."""
    meeting = stored.state
    return _document(method(meeting), [_invited(_event(ref, stored, look), meeting, look)])


def series(items: Sequence[Kept], look: Look) -> str:
    """Return the document that invites everybody to all meetings of a series that take place.

    Of meetings that are withdrawn it withdraws each.
    """
    if all(method(stored.state) == "CANCEL" for _, stored in items):
        each = (_invited(_event(ref, stored, look), stored.state, look) for ref, stored in items)
        return _document("CANCEL", each)
    return _document(
        "REQUEST", [_invited(event, meeting, look) for event, meeting in _recurring(items, look)]
    )


def _invited(event: Event, meeting: Meeting, look: Look) -> Event:
    event.add("organizer", vCalAddress(look.organizer))
    for place, address in enumerate(look.people):
        name = look.names[place] if look.names else ""
        if address:
            event.add("attendee", _attendee(meeting, meeting.everybody[place], (address, name)), encode=False)
    return event


def feed(items: Iterable[Kept]) -> str:
    """Return the document to which a person's calendar subscribes; it names nobody."""
    alone: list[Event] = []
    together = defaultdict[str, list[Kept]](list)
    for ref, stored in items:
        if stored.state.recurrence is None:
            alone.append(_event(ref, stored, _NOBODY))
        else:
            together[stored.state.series].append((ref, stored))
    several = [event for kept in together.values() for event, _ in _recurring(kept, _NOBODY)]
    return _document("PUBLISH", [*alone, *several])


def _recurring(items: Sequence[Kept], look: Look) -> Iterator[tuple[Event, Meeting]]:
    """Yield a series as one event, and one more for each meeting that is not where the rule puts it."""
    ordered = sorted(items, key=lambda one: one[1].state.occurrence or one[1].state.start)
    (ref, stored), (_, last) = ordered[0], ordered[-1]
    recurrence = stored.state.recurrence
    if recurrence is None:
        raise ValueError("no series")
    places = {recurrence.place(one.state.occurrence or one.state.start): one.state for _, one in ordered}
    first, length = min(places), stored.state.end - stored.state.start
    event = _event(ref, stored, look)
    for name in ("recurrence-id", "dtstart", "dtend", "sequence"):
        event.pop(name, None)
    event.add("sequence", max(one.revision for one in places.values()))
    event.add("dtstart", recurrence.wall(first))
    event.add("dtend", recurrence.wall(first) + length)
    event.add("rrule", _rule(recurrence, max(places) - first + 1))
    without = [recurrence.wall(place) for place in range(first, max(places)) if place not in places]
    if without:
        event.add("exdate", without)
    yield event, last.state
    for one_ref, one in ordered:
        regular = recurrence.wall(recurrence.place(one.state.occurrence or one.state.start)).astimezone(UTC)
        if (one.state.start, one.state.end) != (regular, regular + length):
            yield _event(one_ref, one, look), one.state


def _rule(recurrence: Recurrence, count: int) -> dict[str, Any]:
    weeks, rest = divmod(recurrence.days, 7)
    every = ("DAILY", recurrence.days) if rest else ("WEEKLY", weeks)
    return {"FREQ": [every[0]], "INTERVAL": [every[1]], "COUNT": [count]}


def _attendee(meeting: Meeting, person: str, called: tuple[str, str]) -> vCalAddress:
    address, name = called
    answers = {answer.person: _PARTSTAT.get(answer.status, answer.status) for answer in meeting.answers}
    attendee = vCalAddress(address)
    if name:
        attendee.params["CN"] = vText(name)
    comes_along = person in meeting.guests and not meeting.group
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("OPT-PARTICIPANT" if comes_along else "REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(answers.get(person, "NEEDS-ACTION"))
    attendee.params["RSVP"] = vText("TRUE")
    return attendee


def _event(ref: Ref, stored: Versioned[Meeting], look: Look) -> Event:
    meeting = stored.state
    event = Event()
    event.add("uid", uid(ref, meeting))
    if meeting.recurrence is not None:
        place = meeting.recurrence.place(meeting.occurrence or meeting.start)
        event.add("recurrence-id", meeting.recurrence.wall(place))
    event.add("sequence", meeting.revision)
    event.add("dtstamp", _seconds(stored.update_time))
    event.add("created", _seconds(stored.create_time))
    event.add("last-modified", _seconds(stored.update_time))
    event.add("dtstart", meeting.start)
    event.add("dtend", meeting.end)
    event.add("summary", _Words(look.summary or _SUMMARY))
    if location := look.location or room(ref, meeting):
        event.add("location", _Words(location))
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
    calendar.add_missing_timezones(first_date=_FIRST, last_date=_LAST)
    return bytes(calendar.to_ical()).decode()


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
