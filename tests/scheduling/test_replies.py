"""What calendars answer to invitations, bare or by mail, and what becomes of it."""

from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain import attendance, booking
from services.scheduling.domain.booking import move
from services.scheduling.domain.invitations import Contact, Reply
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.said import Answer, Told
from services.scheduling.domain.told import MeetingAnswered, MeetingMissed, MeetingNoticeGiven, Notice, Status
from services.scheduling.wire import replies
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    POLICY,
    STRANGER,
    booked,
    cancelled,
    missed,
    wish,
)

UID = "meeting-1@acme.mentoring"


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


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.TENTATIVE, Status.DECLINED])
def test_an_answer_is_read(status: Status) -> None:
    known = replies.reply(ORG, reply(status.value, sequence=3))
    answer = Answer("", status, MORNING + 60 * MINUTE)
    assert known == Reply("meeting-1", answer, 3, "mailto:bob@example.com")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no calendar at all",
        reply()[:150],
        reply("NEEDS-ACTION"),
        reply("EATEN"),
        reply("COUNTERED"),
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
        replies.reply(ORG, document)
    assert [path for path, _ in refusal.value.fields] == ["document"]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(Invalid, match="REPLY_MALFORMED"):
        replies.reply(ORG, text)


def test_to_decline_is_to_give_notice_and_to_accept_takes_it_back() -> None:
    declined, happened = attendance.answer(booked(), Answer(MENTEE, Status.DECLINED), 0, MORNING)
    assert declined.answers == (Answer(MENTEE, Status.DECLINED),)
    assert happened == [
        MeetingAnswered(MENTEE, Status.DECLINED),
        MeetingNoticeGiven(MENTEE, Notice.ABSENT),
    ]
    assert declined.fire(declined.check_time)[1] == [MeetingMissed((MENTOR, MENTEE), (MENTEE,))]
    assert attendance.answer(declined, Answer(MENTEE, Status.DECLINED), 0, MORNING) == (declined, [])
    accepted, happened = attendance.answer(declined, Answer(MENTEE, Status.ACCEPTED), 0, MORNING)
    assert (accepted.told, happened) == ((), [MeetingAnswered(MENTEE, Status.ACCEPTED)])


def test_who_asks_for_another_time_tells_which() -> None:
    later = NOON + 60 * MINUTE
    counter = Answer(MENTEE, Status.COUNTERED, MORNING, later, later + 45 * MINUTE)
    kept, happened = attendance.answer(booked(), counter, 0, MORNING)
    assert happened == [MeetingAnswered(MENTEE, Status.COUNTERED, later, later + 45 * MINUTE)]
    assert (kept.start, kept.slots) == (booked().start, booked().slots), "it stays booked as it is"


def test_a_move_asks_both_anew_and_an_answer_to_the_old_time_counts_no_more() -> None:
    answered = attendance.answer(booked(), Answer(MENTEE, Status.ACCEPTED), 0, MORNING)[0]
    moved = move(answered, MENTOR, wish(NOON + 60 * MINUTE), MORNING, POLICY)[0]
    assert moved.answers == ()
    with pytest.raises(Refused, match="ANSWER_OUTDATED"):
        attendance.answer(moved, Answer(MENTEE, Status.ACCEPTED), 0, MORNING)
    assert attendance.answer(moved, Answer(MENTEE, Status.ACCEPTED), 1, MORNING)[0].answers != ()


def test_answers_of_strangers_and_after_the_end_change_nothing() -> None:
    with pytest.raises(NotFound):
        attendance.answer(booked(), Answer(STRANGER, Status.ACCEPTED), 0, MORNING)
    for meeting in (cancelled(), missed()):
        with pytest.raises(Refused):
            attendance.answer(meeting, Answer(MENTEE, Status.ACCEPTED), 9, MORNING)
    late = attendance.answer(booked(), Answer(MENTEE, Status.DECLINED), 0, NOON)[0]
    assert late.told == ()
    known = replace(booked(), told=(Told(MENTEE, Notice.ABSENT),))
    assert attendance.answer(known, Answer(MENTEE, Status.DECLINED), 0, MORNING)[0].told == known.told


# --- by mail --------------------------------------------------------------------------------------------


def mailed(document: str, author: str = "Bob <bob@example.com>", kind: str = "calendar") -> bytes:
    """Return a mail as calendar programs send it, written by the standard library."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, "meet@example.com", "Declined: Mentoring"
    mail.set_content("Bob Ünal declined.")
    if kind == "calendar":
        mail.add_alternative(document, subtype="calendar", params={"method": "REPLY"}, cte="base64")
    else:
        mail.add_attachment(document.encode(), "application", "ics", filename="reply.ics")
    return mail.as_bytes()


def received(message: bytes, sender: str = "") -> Reply:
    return replies.received(ORG, pb.ReceiveReplyRequest(message=message, sender_address=sender))


@pytest.mark.parametrize("kind", ["calendar", "file"])
def test_an_answer_is_found_in_its_mail_and_the_author_is_who_sent_it(kind: str) -> None:
    known = received(mailed(reply(), kind=kind))
    assert (known.meeting, known.answer.status, known.sender) == (
        "meeting-1",
        Status.DECLINED,
        "bob@example.com",
    )


def test_what_the_gateway_has_proof_of_counts_more_than_what_the_mail_says() -> None:
    assert received(mailed(reply()), "eve@example.com").sender == "eve@example.com"


def test_a_bare_document_needs_somebody_who_sent_it() -> None:
    with pytest.raises(Invalid, match="SENDER_MISSING") as refusal:
        received(reply().encode())
    assert [path for path, _ in refusal.value.fields] == ["sender_address"]
    assert received(b"\xef\xbb\xbf" + reply().encode(), "bob@example.com").meeting == "meeting-1"


def test_a_counter_asks_for_another_time() -> None:
    text = reply(method="COUNTER").replace(
        "DTSTART:20260302T120000Z",
        "DTSTART;TZID=Europe/Berlin:20260302T150000\r\nDTEND;TZID=Europe/Berlin:20260302T154500",
    )
    later = NOON + 120 * MINUTE
    stamp = MORNING + 60 * MINUTE
    assert received(mailed(text)).answer == Answer("", Status.COUNTERED, stamp, later, later + 45 * MINUTE)
    for broken in (text.replace("DTEND", "X-END"), text.replace("T154500", "T150000")):
        with pytest.raises(Invalid, match="REPLY_MALFORMED"):
            received(mailed(broken))


@pytest.mark.parametrize("author", ["", "Bob <bob@example.com>, Eve <eve@example.com>"])
def test_a_mail_of_nobody_or_of_several_is_refused(author: str) -> None:
    message = mailed(reply()).replace(b"Bob <bob@example.com>", author.encode())
    with pytest.raises(Invalid):
        received(message)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(message: bytes) -> None:
    with pytest.raises(Invalid, match="REPLY_MALFORMED"):
        received(message, "bob@example.com")


@given(st.integers(0, 1200), st.binary(min_size=1, max_size=3))
def test_no_damage_on_the_way_breaks_the_reader(place: int, noise: bytes) -> None:
    mail = mailed(reply())
    with suppress(Invalid):
        received(mail[:place] + noise + mail[place + len(noise) :])


# --- whose it is ----------------------------------------------------------------------------------------

CONTACTS = [Contact("Ada", ""), Contact("Bob", "Bob@Example.com")]


def told(attendee: str, sender: str) -> Reply:
    return Reply("meeting-1", Answer("", Status.ACCEPTED), 0, attendee, sender)


def test_an_answer_is_of_the_one_whose_address_profiles_knows() -> None:
    assert told("MAILTO:bob@example.com", "BOB@example.com").author(booked(), CONTACTS) == MENTEE


@pytest.mark.parametrize(
    ("attendee", "sender", "reason"),
    [
        ("mailto:bob@example.com", "eve@example.com", "SENDER_IS_NOT_ATTENDEE"),
        ("mailto:eve@example.com", "eve@example.com", "ATTENDEE_UNKNOWN"),
        ("mailto:", "mailto:", "ATTENDEE_UNKNOWN"),
    ],
)
def test_nobody_answers_for_somebody_else(attendee: str, sender: str, reason: str) -> None:
    with pytest.raises(Denied, match=reason):
        told(attendee, sender).author(booked(), CONTACTS)


def test_mail_that_overtook_mail_does_not_count_and_mail_that_comes_twice_counts_once() -> None:
    early, late = (
        Answer(MENTEE, Status.ACCEPTED, MORNING),
        Answer(MENTEE, Status.DECLINED, MORNING + MINUTE),
    )
    meeting = attendance.answer(booked(), late, 0, MORNING)[0]
    with pytest.raises(Refused, match="ANSWER_OUTDATED"):
        attendance.answer(meeting, early, 0, MORNING)
    assert attendance.answer(meeting, late, 0, MORNING) == (meeting, [])


# --- guests ---------------------------------------------------------------------------------------------


def with_guest() -> Meeting:
    return booking.book(PAIR, MENTEE, replace(wish(), guests=(STRANGER,)), MORNING, POLICY)[0]


def test_a_guests_time_is_taken_until_they_decline() -> None:
    meeting = with_guest()
    assert any(one.startswith(f"{STRANGER}/") for one in meeting.slots)
    declined, happened = attendance.answer(meeting, Answer(STRANGER, Status.DECLINED), 0, MORNING)
    assert declined.slots == booked().slots
    assert happened == [MeetingAnswered(STRANGER, Status.DECLINED)]
    assert declined.fire(declined.check_time)[1] == [MeetingMissed((MENTOR, MENTEE))]


def test_mentor_and_mentee_are_no_guests_of_their_own() -> None:
    with pytest.raises(Invalid, match="GUEST_TAKES_PART"):
        booking.book(PAIR, MENTEE, replace(wish(), guests=(MENTOR,)), MORNING, POLICY)


def test_only_the_two_move_a_meeting_and_its_guests_come_along() -> None:
    meeting = with_guest()
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        move(meeting, STRANGER, wish(NOON + 60 * MINUTE), MORNING, POLICY)
    moved = move(meeting, MENTOR, wish(NOON + 60 * MINUTE), MORNING, POLICY)[0]
    assert f"{STRANGER}/2026-03-02T13:00Z" in moved.slots
