"""When a participant is asked, what may be answered, and who sees it: the plan of one person."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, NotFound, Refused
from services.mentorships.domain.checkins import (
    Answer,
    CheckInAnswered,
    CheckInExpired,
    CheckInOpened,
    CheckInPlan,
    CheckInsScheduled,
    Rhythm,
    Stage,
    Wish,
    plan,
)
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, STRANGER

GOOD = Answer(quality=5, progress=3, words="We meet too seldom.", changes=(Wish.CADENCE,))
FIRST = NOON + timedelta(days=30)


def day(number: float) -> datetime:
    """Return the moment that many days after the mentorship became active."""
    return NOON + timedelta(days=number)


def planned() -> CheckInPlan:
    """Return what the mentee is asked in a mentorship active since NOON."""
    return plan(ID, MENTEE, LEAD, NOON)[0]


def opened() -> CheckInPlan:
    """Return the plan with its first check-in open."""
    return planned().fire(FIRST)[0]


def test_the_first_check_in_opens_after_thirty_days_and_waits_for_fourteen() -> None:
    fresh, told = plan(ID, MENTEE, LEAD, NOON)
    assert (fresh.due_at, told) == (day(30), [CheckInsScheduled()])
    asked, told = fresh.fire(day(30))
    assert told == [CheckInOpened(1), CheckInsScheduled()]
    assert asked.due_at == day(44)
    closed, told = asked.fire(day(44))
    assert (told, closed.check_in(1).stage) == ([CheckInExpired(1)], Stage.EXPIRED)
    assert closed.due_at == day(90), "then every sixty days"


def test_an_answered_check_in_does_not_expire() -> None:
    answered, told = opened().answer(1, MENTEE, GOOD, day(31))
    assert told == [CheckInAnswered(1)]
    assert answered.check_in(1).answer_time == day(31)
    assert answered.due_at == day(90)


def test_a_plan_may_have_a_rhythm_of_its_own() -> None:
    weekly, _ = plan(ID, MENTEE, LEAD, NOON, Rhythm(first_days=5, every_days=7, open_days=3))
    asked, _ = weekly.fire(day(5))
    assert (asked.due_at, asked.next_time) == (day(8), day(12))


def test_a_timer_that_is_months_late_opens_one_check_in_and_expires_the_old_one() -> None:
    late, told = opened().fire(day(300))
    assert told == [CheckInExpired(1), CheckInOpened(2), CheckInsScheduled()]
    assert (late.check_in(2).expire_time, late.next_time) == (day(314), day(360))


def test_an_applied_plan_asks_on_its_own_days_and_the_rhythm_begins_anew_after_each() -> None:
    asking, told = planned().ask_at("p", [day(20), day(7)])
    assert (asking.due_at, told) == (day(7), [CheckInsScheduled()])
    first, told = asking.fire(day(7))
    assert told == [CheckInOpened(1), CheckInsScheduled()]
    answered, _ = first.answer(1, MENTEE, GOOD, day(8))
    second, told = answered.fire(day(20))
    assert told == [CheckInOpened(2), CheckInsScheduled()]
    assert (second.next_time, second.planned) == (day(80), ())


def test_what_is_open_when_the_next_one_opens_has_expired() -> None:
    asked, _ = planned().ask_at("p", [day(7), day(10)])[0].fire(day(7))
    later, told = asked.fire(day(10))
    assert told == [CheckInExpired(1), CheckInOpened(2), CheckInsScheduled()]
    assert [one.stage for one in later.check_ins] == [Stage.EXPIRED, Stage.OPEN]


def test_a_plan_counts_once_and_nothing_is_asked_after_the_end() -> None:
    asking, _ = planned().ask_at("p", [day(7)])
    asked, _ = asking.fire(day(7))
    assert asked.ask_at("p", [day(7)]) == (asked, [])
    over, _ = asked.finish()
    assert over.ask_at("another", [day(9)]) == (over, [])


def test_days_that_are_over_already_are_asked_once_and_at_once() -> None:
    asking, _ = opened().ask_at("p", [day(1), day(2), day(40)])
    late, told = asking.fire(day(31))
    assert told == [CheckInExpired(1), CheckInOpened(2), CheckInsScheduled()]
    assert (late.next_time, late.planned) == (day(40), (day(40),))


def test_a_rest_moves_the_days_of_plans_as_well() -> None:
    resting, _ = planned().ask_at("p", [day(7), day(20)])[0].pause(day(5))
    going_on, _ = resting.resume(day(8))
    assert (going_on.due_at, going_on.planned) == (day(10), (day(10), day(23)))


def test_a_timer_before_its_time_changes_nothing() -> None:
    assert planned().fire(day(29)) == (planned(), [])


def test_a_rest_moves_all_clocks_by_its_length() -> None:
    resting, told = opened().pause(day(35))
    assert (resting.due_at, told) == (None, [CheckInsScheduled()])
    assert resting.fire(day(200)) == (resting, [])
    back, told = resting.resume(day(55))
    assert (told, back.due_at, back.next_time) == ([CheckInsScheduled()], day(64), day(110))


def test_pausing_and_resuming_twice_is_as_good_as_once() -> None:
    resting = planned().pause(day(5))[0]
    assert resting.pause(day(6)) == (resting, [])
    back = resting.resume(day(7))[0]
    assert back.resume(day(8)) == (back, [])


def test_a_rest_leaves_time_to_answer() -> None:
    resting = opened().pause(day(35))[0]
    assert resting.answer(1, MENTEE, GOOD, day(100))[1] == [CheckInAnswered(1)]


def test_after_the_end_nothing_is_asked_and_what_is_open_closes_silently() -> None:
    over, told = opened().finish()
    assert (told, over.due_at, over.check_in(1).stage) == ([CheckInsScheduled()], None, Stage.EXPIRED)
    for later in (over.finish(), over.pause(day(40)), over.resume(day(40)), over.fire(day(90))):
        assert later == (over, [])
    with pytest.raises(Refused) as refusal:
        over.answer(1, MENTEE, GOOD, day(31))
    assert refusal.value.reason == "CHECK_IN_CLOSED"


@pytest.mark.parametrize(
    ("asked", "now", "why"),
    [
        pytest.param(opened(), day(44), "CHECK_IN_CLOSED", id="late, before the timer"),
        pytest.param(opened().fire(day(44))[0], day(45), "CHECK_IN_CLOSED", id="late"),
        pytest.param(opened().answer(1, MENTEE, GOOD, day(31))[0], day(32), "CHECK_IN_ANSWERED", id="again"),
    ],
)
def test_a_closed_check_in_takes_no_answer(asked: CheckInPlan, now: datetime, why: str) -> None:
    with pytest.raises(Refused) as refusal:
        asked.answer(1, MENTEE, GOOD, now)
    assert refusal.value.reason == why


@pytest.mark.parametrize(("ordinal", "person"), [(1, MENTOR), (1, STRANGER), (0, MENTEE), (2, MENTEE)])
def test_others_check_ins_and_absent_ones_are_not_found(ordinal: int, person: str) -> None:
    with pytest.raises(NotFound):
        opened().answer(ordinal, person, GOOD, day(31))


@pytest.mark.parametrize(
    ("answer", "why", "field"),
    [
        (Answer(words="no rating"), "RATING_MISSING", "answer"),
        (Answer(quality=4, changes=(Wish.NOTHING, Wish.GOALS)), "CHANGES_CONTRADICT", "answer.changes"),
        (Answer(quality=4, words="\x00"), "TEXT_NOT_PLAIN", "answer.words"),
    ],
)
def test_an_answer_makes_sense(answer: Answer, why: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        opened().answer(1, MENTEE, answer, day(31))
    assert (refusal.value.reason, [path for path, _ in refusal.value.fields]) == (why, [field])


@pytest.mark.parametrize(
    "answer", [Answer(quality=1), Answer(progress=2), Answer(confidence=3), Answer(satisfaction=5)]
)
def test_one_rating_is_enough(answer: Answer) -> None:
    answered, _ = opened().answer(1, MENTEE, answer, day(31))
    assert answered.check_in(1).answer == answer


@pytest.mark.parametrize(
    ("changes", "suggested"),
    [((), False), ((Wish.NOTHING,), False), ((Wish.CHANNELS, Wish.GOALS), True)],
)
def test_a_wish_suggests_to_amend_the_agreement(changes: tuple[Wish, ...], suggested: bool) -> None:  # noqa: FBT001
    assert Answer(quality=4, changes=changes).amendment_suggested is suggested


def test_answers_are_for_their_author_and_wordless_for_who_oversees() -> None:
    answered = opened().answer(1, MENTEE, GOOD, day(31))[0]
    assert answered.read_by(MENTEE, leads=False, oversees=False) == answered
    for reader, leads, oversees in ((LEAD, True, False), ("admin", False, True)):
        assert answered.read_by(reader, leads=leads, oversees=oversees).check_in(1).answer == replace(
            GOOD, words=""
        )
    for reader, leads in ((MENTOR, False), (STRANGER, True), (LEAD, False)):
        with pytest.raises(NotFound):
            answered.read_by(reader, leads=leads, oversees=False)


@given(rests=st.lists(st.tuples(st.floats(0.01, 80), st.floats(0.01, 80)), max_size=8))
def test_only_the_time_that_a_mentorship_runs_counts(rests: list[tuple[float, float]]) -> None:
    """Whatever the rests, check-ins open after 30, 90, 150 … days of running and expire 14 of these later."""
    state, now, run = planned(), NOON, timedelta()
    opened_at: list[timedelta] = []
    expired_at: list[timedelta] = []
    for active, rest in [*rests, (400.0, 1.0)]:
        end = now + timedelta(days=active)
        while state.due_at is not None and state.due_at <= end:
            run, now = run + (state.due_at - now), state.due_at
            state, told = state.fire(now)
            opened_at += [run for one in told if isinstance(one, CheckInOpened)]
            expired_at += [run for one in told if isinstance(one, CheckInExpired)]
            assert [one.stage for one in state.check_ins].count(Stage.OPEN) <= 1
        run, now = run + (end - now), end
        state = state.pause(now)[0]
        now += timedelta(days=rest)
        state = state.resume(now)[0]
    assert opened_at == [timedelta(days=30 + 60 * number) for number in range(len(opened_at))]
    assert expired_at == [at + timedelta(days=14) for at in opened_at][: len(expired_at)]
    assert len(opened_at) >= 7
