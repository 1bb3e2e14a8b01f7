"""Moving meetings, calling them off late, and the reminders that move with them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.scheduling.domain.booking import Wish, move
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.told import (
    MeetingCancelled,
    MeetingMissed,
    MeetingReminderDue,
    MeetingRescheduled,
    Reason,
)
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    PAIR_ID,
    POLICY,
    STRANGER,
    booked,
    cancelled,
    held,
    missed,
    wish,
)

HOUR = 60 * MINUTE
DAY = 24 * HOUR
MOMENT = timedelta(milliseconds=1)


def test_a_moved_meeting_claims_its_new_quarter_hours_only() -> None:
    meeting, happened = move(booked(), MENTOR, wish(NOON + HOUR, 30), MORNING, POLICY)
    fresh = replace(booked(NOON + HOUR, 30), revision=1)
    assert meeting == fresh
    assert happened == [MeetingRescheduled(MENTOR, NOON, NOON + 45 * MINUTE)]


def test_both_have_to_check_in_anew() -> None:
    long_before = replace(booked(), present=(MENTEE,), tardy=(MENTEE,))
    assert move(long_before, MENTOR, wish(NOON + HOUR), MORNING, POLICY)[0].present == ()


def test_moving_to_the_same_time_changes_nothing() -> None:
    assert move(booked(), MENTOR, wish(), NOON, POLICY) == (booked(), [])


def test_a_meeting_is_moved_until_an_hour_before_it() -> None:
    last = NOON - POLICY.reschedule
    assert move(booked(), MENTEE, wish(NOON + HOUR), last, POLICY)[0].start == NOON + HOUR
    with pytest.raises(Refused, match="RESCHEDULED_TOO_LATE"):
        move(booked(), MENTEE, wish(NOON + HOUR), last + MOMENT, POLICY)


@pytest.mark.parametrize(
    ("meeting", "reason"),
    [(cancelled(), "MEETING_CANCELLED"), (held(), "MEETING_OVER"), (missed(), "MEETING_OVER")],
)
def test_what_is_over_is_not_moved(meeting: Meeting, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        move(meeting, MENTEE, wish(NOON + HOUR), MORNING, POLICY)


def test_the_new_time_must_be_one_that_can_be_booked() -> None:
    for start, reason in ((NOON + MINUTE, "QUARTER"), (MORNING, "PAST"), (NOON + 200 * DAY, "AHEAD")):
        with pytest.raises(Invalid, match=reason):
            move(booked(), MENTEE, wish(start), MORNING, POLICY)


def test_others_and_other_names_move_nothing() -> None:
    with pytest.raises(Denied):
        move(booked(), STRANGER, wish(NOON + HOUR), MORNING, POLICY)
    with pytest.raises(NotFound):
        move(booked(), MENTEE, Wish("another", NOON + HOUR, NOON + 2 * HOUR), MORNING, POLICY)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_the_number_of_the_calendar_entry_grows_with_each_move_and_with_the_end(quarters: list[int]) -> None:
    meeting, numbers = booked(), [0]
    for place in quarters:
        meeting = move(meeting, MENTEE, wish(NOON + 15 * place * MINUTE), MORNING, POLICY)[0]
        numbers.append(meeting.revision)
    moves = sum(now != before for before, now in zip([0, *quarters], quarters, strict=False))
    assert numbers[-1] == moves
    assert meeting.cancel(PAIR_ID, MENTEE, MORNING)[0].revision == moves + 1


@pytest.mark.parametrize(
    ("minutes", "before", "late"),
    [
        (45, DAY, False),
        (45, DAY - MOMENT, True),
        (15, DAY - MOMENT, False),
        (15, 3 * HOUR, False),
        (15, 3 * HOUR - MOMENT, True),
    ],
)
def test_calling_off_is_late_within_a_day_and_within_3_hours_for_a_flash_meeting(
    minutes: int,
    before: timedelta,
    late: bool,  # noqa: FBT001 -- an expectation
) -> None:
    meeting = booked(NOON + 7 * DAY, minutes)
    off, happened = meeting.cancel(PAIR_ID, MENTEE, meeting.start - before, Reason.ILLNESS)
    assert happened == [MeetingCancelled(MENTEE, Reason.ILLNESS, late)]
    assert off.call is not None
    assert off.call.late is late


# --- reminders ------------------------------------------------------------------------------------------


def test_both_are_reminded_a_day_and_an_hour_before_and_then_attendance_is_decided() -> None:
    meeting = booked(NOON + 7 * DAY)
    told: list[object] = []
    while (due := meeting.due_at) is not None:
        meeting, happened = meeting.fire(due)
        told += [(meeting.start - due, event) for event in happened]
    assert told == [
        (DAY, MeetingReminderDue(DAY)),
        (HOUR, MeetingReminderDue(HOUR)),
        (-POLICY.grace, MeetingMissed((MENTOR, MENTEE))),
    ]


def test_what_is_booked_late_is_reminded_of_only_by_what_is_still_ahead() -> None:
    assert booked(NOON).reminders == (NOON - HOUR,)
    assert booked(MORNING + 15 * MINUTE).reminders == ()


def test_a_platform_that_stood_still_sends_the_last_reminder_only_and_none_after_the_start() -> None:
    meeting = booked(NOON + 7 * DAY)
    later, happened = meeting.fire(meeting.start - MINUTE)
    assert (later.reminders, happened) == ((), [MeetingReminderDue(HOUR)])
    assert meeting.fire(meeting.start)[1] == []
    assert meeting.fire(meeting.start)[0].due_at == meeting.check_time


def test_reminders_move_with_the_meeting_and_go_with_it() -> None:
    reminded = booked(NOON + 7 * DAY).fire(NOON + 6 * DAY)[0]
    moved = move(reminded, MENTEE, wish(NOON + 9 * DAY), NOON + 6 * DAY, POLICY)[0]
    assert moved.reminders == (NOON + 8 * DAY, NOON + 9 * DAY - HOUR)
    off = moved.cancel(PAIR_ID, MENTEE, NOON + 6 * DAY)[0]
    assert off.due_at is None
    assert off.fire(NOON + 8 * DAY) == (off, [])


@given(now=st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 12)))  # noqa: DTZ001 -- Hypothesis wants naive bounds
def test_a_timer_always_moves_on_or_ends(now: datetime) -> None:
    moment = now.replace(tzinfo=NOON.tzinfo)
    for meeting in (booked(NOON + 7 * DAY), missed(), cancelled(), held()):
        after, _ = meeting.fire(moment)
        assert after.due_at is None or after.due_at > moment
        assert after.stage in {Stage.BOOKED, Stage.MISSED, meeting.stage}
