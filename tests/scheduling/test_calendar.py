"""What calendars read, read by another implementation (vobject), and what they answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.mongo import Ref, Versioned
from services.scheduling.domain import attendance
from services.scheduling.domain.booking import move
from services.scheduling.domain.meetings import Answer, Meeting, Told
from services.scheduling.domain.told import MeetingAnswered, MeetingMissed, MeetingNoticeGiven, Notice, Status
from services.scheduling.wire import calendar
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR_ID,
    POLICY,
    STRANGER,
    booked,
    cancelled,
    missed,
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


# --- what comes back ------------------------------------------------------------------------------------


def reply(status: str = "DECLINED", uid: str = UID, method: str = "REPLY", sequence: int = 0) -> str:
    """Return what a calendar sends, in the words of an independent writer: a template."""
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "PRODID:-//Example Corp.//Calendar//EN",
            "VERSION:2.0",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            f"ATTENDEE;PARTSTAT={status};CN=Bob:mailto:bob@example.com",
            f"UID:{uid}",
            f"SEQUENCE:{sequence}",
            "DTSTAMP:20260302T090000Z",
            "DTSTART:20260302T120000Z",
            "ORGANIZER:mailto:meet@example.com",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    )


@pytest.mark.parametrize("status", list(Status))
def test_an_answer_is_read(status: Status) -> None:
    known = calendar.reply(ORG, reply(status.value, sequence=3))
    assert known == calendar.Reply("meeting-1", status, 3)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no calendar at all",
        reply()[:150],
        reply("NEEDS-ACTION"),
        reply("EATEN"),
        reply(method="REQUEST"),
        reply(uid="meeting-1@globex.mentoring"),
        reply(uid="meeting-1"),
        reply().replace("SEQUENCE:0", "SEQUENCE:many"),
        reply().replace("ATTENDEE", "X-NOBODY"),
        reply().replace("UID:", "X-UID:"),
        reply().replace("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nEND:VEVENT"),
        reply().replace("UID:", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@example.com\r\nUID:"),
    ],
)
def test_what_is_no_answer_of_one_attendee_to_this_platform_is_refused_by_field(document: str) -> None:
    with pytest.raises(Invalid, match="REPLY_MALFORMED") as refusal:
        calendar.reply(ORG, document)
    assert [path for path, _ in refusal.value.fields] == ["document"]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(Invalid, match="REPLY_MALFORMED"):
        calendar.reply(ORG, text)


def test_to_decline_is_to_give_notice_and_to_accept_takes_it_back() -> None:
    declined, happened = attendance.answer(booked(), MENTEE, (Status.DECLINED, 0), MORNING)
    assert declined.answers == (Answer(MENTEE, Status.DECLINED),)
    assert happened == [
        MeetingAnswered(MENTEE, Status.DECLINED),
        MeetingNoticeGiven(MENTEE, Notice.ABSENT),
    ]
    assert declined.fire(declined.check_time)[1] == [MeetingMissed((MENTOR, MENTEE), (MENTEE,))]
    assert attendance.answer(declined, MENTEE, (Status.DECLINED, 0), MORNING) == (declined, [])
    accepted, happened = attendance.answer(declined, MENTEE, (Status.ACCEPTED, 0), MORNING)
    assert (accepted.told, happened) == ((), [MeetingAnswered(MENTEE, Status.ACCEPTED)])


def test_an_answer_shows_in_the_next_invitation() -> None:
    answered = attendance.answer(booked(), MENTEE, (Status.TENTATIVE, 0), MORNING)[0]
    attendees = {one.value: one.params["PARTSTAT"] for one in read(answered).vevent.attendee_list}
    assert attendees == {
        "mailto:ada@example.com": ["NEEDS-ACTION"],
        "mailto:bob@example.com": ["TENTATIVE"],
    }


def test_a_move_asks_both_anew_and_an_answer_to_the_old_time_counts_no_more() -> None:
    answered = attendance.answer(booked(), MENTEE, (Status.ACCEPTED, 0), MORNING)[0]
    moved = move(answered, MENTOR, wish(NOON + 60 * MINUTE), MORNING, POLICY)[0]
    assert moved.answers == ()
    with pytest.raises(Refused, match="ANSWER_OUTDATED"):
        attendance.answer(moved, MENTEE, (Status.ACCEPTED, 0), MORNING)
    assert attendance.answer(moved, MENTEE, (Status.ACCEPTED, 1), MORNING)[0].answers != ()


def test_answers_of_strangers_and_after_the_end_change_nothing() -> None:
    with pytest.raises(NotFound):
        attendance.answer(booked(), STRANGER, (Status.ACCEPTED, 0), MORNING)
    for meeting in (cancelled(), missed()):
        with pytest.raises(Refused):
            attendance.answer(meeting, MENTEE, (Status.ACCEPTED, 9), MORNING)
    late = attendance.answer(booked(), MENTEE, (Status.DECLINED, 0), NOON)[0]
    assert late.told == ()
    known = replace(booked(), told=(Told(MENTEE, Notice.ABSENT),))
    assert attendance.answer(known, MENTEE, (Status.DECLINED, 0), MORNING)[0].told == known.told
