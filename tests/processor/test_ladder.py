"""What answers a silence, on which day, and what stops it."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from services.processor.domain.decisions import (
    ConclusionDue,
    Grounds,
    LeadEscalationDue,
    NudgeDue,
    Reason,
)
from services.processor.domain.facts import Heard, MentorshipEnded
from services.processor.domain.pairs import advance, due_at, fold
from services.processor.domain.policy import DEFAULT, Policy, Step
from services.processor.domain.state import Pair
from tests.processor.factories import MENTEE, MENTOR, day, names
from tests.processor.story import (
    Steps,
    activated,
    answered,
    booked,
    cancelled,
    created,
    held,
    missed,
    paused,
    resumed,
    run,
    steps,
    tell,
    told,
    warned,
)

NUDGE, AGAIN, LEAD, WARN, CONCLUDE = Step
END = "end"


def without(*skipped: Step) -> Policy:
    return replace(DEFAULT, ladder=replace(DEFAULT.ladder, skipped_steps=frozenset(skipped)))


def test_without_a_first_meeting_both_are_nudged_on_day_7_and_the_lead_is_told_on_day_10() -> None:
    assert steps(told([activated(0)], until=30)) == [(7, NUDGE), (9, AGAIN), (10, LEAD), (20, WARN)]


def test_a_gap_is_noticed_after_one_and_a_half_cadences_and_answered_on_days_1_3_7_14() -> None:
    history = [activated(0, cadence=14), held("a", 2)]
    noticed = 2 + 21
    assert steps(told(history, until=40)) == [
        (noticed + 1, NUDGE),
        (noticed + 3, AGAIN),
        (noticed + 7, LEAD),
        (noticed + 14, WARN),
    ]


def test_90_days_without_a_meeting_bring_a_last_warning_and_7_days_later_the_end() -> None:
    history = [activated(0), held("a", 2)]
    assert steps(told(history, until=400))[4:] == [(92, WARN), (99, CONCLUDE), (99, END)]


def test_a_pair_that_meets_every_quarter_is_warned_when_its_own_silence_is_long_and_only_once() -> None:
    history = [activated(0, cadence=90), held("a", 1)]
    noticed = 1 + 135
    assert steps(told(history, until=400)) == [
        (noticed + 1, NUDGE),
        (noticed + 3, AGAIN),
        (noticed + 7, LEAD),
        (noticed + 14, WARN),
        (noticed + 21, CONCLUDE),
        (noticed + 21, END),
    ]


def test_each_of_the_two_is_nudged_with_what_was_noticed_and_the_events_behind_it() -> None:
    nudges = [made for made in told([activated(0)], until=7) if isinstance(made, NudgeDue)]
    grounds = Grounds(("MentorshipActivated@0",), "1")
    assert nudges == [
        NudgeDue(names(), day(7), person, NUDGE, (Reason.NO_FIRST_MEETING,), grounds)
        for person in (MENTOR, MENTEE)
    ]


def test_the_lead_hears_once_and_the_end_names_the_silence() -> None:
    decisions = told([activated(0), held("a", 2)], until=400)
    (told_lead,) = [made for made in decisions if isinstance(made, LeadEscalationDue)]
    (end,) = [made for made in decisions if isinstance(made, ConclusionDue)]
    assert (told_lead.names, told_lead.reasons) == (names(), (Reason.GAP,))
    assert end.reasons == (Reason.NO_SIGN_OF_LIFE, Reason.GAP)
    assert end.grounds.evidence == ("MeetingHeld@2",)


@pytest.mark.parametrize("stop", [booked("b", 25.5, 29), held("b", 25.5)])
def test_a_meeting_booked_or_held_stops_all_steps_at_once(stop: Heard) -> None:
    history = [activated(0), held("a", 2), stop]
    assert steps(told(history, until=29)) == [(24, NUDGE)]


def test_a_booked_meeting_postpones_the_silence() -> None:
    assert steps(told([activated(0), booked("a", 3, 30)], until=31)) == []


def test_a_meeting_called_off_lets_the_silence_begin_at_that_moment() -> None:
    history = [activated(0), booked("a", 3, 30), cancelled("a", 15)]
    assert steps(told(history, until=20)) == [(16, NUDGE), (18, AGAIN), (19, LEAD)]


def test_a_missed_meeting_lets_the_silence_begin_when_the_gap_is_long_enough_by_then() -> None:
    history = [activated(0), held("a", 2), booked("b", 10, 30), missed("b", 30)]
    assert steps(told(history, until=32)) == [(31, NUDGE)]


def test_a_meeting_whose_outcome_never_comes_counts_as_booked_for_one_more_day() -> None:
    history = [activated(0), held("a", 2), booked("b", 10, 30)]
    assert steps(told(history, until=34)) == [(32, NUDGE), (34, AGAIN)]


def test_a_rest_stops_the_clock() -> None:
    history = [activated(0), held("a", 2), paused(10), resumed(50)]
    assert steps(told(history, until=70)) == [(64, NUDGE), (66, AGAIN), (70, LEAD)]
    assert steps(told([activated(0), held("a", 2), paused(10)], until=400)) == []


def test_a_rest_in_the_middle_of_the_ladder_delays_the_next_step() -> None:
    history = [activated(0), held("a", 2), paused(25), resumed(35)]
    assert steps(told(history, until=40)) == [(24, NUDGE), (36, AGAIN), (40, LEAD)]


def test_what_is_over_is_left_alone() -> None:
    assert steps(told([activated(0), tell(5, MentorshipEnded())], until=400)) == []


def test_without_a_lead_nobody_is_told_in_the_leads_place() -> None:
    assert steps(told([activated(0, lead="")], until=21)) == [(7, NUDGE), (9, AGAIN), (20, WARN)]


def test_steps_are_skipped_as_the_policy_says() -> None:
    policy = without(NUDGE, Step.TELL_LEAD)
    assert steps(told([activated(0)], 21, policy)) == [(9, AGAIN), (20, WARN)]


def test_without_the_conclusion_there_is_no_last_warning() -> None:
    assert steps(told([activated(0)], 400, without(CONCLUDE)))[-1] == (20, WARN)


def test_the_last_warning_belongs_to_the_conclusion() -> None:
    found = steps(told([activated(0)], 400, without(WARN)))
    assert found[-3:] == [(90, WARN), (97, CONCLUDE), (97, END)]


class Silent:
    """A pair that has never met, on the day of its last warning; both verdicts are still to come."""

    def __init__(self) -> None:
        pair, _ = fold(Pair(), activated(0), DEFAULT)
        self.pair, decisions = advance(pair, day(90), DEFAULT)
        self.warnings = {made.person: made for made in decisions if isinstance(made, NudgeDue)}

    def hears(self, person: str, again: float | None = None) -> Steps:
        """Return what follows from a verdict at once."""
        verdict = warned(self.warnings[person], None if again is None else day(again))
        self.pair, decisions = fold(self.pair, verdict, DEFAULT)
        return steps(decisions)

    def until(self, on: float) -> Steps:
        self.pair, decisions = advance(self.pair, day(on), DEFAULT)
        self.warnings |= {made.person: made for made in decisions if isinstance(made, NudgeDue)}
        return steps(decisions)


def test_nothing_ends_while_it_is_not_known_that_both_were_warned() -> None:
    silent = Silent()
    assert silent.until(400) == []
    silent.hears(MENTOR)
    assert silent.until(500) == []


def test_a_warning_that_was_held_back_is_tried_again_and_the_end_moves() -> None:
    silent = Silent()
    silent.hears(MENTOR)
    silent.hears(MENTEE, again=93)
    assert silent.until(100) == [(93, WARN)]
    assert silent.warnings[MENTEE].time == day(93)
    silent.hears(MENTEE, again=96)
    assert silent.until(96) == [(96, WARN)]
    silent.hears(MENTEE)
    assert silent.until(102.9) == []
    assert silent.until(200) == [(103, CONCLUDE), (103, END)]


def test_a_warning_tried_again_goes_to_the_one_who_did_not_get_it() -> None:
    silent = Silent()
    silent.hears(MENTOR)
    silent.hears(MENTEE, again=93)
    silent.warnings.clear()
    silent.until(93)
    assert list(silent.warnings) == [MENTEE]


def test_a_verdict_that_comes_after_the_end_was_due_ends_it_at_once_and_only_once() -> None:
    silent = Silent()
    silent.hears(MENTOR)
    silent.pair, _ = fold(silent.pair, answered(120, 4), DEFAULT)
    assert silent.hears(MENTEE) == [(97, CONCLUDE), (97, END)]
    assert silent.hears(MENTEE) == []
    assert silent.until(400) == []


def test_a_meeting_after_the_warning_calls_the_end_off_and_the_next_silence_warns_anew() -> None:
    silent = Silent()
    silent.hears(MENTOR)
    silent.hears(MENTEE)
    silent.pair, _ = fold(silent.pair, held("a", 95), DEFAULT)
    assert silent.until(184.9)[-1][1] is WARN
    assert silent.until(400) == [(185, WARN)]


def test_a_pair_that_an_older_build_warned_is_warned_again_before_it_ends() -> None:
    """What it kept does not say who got the warning."""
    silent = Silent()
    silent.pair = msgspec.structs.replace(silent.pair, warning=None, due=None)
    silent.pair, _ = fold(silent.pair, answered(93.5, 3), DEFAULT)
    assert silent.until(100) == [(94, WARN)]


def test_near_the_agreed_end_nobody_is_nudged() -> None:
    history = [activated(0, end=29), held("a", 2)]
    assert steps(told(history, until=80)) == []
    later = [activated(0, end=40), held("a", 2)]
    assert steps(told(later, until=24)) == [(24, NUDGE)]


def test_a_new_cadence_counts_from_its_signing() -> None:
    history = [activated(0, cadence=60), held("a", 2), activated(30, cadence=14)]
    assert steps(told(history, until=33)) == [(31, NUDGE), (33, AGAIN)]


def test_before_the_agreement_there_is_no_ladder() -> None:
    assert steps(told([created(0)], until=400)) == []


def test_another_policy_moves_the_days() -> None:
    ladder = replace(DEFAULT.ladder, nudge=timedelta(days=2), first_meeting_nudge=timedelta(days=5))
    assert steps(told([activated(0)], 6, replace(DEFAULT, ladder=ladder)))[0] == (5, NUDGE)


def test_a_new_policy_counts_for_the_steps_to_come_only() -> None:
    history = [activated(0)]
    pair, before = run(history, until=8)
    patient = replace(DEFAULT.ladder, nudge_again=timedelta(days=5))
    policy = replace(DEFAULT, version="2", ladder=patient)
    assert due_at(pair, policy) == day(10)
    _, after = advance(pair, day(11), policy)
    assert steps([*before, *after]) == [(7, NUDGE), (10, LEAD), (11, AGAIN)]
    assert {made.grounds.policy for made in after if isinstance(made, NudgeDue)} == {"2"}
