"""What a meeting is and how it may change."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused
from services.scheduling.domain.booking import book
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.told import (
    MeetingBooked,
    MeetingCancelled,
    MeetingCheckedIn,
    MeetingHeld,
    MeetingMissed,
    Reason,
)
from tests.scheduling.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    PAIR,
    PAIR_ID,
    POLICY,
    STRANGER,
    booked,
    cancelled,
    held,
    missed,
    wish,
)

CHECK = NOON + POLICY.grace


def test_a_booking_claims_every_quarter_hour_of_both_people() -> None:
    meeting, happened = book(PAIR, MENTOR, wish(minutes=45), MORNING, POLICY)
    assert happened == [MeetingBooked()]
    assert (meeting.stage, meeting.people, meeting.lead) == (Stage.BOOKED, (MENTOR, MENTEE), LEAD)
    assert meeting.slots == (
        "e0100286/2026-03-02T12:00Z",
        "e0100286/2026-03-02T12:15Z",
        "e0100286/2026-03-02T12:30Z",
        "e0100746/2026-03-02T12:00Z",
        "e0100746/2026-03-02T12:15Z",
        "e0100746/2026-03-02T12:30Z",
    )


def test_a_started_quarter_hour_is_claimed_whole() -> None:
    assert [claim[-6:] for claim in booked(minutes=20).slots] == ["12:00Z", "12:15Z"] * 2


@pytest.mark.parametrize(
    ("start", "minutes", "reason", "field"),
    [
        (NOON + 5 * MINUTE, 45, "START_NOT_ON_QUARTER_HOUR", "meeting.start_time"),
        (NOON + timedelta(milliseconds=1), 45, "START_NOT_ON_QUARTER_HOUR", "meeting.start_time"),
        (MORNING, 45, "START_IN_PAST", "meeting.start_time"),
        (MORNING - 15 * MINUTE, 45, "START_IN_PAST", "meeting.start_time"),
        (MORNING + timedelta(days=180, minutes=15), 45, "START_TOO_FAR_AHEAD", "meeting.start_time"),
        (NOON, 14, "LENGTH_OUT_OF_RANGE", "meeting.end_time"),
        (NOON, 241, "LENGTH_OUT_OF_RANGE", "meeting.end_time"),
        (NOON, -30, "LENGTH_OUT_OF_RANGE", "meeting.end_time"),
    ],
)
def test_a_time_that_cannot_be_booked_is_refused_by_field(
    start: datetime, minutes: int, reason: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        book(PAIR, MENTEE, wish(start, minutes), MORNING, POLICY)
    assert refusal.value.reason == reason
    assert [path for path, _ in refusal.value.fields] == [field]


@pytest.mark.parametrize(
    ("start", "minutes"),
    [(MORNING + 15 * MINUTE, 15), (MORNING + timedelta(days=180), 240)],
)
def test_the_limits_themselves_can_be_booked(start: datetime, minutes: int) -> None:
    assert booked(start, minutes).start == start


def test_only_the_two_book() -> None:
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        book(PAIR, STRANGER, wish(), MORNING, POLICY)


def test_nothing_is_booked_once_the_mentorship_is_over() -> None:
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        book(replace(PAIR, active=False), MENTEE, wish(), MORNING, POLICY)


def test_the_second_check_in_makes_the_meeting_held() -> None:
    first, happened = booked().check_in(PAIR_ID, MENTEE, NOON)
    assert (first.stage, first.present, happened) == (Stage.BOOKED, (MENTEE,), [MeetingCheckedIn(MENTEE)])
    second, happened = first.check_in(PAIR_ID, MENTOR, NOON)
    assert (second.stage, second.present) == (Stage.HELD, (MENTEE, MENTOR))
    assert happened == [MeetingCheckedIn(MENTOR), MeetingHeld()]
    assert second.due_at is None


@pytest.mark.parametrize("meeting", [held(), booked().check_in(PAIR_ID, MENTEE, NOON)[0]])
def test_checking_in_again_changes_nothing(meeting: Meeting) -> None:
    assert meeting.check_in(PAIR_ID, MENTEE, NOON) == (meeting, [])


@pytest.mark.parametrize("offset", [-15 * MINUTE, 0 * MINUTE, 10 * MINUTE - timedelta(milliseconds=1)])
def test_checking_in_is_open_from_15_minutes_before_until_the_check(offset: timedelta) -> None:
    assert booked().check_in(PAIR_ID, MENTEE, NOON + offset)[0].present == (MENTEE,)


@pytest.mark.parametrize(
    ("meeting", "moment", "reason"),
    [
        (booked(), NOON - 15 * MINUTE - timedelta(milliseconds=1), "CHECK_IN_NOT_OPEN"),
        (booked(), CHECK, "MEETING_OVER"),
        (missed(), CHECK, "MEETING_OVER"),
        (cancelled(), NOON, "MEETING_CANCELLED"),
    ],
)
def test_checking_in_outside_of_its_time_is_refused(meeting: Meeting, moment: datetime, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        meeting.check_in(PAIR_ID, MENTOR, moment)


@pytest.mark.parametrize(
    ("present", "absent"), [((), (MENTOR, MENTEE)), ((MENTEE,), (MENTOR,)), ((MENTOR,), (MENTEE,))]
)
def test_who_has_not_checked_in_by_the_check_missed_the_meeting(
    present: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    meeting = replace(booked(), present=present, reminders=())
    assert meeting.due_at == CHECK
    over, happened = meeting.fire(CHECK)
    assert (over.stage, over.slots, over.due_at) == (Stage.MISSED, (), None)
    assert happened == [MeetingMissed(absent)]


@pytest.mark.parametrize("meeting", [held(), missed(), cancelled()])
def test_a_late_timer_finds_the_attendance_decided(meeting: Meeting) -> None:
    assert meeting.fire(CHECK) == (meeting, [])
    assert meeting.due_at is None


def test_a_timer_that_comes_too_early_decides_nothing() -> None:
    reminded = replace(booked(), reminders=())
    assert reminded.fire(CHECK - timedelta(milliseconds=1)) == (reminded, [])


def test_an_operator_may_set_another_grace() -> None:
    patient = book(PAIR, MENTEE, wish(), MORNING, Policy(grace=30 * MINUTE, reminders=()))[0]
    assert patient.due_at == NOON + 30 * MINUTE
    assert patient.check_in(PAIR_ID, MENTEE, NOON + 29 * MINUTE)[0].present == (MENTEE,)


def test_calling_a_meeting_off_frees_both_calendars() -> None:
    meeting, happened = booked().cancel(PAIR_ID, MENTOR, NOON - MINUTE)
    assert (meeting.stage, meeting.slots, meeting.due_at) == (Stage.CANCELLED, (), None)
    assert happened == [MeetingCancelled(MENTOR, late=True)]


@pytest.mark.parametrize(
    ("meeting", "moment", "reason"),
    [
        (booked(), NOON, "MEETING_STARTED"),
        (held(), NOON - MINUTE, "MEETING_OVER"),
        (missed(), NOON, "MEETING_OVER"),
        (cancelled(), MORNING, "MEETING_CANCELLED"),
    ],
)
def test_a_meeting_that_began_or_ended_is_not_called_off(
    meeting: Meeting, moment: datetime, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        meeting.cancel(PAIR_ID, MENTEE, moment)


@pytest.mark.parametrize(
    ("mentorship", "person", "kind"), [(PAIR_ID, STRANGER, Denied), ("another", MENTEE, NotFound)]
)
def test_others_and_other_names_change_nothing(mentorship: str, person: str, kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        booked().check_in(mentorship, person, NOON)
    with pytest.raises(kind):
        booked().cancel(mentorship, person, MORNING)


def test_a_meeting_ahead_goes_with_its_mentorship() -> None:
    meeting, happened = booked().drop(MORNING)
    assert (meeting.stage, meeting.slots) == (Stage.CANCELLED, ())
    assert happened == [MeetingCancelled("", Reason.MENTORSHIP_ENDED)]


def test_a_meeting_that_started_stays_when_its_mentorship_ends() -> None:
    assert booked().drop(NOON) == (booked(), [])
    assert held().drop(MORNING) == (held(), [])


def test_strangers_do_not_learn_that_a_meeting_exists() -> None:
    with pytest.raises(NotFound, match="MEETING_NOT_FOUND"):
        booked().require_reader(STRANGER)
    booked().require_reader(MENTOR)
