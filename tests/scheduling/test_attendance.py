"""Who comes, who came, and what the two say about it afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused
from services.scheduling.domain import attendance
from services.scheduling.domain.attendance import Names
from services.scheduling.domain.meetings import Decision, Meeting, Stage
from services.scheduling.domain.told import (
    Closed,
    MeetingClaimClosed,
    MeetingClaimed,
    MeetingHeld,
    MeetingMissed,
    MeetingNoticeGiven,
    Notice,
)
from tests.scheduling.factories import (
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

BY_MENTOR, BY_MENTEE = (PAIR_ID, MENTOR), (PAIR_ID, MENTEE)
CHECK = NOON + POLICY.grace
DAY = timedelta(days=1)


def late(meeting: Meeting, names: Names, minutes: int) -> Decision:
    return attendance.give_notice(meeting, names, (Notice.LATE, minutes), MORNING, POLICY)


def absent(meeting: Meeting, names: Names, now: datetime = MORNING) -> Decision:
    return attendance.give_notice(meeting, names, (Notice.ABSENT, 0), now, POLICY)


def logged() -> Meeting:
    """Return a meeting of NOON that the mentee told of a day later."""
    return attendance.log(PAIR, MENTEE, wish(), NOON + DAY, POLICY)[0]


# --- before ---------------------------------------------------------------------------------------------


def test_attendance_is_decided_later_for_one_who_comes_late() -> None:
    meeting, happened = late(booked(), BY_MENTEE, 20)
    assert meeting.check_time == CHECK + 20 * MINUTE
    assert happened == [MeetingNoticeGiven(MENTEE, Notice.LATE, 20)]


def test_the_latest_of_the_two_counts_and_saying_it_anew_replaces() -> None:
    meeting = late(late(booked(), BY_MENTEE, 20)[0], BY_MENTOR, 10)[0]
    assert meeting.check_time == CHECK + 20 * MINUTE
    assert late(meeting, BY_MENTEE, 5)[0].check_time == CHECK + 10 * MINUTE
    assert late(meeting, BY_MENTEE, 20) == (meeting, [])


@given(minutes=st.integers(1, 60), length=st.integers(1, 16))
def test_attendance_is_never_decided_after_the_end_nor_before_the_grace_period(
    minutes: int, length: int
) -> None:
    meeting = late(booked(minutes=15 * length), BY_MENTEE, minutes)[0]
    assert CHECK <= meeting.check_time <= max(CHECK, meeting.end)


def test_a_miss_says_who_had_given_notice() -> None:
    meeting = absent(booked(), BY_MENTEE)[0]
    assert meeting.fire(CHECK)[1] == [MeetingMissed((MENTOR, MENTEE), (MENTEE,))]
    there = meeting.check_in(PAIR_ID, MENTOR, NOON)[0]
    assert there.fire(CHECK)[1] == [MeetingMissed((MENTEE,), (MENTEE,))]


def test_late_is_no_excuse_for_not_coming_and_who_comes_after_all_was_not_absent() -> None:
    assert late(booked(), BY_MENTEE, 5)[0].fire(CHECK + 5 * MINUTE)[1] == [MeetingMissed((MENTOR, MENTEE))]
    came = absent(booked(), BY_MENTEE)[0].check_in(PAIR_ID, MENTEE, NOON)[0]
    assert came.told == ()


@pytest.mark.parametrize(
    ("meeting", "now", "reason"),
    [
        (booked(), NOON, "MEETING_STARTED"),
        (booked().check_in(PAIR_ID, MENTEE, NOON - MINUTE)[0], NOON - MINUTE, "ALREADY_CHECKED_IN"),
        (cancelled(), MORNING, "MEETING_CANCELLED"),
        (missed(), MORNING, "MEETING_OVER"),
    ],
)
def test_notice_is_given_before_the_start(meeting: Meeting, now: datetime, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        absent(meeting, BY_MENTEE, now)


def test_who_checks_in_more_than_5_minutes_after_the_start_came_late() -> None:
    on_time = booked().check_in(PAIR_ID, MENTEE, NOON + POLICY.tardy)[0]
    both = on_time.check_in(PAIR_ID, MENTOR, NOON + POLICY.tardy + timedelta(milliseconds=1))[0]
    assert (both.stage, both.tardy) == (Stage.HELD, (MENTOR,))


# --- afterwards -----------------------------------------------------------------------------------------


def test_a_logged_meeting_counts_when_the_other_confirms_it() -> None:
    meeting, happened = attendance.log(PAIR, MENTEE, wish(), NOON + DAY, POLICY)
    assert (meeting.stage, happened) == (Stage.CLAIMED, [MeetingClaimed(MENTEE)])
    confirmed, happened = attendance.confirm(meeting, BY_MENTOR)
    assert (confirmed.stage, confirmed.claim, confirmed.due_at) == (Stage.HELD, None, None)
    assert happened == [MeetingHeld(claimed=True)]


def test_a_logged_meeting_may_have_begun_at_any_minute_and_claims_its_quarter_hours() -> None:
    meeting = attendance.log(PAIR, MENTEE, wish(NOON + 7 * MINUTE, 30), NOON + DAY, POLICY)[0]
    assert [claim[-6:] for claim in meeting.slots] == ["12:00Z", "12:15Z", "12:30Z"] * 2


@pytest.mark.parametrize(
    ("start", "minutes", "reason"),
    [
        (NOON + DAY, 15, "END_IN_FUTURE"),
        (NOON + DAY - POLICY.logged - MINUTE, 45, "START_TOO_LONG_AGO"),
        (NOON, 5, "LENGTH_OUT_OF_RANGE"),
        (NOON, 300, "LENGTH_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_logged_is_refused_by_field(start: datetime, minutes: int, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        attendance.log(PAIR, MENTEE, wish(start, minutes), NOON + DAY, POLICY)
    assert [path.split(".")[0] for path, _ in refusal.value.fields] == ["meeting"]


def test_only_the_two_of_an_active_mentorship_log() -> None:
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        attendance.log(PAIR, STRANGER, wish(), NOON + DAY, POLICY)
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        attendance.log(replace(PAIR, active=False), MENTEE, wish(), NOON + DAY, POLICY)


@pytest.mark.parametrize(
    ("end", "closed"),
    [
        (lambda meeting: attendance.reject(meeting, BY_MENTOR), Closed.REJECTED),
        (lambda meeting: attendance.withdraw(meeting, BY_MENTEE), Closed.WITHDRAWN),
        (lambda meeting: meeting.fire(NOON + DAY + POLICY.dispute), Closed.LAPSED),
    ],
)
def test_a_logged_meeting_that_is_not_confirmed_never_was(
    end: Callable[[Meeting], Decision], closed: Closed
) -> None:
    meeting, happened = end(logged())
    assert (meeting.stage, meeting.slots, meeting.due_at) == (Stage.REJECTED, (), None)
    assert happened == [MeetingClaimClosed(MENTEE, closed)]


def test_a_miss_disputed_by_one_who_was_there_is_settled() -> None:
    waited = booked().check_in(PAIR_ID, MENTOR, NOON)[0].fire(CHECK)[0]
    meeting, happened = attendance.dispute(waited, BY_MENTOR, CHECK, POLICY)
    assert (meeting.stage, meeting.present) == (Stage.HELD, (MENTOR, MENTEE))
    assert happened == [MeetingHeld(claimed=True)]


def test_a_miss_disputed_by_one_who_was_absent_waits_for_the_other() -> None:
    waited = booked().check_in(PAIR_ID, MENTOR, NOON)[0].fire(CHECK)[0]
    meeting, happened = attendance.dispute(waited, BY_MENTEE, CHECK, POLICY)
    assert (meeting.stage, happened) == (Stage.MISSED, [MeetingClaimed(MENTEE)])
    assert attendance.dispute(meeting, BY_MENTEE, CHECK, POLICY) == (meeting, [])
    assert attendance.confirm(meeting, BY_MENTOR)[0].stage is Stage.HELD


def test_two_who_both_dispute_agree() -> None:
    meeting = attendance.dispute(missed(), BY_MENTEE, CHECK, POLICY)[0]
    assert attendance.dispute(meeting, BY_MENTOR, CHECK, POLICY)[1] == [MeetingHeld(claimed=True)]


@pytest.mark.parametrize(
    "end",
    [
        lambda meeting: attendance.reject(meeting, BY_MENTOR),
        lambda meeting: attendance.withdraw(meeting, BY_MENTEE),
        lambda meeting: meeting.fire(CHECK + POLICY.dispute),
    ],
)
def test_a_miss_stays_when_the_dispute_comes_to_nothing(end: Callable[[Meeting], Decision]) -> None:
    disputed = attendance.dispute(missed(), BY_MENTEE, CHECK, POLICY)[0]
    assert end(disputed)[0] == missed()


def test_a_miss_is_disputed_within_7_days() -> None:
    last = CHECK + POLICY.dispute - timedelta(milliseconds=1)
    assert attendance.dispute(missed(), BY_MENTEE, last, POLICY)[0].claim is not None
    with pytest.raises(Refused, match="DISPUTE_TOO_LATE"):
        attendance.dispute(missed(), BY_MENTEE, CHECK + POLICY.dispute, POLICY)


@pytest.mark.parametrize("meeting", [booked(), held(), cancelled()])
def test_only_a_miss_is_disputed(meeting: Meeting) -> None:
    with pytest.raises(Refused, match="MEETING_NOT_MISSED"):
        attendance.dispute(meeting, BY_MENTEE, CHECK, POLICY)


@pytest.mark.parametrize("act", [attendance.confirm, attendance.reject])
def test_nobody_answers_their_own_claim_or_none(act: Callable[[Meeting, Names], Decision]) -> None:
    with pytest.raises(Denied, match="OWN_CLAIM"):
        act(logged(), BY_MENTEE)
    with pytest.raises(Refused, match="NOTHING_CLAIMED"):
        act(missed(), BY_MENTEE)


def test_nobody_takes_back_the_claim_of_the_other_or_none() -> None:
    with pytest.raises(Denied, match="NOT_YOURS"):
        attendance.withdraw(logged(), BY_MENTOR)
    with pytest.raises(Refused, match="NOTHING_CLAIMED"):
        attendance.withdraw(missed(), BY_MENTOR)


@pytest.mark.parametrize(("names", "kind"), [((PAIR_ID, STRANGER), Denied), (("another", MENTEE), NotFound)])
def test_others_and_other_names_change_nothing(names: Names, kind: type[Refusal]) -> None:
    for act in (attendance.confirm, attendance.reject, attendance.withdraw):
        with pytest.raises(kind):
            act(logged(), names)
    with pytest.raises(kind):
        attendance.dispute(missed(), names, CHECK, POLICY)
    with pytest.raises(kind):
        absent(booked(), names)
