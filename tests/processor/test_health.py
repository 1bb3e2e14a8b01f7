"""How a relationship goes, from when on, why, and what makes it better."""

from dataclasses import replace
from datetime import timedelta

from services.processor.domain import facts
from services.processor.domain.decisions import Reason, Status
from services.processor.domain.facts import Fit, FitAnswered, MentorshipCompleted, MentorshipExtended
from services.processor.domain.pairs import health_at
from services.processor.domain.policy import DEFAULT
from services.processor.domain.state import Pair
from tests.processor.factories import MENTEE, MENTOR, day
from tests.processor.story import (
    activated,
    answered,
    asked,
    booked,
    cancelled,
    created,
    goal_dropped,
    goal_reached,
    goal_reopened,
    goal_set,
    health,
    held,
    kudos,
    missed,
    paused,
    resumed,
    run,
    tell,
    told,
    unanswered,
)

EARLY, TRACK, ATTENTION, RISK, INACTIVE = Status
MET = [activated(0), held("a", 1)]
"""A pair that met on its second day: on track from day 10 on, its gap shows on day 22."""


def test_the_first_days_are_too_early_to_say_and_nothing_is_told_of_them() -> None:
    assert health(told([created(0), activated(1)], until=10.9)) == []


def test_after_the_first_days_a_pair_that_has_met_is_on_track() -> None:
    assert health(told(MET, until=20)) == [(10, TRACK, ())]


def test_a_meeting_missed_in_the_first_days_is_not_too_early_to_notice() -> None:
    assert health(told([activated(0), missed("a", 2)], until=9)) == [(2, TRACK, ())]


def test_an_agreement_unsigned_for_three_weeks_needs_attention() -> None:
    found = health(told([created(0), activated(25)], until=26))
    assert found == [
        (10, TRACK, ()),
        (21, ATTENTION, (Reason.AGREEMENT_UNSIGNED,)),
        (25, EARLY, ()),
    ]


def test_without_a_first_meeting_it_needs_attention_on_day_10_is_at_risk_on_21_and_inactive_on_90() -> None:
    assert health(told([activated(0)], until=400)) == [
        (10, ATTENTION, (Reason.NO_FIRST_MEETING,)),
        (21, RISK, (Reason.NO_FIRST_MEETING,)),
        (90, INACTIVE, (Reason.NO_SIGN_OF_LIFE, Reason.NO_FIRST_MEETING)),
    ]


def test_a_booked_first_meeting_is_waited_for() -> None:
    assert health(told([activated(0), booked("a", 8, 25)], until=24)) == [(10, TRACK, ())]


def test_a_gap_shows_after_one_and_a_half_cadences_and_is_a_risk_after_two() -> None:
    assert health(told(MET, until=400))[1:] == [
        (1 + 21, ATTENTION, (Reason.GAP,)),
        (1 + 28, RISK, (Reason.GAP,)),
        (1 + 90, INACTIVE, (Reason.NO_SIGN_OF_LIFE, Reason.GAP)),
    ]


def test_a_booking_ends_a_gap_and_calling_it_off_brings_it_back() -> None:
    history = [*MET, booked("b", 24, 40), cancelled("b", 26)]
    assert health(told(history, until=30))[2:] == [
        (24, TRACK, ()),
        (26, ATTENTION, (Reason.GAP,)),
        (29, RISK, (Reason.GAP,)),
    ]


def test_two_of_the_last_three_missed_need_attention_and_three_in_a_row_are_a_risk() -> None:
    history = [*MET, missed("b", 12), missed("c", 14), missed("d", 16)]
    assert health(told(history, until=16))[1:] == [
        (14, ATTENTION, (Reason.MISSED_OFTEN,)),
        (16, RISK, (Reason.MISSED_IN_ROW, Reason.MISSED_OFTEN)),
    ]


def test_a_miss_that_both_take_back_counts_no_more() -> None:
    """They met after all: of the last three meetings one is bad, not two."""
    history = [*MET, missed("b", 12), held("b", 13), missed("c", 14)]
    assert health(told(history, until=14))[1:] == []


def test_a_meeting_that_was_moved_is_waited_for_at_its_new_time() -> None:
    kept = [*MET, booked("b", 11, 20)]
    moved = [*kept, tell(12, facts.MeetingBooked(day(40)), "meetings/b", 2)]
    assert health(told(moved, until=40))[1:] == []
    assert health(told(kept, until=40))[1:] != []


def test_called_off_less_than_a_day_before_counts_like_missed_and_earlier_does_not() -> None:
    late = [*MET, booked("b", 11, 13), cancelled("b", 12.5), missed("c", 15)]
    assert health(told(late, until=15))[1:] == [(15, ATTENTION, (Reason.MISSED_OFTEN,))]
    early = [*MET, booked("b", 11, 13), cancelled("b", 12), missed("c", 15)]
    assert health(told(early, until=15))[1:] == []


def test_a_meeting_that_fell_to_a_rest_is_nobodys_late_cancellation() -> None:
    history = [*MET, booked("b", 11, 13), cancelled("b", 12.5, person=""), missed("c", 15)]
    assert health(told(history, until=15))[1:] == []


def test_a_poor_answer_is_a_risk_and_a_middling_one_after_a_better_one_needs_attention() -> None:
    assert health(told([*MET, answered(12, 2)], until=12))[1:] == [(12, RISK, (Reason.LOW_ANSWER,))]
    falling = [*MET, answered(11, 4), answered(12, 3)]
    assert health(told(falling, until=12))[1:] == [(12, ATTENTION, (Reason.FALLING_ANSWER,))]
    assert health(told([*MET, answered(12, 3)], until=12))[1:] == []


def test_answers_of_the_other_do_not_make_mine_fall() -> None:
    assert health(told([*MET, answered(11, 5, MENTOR), answered(12, 3, MENTEE)], until=12))[1:] == []


def test_two_unanswered_check_ins_need_attention_until_one_is_answered() -> None:
    history = [*MET, unanswered(12), unanswered(14)]
    ignored = (Reason.CHECK_INS_UNANSWERED,)
    assert health(told(history, until=14))[1:] == [(14, ATTENTION, ignored)]
    assert health(told([*history, answered(15, 3)], until=15))[1:] == [
        (14, ATTENTION, ignored),
        (15, TRACK, ()),
    ]
    assert health(told([*MET, unanswered(12), answered(13, 3), unanswered(14)], until=14))[1:] == []


def test_a_check_in_that_stays_open_for_two_days_counts_as_unanswered() -> None:
    history = [*MET, unanswered(12), asked(14)]
    found = health(told(history, until=20))[1:]
    assert found == [(16, ATTENTION, (Reason.CHECK_INS_UNANSWERED,))]
    assert health(told([*history, answered(15.9, 3)], until=20))[1:] == []


def test_the_end_of_a_check_in_that_was_overdue_tells_nothing_new() -> None:
    history = [*MET, asked(12, MENTEE), asked(12, MENTOR), held("b", 15), unanswered(19, MENTEE)]
    assert health(told(history, until=20))[1:] == [
        (14, ATTENTION, (Reason.CHECK_INS_UNANSWERED,)),
        (15, TRACK, ()),
    ]


def test_one_open_check_in_alone_is_put_up_with() -> None:
    assert health(told([*MET, asked(12)], until=20))[1:] == []


def test_feedback_answers_no_check_in() -> None:
    history = [*MET, unanswered(12), answered(13, 3, check_in=False), unanswered(14)]
    assert len(health(told(history, until=14))[1:]) == 1


def test_a_goal_two_weeks_overdue_needs_attention() -> None:
    history = [activated(0, cadence=60), held("a", 1), goal_set("g", 2, target=20)]
    (change,) = health(told(history, until=40))[1:]
    assert change == (20.5 + 14, ATTENTION, (Reason.GOAL_OVERDUE,))


def test_goals_reached_dropped_undated_or_moved_are_not_overdue() -> None:
    start = [activated(0, cadence=60), held("a", 1), goal_set("g", 2, target=20)]
    for after in (
        goal_reached("g", 30),
        goal_dropped("g", 30),
        goal_set("g", 30, target=None),
        goal_set("g", 30, target=70),
    ):
        assert health(told([*start, after], until=60))[1:] == []


def test_a_goal_opened_again_has_its_date_again_and_sharing_a_reached_one_does_not_open_it() -> None:
    start = [activated(0, cadence=60), held("a", 1), goal_set("g", 2, target=20), goal_reached("g", 25)]
    assert health(told([*start, goal_set("g", 26, target=20)], until=60))[1:] == []
    assert len(health(told([*start, goal_reopened("g", 26)], until=60))[1:]) == 1


def test_not_a_fit_is_a_risk_until_it_is_taken_back() -> None:
    no, fits = tell(12, FitAnswered(MENTEE, Fit.NO)), tell(13, FitAnswered(MENTEE, Fit.FITS))
    assert health(told([*MET, no, fits], until=13))[1:] == [(12, RISK, (Reason.NOT_A_FIT,)), (13, TRACK, ())]


def test_not_a_fit_is_never_too_early_to_notice() -> None:
    assert health(told([activated(0), tell(3, FitAnswered(MENTOR, Fit.NO))], until=3)) == [
        (3, RISK, (Reason.NOT_A_FIT,))
    ]


def test_one_silent_for_three_weeks_while_the_other_is_active_is_a_risk() -> None:
    history = [*MET, booked("b", 2, 60), kudos(21), kudos(22)]
    assert health(told(history, until=22))[1:] == [(22, RISK, (Reason.ONE_SIDE_SILENT,))]


def test_below_a_full_cadence_nobody_counts_as_silent() -> None:
    history = [activated(0, cadence=60), held("a", 1), kudos(30)]
    assert health(told(history, until=30))[1:] == []


def test_who_waited_at_a_missed_meeting_was_active() -> None:
    history = [*MET, booked("b", 2, 25), missed("b", 25, absent=[MENTEE])]
    assert (25, RISK, (Reason.ONE_SIDE_SILENT, Reason.GAP)) in health(told(history, until=25))


def test_a_held_meeting_clears_one_level_and_two_in_a_row_everything() -> None:
    history = [*MET, answered(12, 1), held("b", 15), held("c", 20)]
    assert health(told(history, until=21))[1:] == [
        (12, RISK, (Reason.LOW_ANSWER,)),
        (15, ATTENTION, (Reason.LOW_ANSWER,)),
        (20, TRACK, ()),
    ]


def test_a_good_answer_clears_one_level() -> None:
    history = [*MET, answered(12, 1), answered(15, 4)]
    assert health(told(history, until=16))[-1] == (15, ATTENTION, (Reason.LOW_ANSWER,))


def test_what_shows_after_the_recovery_counts_in_full() -> None:
    history = [*MET, answered(12, 1), held("b", 15), held("c", 16), answered(17, 2)]
    assert health(told(history, until=17))[-1] == (17, RISK, (Reason.LOW_ANSWER,))


def test_a_held_meeting_after_misses_recovers() -> None:
    history = [*MET, *(missed(name, on) for name, on in (("b", 12), ("c", 14), ("d", 16))), held("e", 18)]
    assert health(told(history, until=18))[-1] == (18, TRACK, ())


def test_a_rest_stops_all_clocks() -> None:
    history = [*MET, paused(12), resumed(52)]
    assert health(told(history, until=70))[1:] == [
        (22 + 40, ATTENTION, (Reason.GAP,)),
        (29 + 40, RISK, (Reason.GAP,)),
    ]
    assert health(told([*MET, paused(12)], until=400))[1:] == []


def test_a_goals_date_moves_by_the_rest() -> None:
    history = [activated(0, cadence=60), held("a", 1), goal_set("g", 2, target=20), paused(5), resumed(15)]
    assert health(told(history, until=60))[1:] == [(44.5, ATTENTION, (Reason.GOAL_OVERDUE,))]


def test_what_was_said_during_a_rest_shows_when_it_ends() -> None:
    history = [*MET, paused(12), answered(20, 1), resumed(30)]
    assert health(told(history, until=30))[1:] == [(30, RISK, (Reason.LOW_ANSWER,))]


def test_what_is_over_changes_no_more() -> None:
    assert health(told([*MET, tell(12, MentorshipCompleted())], until=400))[1:] == []


def test_pairs_whose_beginning_was_never_heard_are_not_judged() -> None:
    pair, decisions = run([held("a", 1), missed("b", 3), missed("c", 5), missed("d", 7)], until=400)
    assert (health(decisions), health_at(pair, day(400), DEFAULT)) == ([], None)


def test_each_change_names_the_events_behind_it_the_latest_last() -> None:
    history = [*MET, missed("b", 12), missed("c", 14)]
    change = told(history, until=14)[-1]
    assert change.grounds.evidence == ("MeetingMissed@12", "MeetingMissed@14")  # type: ignore[union-attr]
    first = told(MET, until=10)[-1]
    assert first.grounds.evidence == ("MentorshipActivated@0",)  # type: ignore[union-attr]


def test_the_health_of_a_day_is_what_was_told_by_then() -> None:
    pair, _ = run([*MET, missed("b", 12), missed("c", 14)], until=14)
    found = health_at(pair, day(14), DEFAULT)
    assert found is not None
    assert (found.status, found.reasons) == (ATTENTION, (Reason.MISSED_OFTEN,))
    assert found.evidence == ("MeetingMissed@12", "MeetingMissed@14")
    assert health_at(Pair(), day(14), DEFAULT) is None


def test_an_extension_moves_the_end() -> None:
    history = [activated(0, end=25), tell(3, MentorshipExtended(day(200).date()))]
    assert run(history, until=3)[0].terms.end == day(200.5)


def test_thresholds_are_the_policys() -> None:
    patient = replace(DEFAULT.health, first_meeting_attention=timedelta(days=15))
    assert health(told([activated(0)], 15, replace(DEFAULT, health=patient))) == [
        (10, TRACK, ()),
        (15, ATTENTION, (Reason.NO_FIRST_MEETING,)),
    ]
