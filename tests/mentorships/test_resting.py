"""How a mentorship rests and goes on, without any server."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, Refusal, Refused
from services.mentorships.domain import (
    Mentorship,
    MentorshipPaused,
    MentorshipResumed,
    Pause,
    PauseReason,
    Stage,
    Who,
    closing,
    timers,
)
from services.mentorships.domain.resting import LONGEST_PAUSE, Rest, pause, resume
from tests.mentorships.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    STRANGER,
    active,
    agreed,
    dated,
    ended,
    paused,
    proposed,
)

DAY = timedelta(days=1)
AWAY = Rest(PauseReason.AWAY, NOON + 30 * DAY)
HOLD = Rest(PauseReason.HOLD)
END = date(2026, 6, 30)
hr = Who("admin", oversees=True, hr=True)
lead = Who(LEAD, oversees=True)


def held() -> Mentorship:
    return pause(active(), hr, HOLD, NOON)[0]


@pytest.mark.parametrize("who", [Who(MENTOR), Who(MENTEE), lead, hr])
def test_the_two_and_overseers_let_it_rest(who: Who) -> None:
    resting, events = pause(active(), who, AWAY, NOON)
    assert (resting.stage, events) == (Stage.PAUSED, [MentorshipPaused()])
    assert resting.pause == Pause(who.person, PauseReason.AWAY, NOON, AWAY.until)
    assert timers.due_at(resting) == AWAY.until


@pytest.mark.parametrize("who", [Who(MENTOR), Who(MENTEE), lead])
def test_either_lets_it_go_on_early(who: Who) -> None:
    going_on, events = resume(paused(), who, NOON + DAY)
    assert (going_on.stage, going_on.pause, events) == (Stage.ACTIVE, None, [MentorshipResumed()])


def test_it_goes_on_by_itself_at_its_time_and_not_before() -> None:
    until = NOON + 30 * DAY
    assert timers.fire(paused(), until - timedelta(milliseconds=1)) == (paused(), [])
    assert timers.fire(paused(), until)[1] == [MentorshipResumed()]


@pytest.mark.parametrize(
    ("mentorship", "who", "rest", "kind", "reason"),
    [
        pytest.param(active(), Who(STRANGER), AWAY, Denied, "NOT_A_PARTICIPANT", id="stranger"),
        pytest.param(active(), Who(MENTOR), HOLD, Denied, "HR_ONLY", id="no hold of the two"),
        pytest.param(active(), lead, HOLD, Denied, "HR_ONLY", id="no hold of a lead"),
        pytest.param(agreed(MENTOR), Who(MENTOR), AWAY, Refused, "MENTORSHIP_NOT_ACTIVE", id="not begun"),
        pytest.param(paused(), Who(MENTOR), AWAY, Refused, "MENTORSHIP_PAUSED", id="rests already"),
        pytest.param(held(), hr, HOLD, Refused, "MENTORSHIP_PAUSED", id="held already"),
        pytest.param(ended(), Who(MENTOR), AWAY, Refused, "MENTORSHIP_ENDED", id="over"),
    ],
)
def test_rests_that_are_refused(
    mentorship: Mentorship, who: Who, rest: Rest, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        pause(mentorship, who, rest, NOON)


@pytest.mark.parametrize(
    ("reason", "until", "why"),
    [
        (PauseReason.WORKLOAD, None, "RESUME_TIME_MISSING"),
        (PauseReason.AWAY, NOON, "RESUME_TIME_PAST"),
        (PauseReason.OTHER, NOON + LONGEST_PAUSE + timedelta(milliseconds=1), "RESUME_TIME_TOO_FAR"),
        (PauseReason.HOLD, NOON + DAY, "RESUME_TIME_GIVEN"),
    ],
)
def test_when_it_goes_on_is_said_and_bounded(reason: PauseReason, until: datetime | None, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        pause(active(), hr, Rest(reason, until), NOON)
    assert [field for field, _ in refusal.value.fields] == ["resume_time"]


def test_two_months_are_allowed() -> None:
    assert pause(active(), lead, Rest(PauseReason.AWAY, NOON + LONGEST_PAUSE), NOON)[1] == [
        MentorshipPaused()
    ]


def test_a_hold_replaces_another_pause_has_no_end_and_is_lifted_by_hr() -> None:
    resting, _ = pause(paused(), hr, HOLD, NOON + DAY)
    assert resting.pause == Pause("admin", PauseReason.HOLD, since=NOON)
    assert timers.due_at(resting) is None
    for who in (Who(MENTOR), lead):
        with pytest.raises(Denied, match="HR_ONLY"):
            resume(resting, who, NOON + 2 * DAY)
    assert resume(resting, hr, NOON + 2 * DAY)[1] == [MentorshipResumed()]


def test_the_two_do_not_see_that_it_is_a_hold() -> None:
    shown = held().read_by(MENTOR, oversees=False).pause
    assert shown is not None
    assert shown.reason is PauseReason.OTHER
    assert held().read_by(LEAD, oversees=True).pause == held().pause


@pytest.mark.parametrize("mentorship", [proposed(), active(), ended()])
def test_what_does_not_rest_does_not_go_on(mentorship: Mentorship) -> None:
    with pytest.raises(Refused, match="NOT_PAUSED"):
        resume(mentorship, Who(MENTOR), NOON)


@pytest.mark.parametrize(
    ("after", "days"),
    [(timedelta(milliseconds=1), 1), (DAY, 1), (DAY + timedelta(hours=1), 2), (20 * DAY, 20)],
)
def test_the_last_day_moves_by_the_days_that_had_begun_to_pass(after: timedelta, days: int) -> None:
    going_on, _ = resume(paused(dated(END)), Who(MENTOR), NOON + after)
    assert going_on.end_date == END + days * DAY
    assert going_on.in_force == dated(END).in_force, "what was signed does not change"


def test_a_rest_takes_the_question_about_more_time_off_the_table() -> None:
    asked = closing.ask_for_more(dated(END), MENTOR, None, NOON)[0]
    assert paused(asked).extension is None


def test_clocks_stand_still_while_it_rests() -> None:
    """The last day passes, and nothing happens to a mentorship that is held."""
    resting, _ = pause(dated(END), hr, HOLD, NOON)
    assert timers.due_at(resting) is None
    assert timers.fire(resting, NOON + 3000 * DAY) == (resting, [])


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=8))
def test_rests_never_shorten_what_is_left(rests: list[int]) -> None:
    mentorship, now = dated(END), NOON
    for days in rests:
        left = (mentorship.end_date or END) - now.date()
        mentorship = pause(mentorship, lead, Rest(PauseReason.AWAY, now + days * DAY), now)[0]
        now += days * DAY
        mentorship = timers.fire(mentorship, now)[0]
        assert (mentorship.end_date or END) - now.date() == left
    assert replace(mentorship, end_date=END) == dated(END)
