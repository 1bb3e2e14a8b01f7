"""Meetings and pairs to and from protobuf."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipActivated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person, WeeklyWindow
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.pb.mentoring.scheduling.v1.availability_service_pb2 import FindSlotsRequest
from services.pb.mentoring.scheduling.v1.meeting_service_pb2 import Meeting, RescheduleMeetingRequest
from services.scheduling.domain import attendance, meetings, told
from services.scheduling.domain.hours import Hours, Slot, Window
from services.scheduling.domain.told import MeetingEvent
from services.scheduling.wire import availability as wire_hours
from services.scheduling.wire import meetings as wire
from services.scheduling.wire.events import outgoing
from services.scheduling.wire.pairs import activated as pair_of
from tests.scheduling.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    POLICY,
    activated,
    booked,
    cancelled,
    held,
    missed,
    wish,
)

REF = Ref(ORG, "meeting-1")
PARENT = f"organizations/acme/mentorships/{PAIR_ID}"
NAME = f"{PARENT}/meetings/meeting-1"
PEOPLE = "organizations/acme/people"
LATER = NOON + timedelta(days=3, milliseconds=7)


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def test_an_active_mentorship_becomes_a_pair_of_the_same_organization() -> None:
    assert pair_of(ORG, activated()) == (Ref(ORG, PAIR_ID), replace(PAIR, program="spring"))


def test_a_mentorship_of_another_organization_is_poison() -> None:
    with pytest.raises(Invalid, match="FOREIGN_ORGANIZATION"):
        pair_of("globex", activated())


@pytest.mark.parametrize("field", ["mentorship", "lead", "mentor", "mentee"])
def test_a_mentorship_with_a_malformed_name_is_poison(field: str) -> None:
    message = MentorshipActivated()
    message.CopyFrom(activated())
    setattr(message, field, "organizations/acme")
    with pytest.raises(Invalid) as refusal:
        pair_of(ORG, message)
    assert [path for path, _ in refusal.value.fields] == [field]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2999, 1, 1)), st.integers(1, 240))  # noqa: DTZ001 -- Hypothesis wants naive bounds
def test_what_is_asked_for_comes_back_as_booked(moment: datetime, minutes: int) -> None:
    start = moment.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    asked = Meeting(start_time=stamp(start), end_time=stamp(start + minutes * MINUTE))
    assert wire.wish(PARENT, asked) == wish(start, minutes)
    shown = wire.meeting(REF, Versioned(booked(NOON, 60), 1, NOON, NOON))
    assert wire.wish(PARENT, shown) == wish(NOON, 60)


def test_times_are_kept_in_milliseconds_like_the_store_does() -> None:
    asked = Meeting(start_time=Timestamp(seconds=1, nanos=1_999_999), end_time=Timestamp(seconds=2))
    assert wire.wish(PARENT, asked).start == datetime(1970, 1, 1, 0, 0, 1, 1000, tzinfo=UTC)


def test_a_time_on_no_calendar_names_its_field() -> None:
    with pytest.raises(Invalid, match="TIME_MALFORMED") as refusal:
        wire_hours.range_of(
            FindSlotsRequest(start_time=Timestamp(seconds=1), end_time=Timestamp(seconds=10**15))
        )
    assert [path for path, _ in refusal.value.fields] == ["end_time"]


def test_a_stored_meeting_is_shown_with_full_names() -> None:
    present = booked().check_in(PAIR_ID, MENTEE, NOON)[0]
    message = wire.meeting(REF, Versioned(present, 2, NOON, LATER))
    assert message.name == NAME
    assert (message.mentor, message.mentee) == (f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{MENTEE}")
    assert list(message.present) == [f"{PEOPLE}/{MENTEE}"]
    assert (message.state, message.etag) == (Meeting.STATE_BOOKED, '"2"')
    assert message.end_time.ToDatetime(UTC) - message.start_time.ToDatetime(UTC) == 45 * MINUTE
    assert (message.create_time.ToDatetime(UTC), message.update_time.ToDatetime(UTC)) == (NOON, LATER)


def test_a_meeting_shows_who_gave_notice_who_claims_and_how_it_was_called_off() -> None:
    late, _ = attendance.give_notice(booked(), (PAIR_ID, MENTEE), (told.Notice.LATE, 20), MORNING, POLICY)
    off = late.cancel(PAIR_ID, MENTOR, MORNING, told.Reason.TRAVEL)[0]
    message = wire.meeting(REF, Versioned(off, 3, NOON, NOON))
    [notice] = message.notices
    assert (notice.person, notice.notice, notice.minutes_late) == (
        f"{PEOPLE}/{MENTEE}",
        codes.NOTICE_LATE,
        20,
    )
    call = message.cancellation
    assert (call.person, call.late) == (f"{PEOPLE}/{MENTOR}", True)
    assert (call.reason, message.sequence) == (codes.CANCEL_REASON_TRAVEL, 1)
    claimed = attendance.dispute(missed(), (PAIR_ID, MENTEE), LATER, POLICY)[0]
    claim = wire.meeting(REF, Versioned(claimed, 3, NOON, NOON)).claim
    assert (claim.person, claim.expire_time) == (f"{PEOPLE}/{MENTEE}", stamp(LATER + POLICY.dispute))


def test_a_move_keeps_the_length_unless_an_end_is_given() -> None:
    request = RescheduleMeetingRequest(start_time=stamp(LATER))
    assert wire.new_times(PAIR_ID, request, booked(NOON, 60)) == wish(LATER, 60)
    request.end_time.CopyFrom(stamp(LATER + 15 * MINUTE))
    assert wire.new_times(PAIR_ID, request, booked(NOON, 60)) == wish(LATER, 15)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (held(), Meeting.STATE_HELD),
        (missed(), Meeting.STATE_MISSED),
        (cancelled(), Meeting.STATE_CANCELLED),
    ],
)
def test_every_end_of_a_meeting_shows(stored: meetings.Meeting, shown: int) -> None:
    assert wire.meeting(REF, Versioned(stored, 3, NOON, NOON)).state == shown


ABOUT: dict[str, Any] = {
    "meeting": NAME,
    "mentorship": PARENT,
    "mentor": f"{PEOPLE}/{MENTOR}",
    "mentee": f"{PEOPLE}/{MENTEE}",
}


TIMES: dict[str, Any] = {"start_time": stamp(NOON), "end_time": stamp(NOON + 45 * MINUTE)}


def test_a_disputed_miss_is_told_apart_from_a_meeting_that_nobody_knew_of() -> None:
    message = outgoing(REF, missed(), told.MeetingClaimed(MENTEE)).message
    assert isinstance(message, events.MeetingClaimed)
    assert message.disputes_miss


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (told.MeetingBooked(), events.MeetingBooked(**ABOUT, **TIMES)),
        (
            told.MeetingRescheduled(MENTEE, NOON - 90 * MINUTE, NOON - 45 * MINUTE),
            events.MeetingRescheduled(
                **ABOUT,
                **TIMES,
                person=f"{PEOPLE}/{MENTEE}",
                old_start_time=stamp(NOON - 90 * MINUTE),
                old_end_time=stamp(NOON - 45 * MINUTE),
                sequence=3,
            ),
        ),
        (
            told.MeetingReminderDue(60 * MINUTE),
            events.MeetingReminderDue(**ABOUT, start_time=stamp(NOON), before=Duration(seconds=3600)),
        ),
        (
            told.MeetingNoticeGiven(MENTOR, told.Notice.LATE, 10),
            events.MeetingNoticeGiven(
                **ABOUT,
                person=f"{PEOPLE}/{MENTOR}",
                notice=codes.NOTICE_LATE,
                minutes_late=10,
                start_time=stamp(NOON),
            ),
        ),
        (
            told.MeetingCheckedIn(MENTOR, late=True),
            events.MeetingCheckedIn(**ABOUT, person=f"{PEOPLE}/{MENTOR}", late=True),
        ),
        (
            told.MeetingAnswered(MENTEE, told.Status.DECLINED),
            events.MeetingAnswered(**ABOUT, person=f"{PEOPLE}/{MENTEE}", status=codes.ANSWER_STATUS_DECLINED),
        ),
        (
            told.MeetingAnswered(MENTEE, told.Status.COUNTERED, LATER, LATER + timedelta(hours=1)),
            events.MeetingAnswered(
                **ABOUT,
                person=f"{PEOPLE}/{MENTEE}",
                status=codes.ANSWER_STATUS_COUNTERED,
                proposed_start_time=stamp(LATER),
                proposed_end_time=stamp(LATER + timedelta(hours=1)),
            ),
        ),
        (told.MeetingHeld(), events.MeetingHeld(**ABOUT, **TIMES)),
        (told.MeetingHeld(claimed=True), events.MeetingHeld(**ABOUT, **TIMES, claimed=True)),
        (
            told.MeetingMissed((MENTOR, MENTEE), (MENTEE,)),
            events.MeetingMissed(
                **ABOUT,
                lead=f"{PEOPLE}/{LEAD}",
                absent=[f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{MENTEE}"],
                start_time=stamp(NOON),
                notified=[f"{PEOPLE}/{MENTEE}"],
            ),
        ),
        (
            told.MeetingClaimed(MENTEE),
            events.MeetingClaimed(**ABOUT, person=f"{PEOPLE}/{MENTEE}", start_time=stamp(NOON)),
        ),
        (
            told.MeetingClaimClosed(MENTEE, told.Closed.LAPSED),
            events.MeetingClaimClosed(**ABOUT, person=f"{PEOPLE}/{MENTEE}", end=codes.CLAIM_END_LAPSED),
        ),
        (
            told.MeetingCancelled(MENTEE, told.Reason.ILLNESS, late=True),
            events.MeetingCancelled(
                **ABOUT,
                person=f"{PEOPLE}/{MENTEE}",
                start_time=stamp(NOON),
                late=True,
                reason=codes.CANCEL_REASON_ILLNESS,
                sequence=3,
            ),
        ),
        (
            told.MeetingCancelled("", told.Reason.MENTORSHIP_ENDED),
            events.MeetingCancelled(
                **ABOUT, start_time=stamp(NOON), reason=codes.CANCEL_REASON_MENTORSHIP_ENDED, sequence=3
            ),
        ),
    ],
)
def test_what_happens_is_told_under_the_mentorships_key(event: MeetingEvent, message: object) -> None:
    out = outgoing(REF, replace(booked(), revision=3), event)
    assert (out.message, out.subject, out.key) == (message, NAME, PAIR_ID)


_minutes = st.integers(0, 1439)


@given(st.lists(st.tuples(st.integers(1, 7), _minutes, st.integers(1, 1440)), max_size=5))
def test_weekly_hours_are_taken_over_as_profiles_tells_them(windows: list[tuple[int, int, int]]) -> None:
    told = [WeeklyWindow(day=day, start_minute=start, end_minute=end) for day, start, end in windows]
    person = Person(time_zone="Asia/Kathmandu", weekly_hours=told)
    assert wire_hours.hours(person) == Hours("Asia/Kathmandu", tuple(Window(*window) for window in windows))


def test_a_slot_shows_on_both_clocks() -> None:
    """30 March 2026 is after Berlin's change to summer time; Kathmandu has none."""
    start = datetime(2026, 3, 30, 12, tzinfo=UTC)
    shown = wire_hours.slot(Slot(start, start + 45 * MINUTE), ("Europe/Berlin", "Asia/Kathmandu"))
    assert shown.mentor_local_start == "2026-03-30T14:00:00+02:00"
    assert shown.mentee_local_start == "2026-03-30T17:45:00+05:45"
    assert shown.end_time.ToDatetime(UTC) == start + 45 * MINUTE


def test_the_agreed_length_is_taken_in_minutes() -> None:
    message = activated()
    message.meeting_length.CopyFrom(Duration(seconds=90 * 60))
    assert pair_of(ORG, message)[1].meeting_minutes == 90
