"""What calendars read, read by another implementation (vobject), and what they answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain import attendance, booking
from services.scheduling.domain.booking import move
from services.scheduling.domain.invitations import Contact
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.said import Answer
from services.scheduling.domain.told import Status
from services.scheduling.wire import calendar
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    POLICY,
    STRANGER,
    booked,
    wish,
)

REF = Ref(ORG, "meeting-1")
UID = "meeting-1@acme.mentoring"
LOOK = calendar.Look("mailto:meet@example.com", ("mailto:ada@example.com", "mailto:bob@example.com"))


def read(meeting: Meeting, look: calendar.Look = LOOK) -> Any:
    """Return a meeting's invitation as the other implementation reads it."""
    document = calendar.invitation(REF, Versioned(meeting, 1, MORNING, MORNING), look)
    return vobject.readOne(document, validate=True)


def test_an_invitation_names_time_organizer_and_both_attendees() -> None:
    told = read(booked())
    event = told.vevent
    assert told.method.value == "REQUEST"
    assert (event.uid.value, event.sequence.value) == (UID, "0")
    assert (event.dtstart.value, event.dtend.value) == (NOON, NOON + 45 * MINUTE)
    assert event.organizer.value == "mailto:meet@example.com"
    attendees = {one.value: one.params for one in event.attendee_list}
    assert list(attendees) == ["mailto:ada@example.com", "mailto:bob@example.com"]
    assert all(params["PARTSTAT"] == ["NEEDS-ACTION"] for params in attendees.values())


def test_the_same_entry_is_changed_and_then_withdrawn_under_growing_numbers() -> None:
    moved = move(booked(), MENTEE, wish(NOON + 60 * MINUTE), MORNING, POLICY)[0]
    off = moved.cancel(PAIR_ID, MENTEE, MORNING)[0]
    told = [read(meeting) for meeting in (booked(), moved, off)]
    assert {one.vevent.uid.value for one in told} == {UID}
    assert [one.vevent.sequence.value for one in told] == ["0", "1", "2"]
    assert [one.method.value for one in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert told[2].vevent.status.value == "CANCELLED"
    assert told[2].vevent.dtstart.value == NOON + 60 * MINUTE


@given(
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" \n"), min_size=1, max_size=300)
)
@example("\\N")
def test_any_words_come_through_whole_and_no_line_passes_75_bytes(words: str) -> None:
    look = replace(LOOK, summary=words, location=f"at {words}")
    document = calendar.invitation(REF, Versioned(booked(), 1, MORNING, MORNING), look)
    assert max(len(line.encode()) for line in document.split("\r\n")) <= 75
    event = vobject.readOne(document).vevent
    assert (event.summary.value, event.location.value) == (words, f"at {words}")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)))  # noqa: DTZ001 -- Hypothesis wants naive bounds
def test_every_moment_is_read_back_the_same(moment: datetime) -> None:
    start = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    event = read(replace(booked(), start=start, end=start + timedelta(hours=1))).vevent
    assert (event.dtstart.value, event.dtend.value) == (start, start + timedelta(hours=1))


def test_a_feed_holds_every_meeting_and_no_name_or_address() -> None:
    items = [(Ref(ORG, f"m-{place}"), Versioned(booked(), 1, MORNING, MORNING)) for place in range(3)]
    document = calendar.feed(items)
    told = vobject.readOne(document)
    assert told.method.value == "PUBLISH"
    assert [one.uid.value for one in told.vevent_list] == [f"m-{place}@acme.mentoring" for place in range(3)]
    assert MENTOR not in document
    assert "mailto:" not in document


def test_an_answer_shows_in_the_next_invitation() -> None:
    answered = attendance.answer(booked(), Answer(MENTEE, Status.TENTATIVE), 0, MORNING)[0]
    attendees = {one.value: one.params["PARTSTAT"] for one in read(answered).vevent.attendee_list}
    assert attendees == {
        "mailto:ada@example.com": ["NEEDS-ACTION"],
        "mailto:bob@example.com": ["TENTATIVE"],
    }


def test_everybody_is_named_who_has_an_address_and_guests_need_not_come() -> None:
    guest = replace(wish(), guests=(STRANGER,))
    meeting = booking.book(PAIR, MENTEE, guest, MORNING, POLICY)[0]
    contacts = [
        Contact("Ada", "ada@example.com"),
        Contact("Bob", ""),
        Contact('Eve "E" Ö', "eve@example.com"),
    ]
    request = pb.GetInvitationRequest(organizer_address="mailto:meet@example.com")
    attendees = read(meeting, calendar.look(contacts, request)).vevent.attendee_list
    assert [(one.value, one.params["CN"], one.params["ROLE"]) for one in attendees] == [
        ("mailto:ada@example.com", ["Ada"], ["REQ-PARTICIPANT"]),
        ("mailto:eve@example.com", ["Eve 'E' Ö"], ["OPT-PARTICIPANT"]),
    ]


def test_who_asks_for_another_time_shows_as_undecided() -> None:
    countered = attendance.answer(booked(), Answer(MENTEE, Status.COUNTERED), 0, MORNING)[0]
    attendees = {one.value: one.params["PARTSTAT"] for one in read(countered).vevent.attendee_list}
    assert attendees["mailto:bob@example.com"] == ["TENTATIVE"]
