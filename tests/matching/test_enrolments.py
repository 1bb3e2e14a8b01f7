"""From joining to leaving: every step by example, and any sequence of steps as a machine."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain import enrolments
from services.matching.domain.enrolments import (
    Enrolment,
    EnrolmentEnded,
    EnrolmentPaused,
    EnrolmentRequested,
    EnrolmentResumed,
    EnrolmentUpdated,
    PersonEnrolled,
    Taking,
    Wishes,
)
from services.matching.domain.members import Role
from services.matching.domain.programs import Program, Type
from tests.matching.factories import LEAD, MENTEE, MENTOR, PROGRAM, PROGRAM_ID, STRANGER

ACTIVE = Enrolment(PROGRAM_ID, MENTEE, (Role.MENTEE,))
PENDING = replace(ACTIVE, stage=Taking.PENDING)
PAUSED = replace(ACTIVE, stage=Taking.PAUSED)
ENDED = replace(ACTIVE, stage=Taking.ENDED, end_reason=enrolments.LEFT)
GATED = replace(PROGRAM, join_approval=True)
CHOSEN = replace(PROGRAM, type=Type.HIGH_POTENTIAL)
AS_MENTOR = replace(ACTIVE, roles=(Role.MENTOR,))
BOTH = replace(ACTIVE, roles=(Role.MENTEE, Role.MENTOR))


def test_enrolling_twice_is_enrolling_once() -> None:
    assert enrolments.enrol(None, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(ACTIVE, ACTIVE) == (ACTIVE, [])


def test_a_further_role_is_added_and_none_is_taken_away() -> None:
    assert enrolments.enrol(ACTIVE, AS_MENTOR) == (BOTH, [PersonEnrolled()])
    assert enrolments.enrol(BOTH, AS_MENTOR) == (BOTH, [])


@pytest.mark.parametrize("before", [ACTIVE, PENDING, PAUSED, ENDED], ids=lambda one: one.stage)
def test_whoever_enrols_a_person_takes_no_block_away(before: Enrolment) -> None:
    """A lead does not see them, and who comes back after leaving still has the reason."""
    wary = replace(before, blocked=(MENTOR,))
    for program in (PROGRAM, GATED):
        assert enrolments.enrol(wary, ACTIVE)[0].blocked == (MENTOR,)
        assert enrolments.join(wary, ACTIVE, program)[0].blocked == (MENTOR,)
        more = replace(ACTIVE, blocked=(STRANGER, MENTOR))
        assert enrolments.join(wary, more, program)[0].blocked == (MENTOR, STRANGER)


def test_being_enrolled_approves_and_brings_back() -> None:
    assert enrolments.enrol(PENDING, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(ENDED, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(PAUSED, ACTIVE) == (PAUSED, [])


def test_joining_waits_where_the_program_wants_approval() -> None:
    assert enrolments.join(None, ACTIVE, PROGRAM) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.join(None, ACTIVE, GATED) == (PENDING, [EnrolmentRequested(LEAD)])
    assert enrolments.join(None, ACTIVE, CHOSEN) == (PENDING, [EnrolmentRequested(LEAD)])
    assert enrolments.join(ENDED, ACTIVE, GATED) == (PENDING, [EnrolmentRequested(LEAD)])
    assert enrolments.join(PENDING, ACTIVE, GATED) == (PENDING, [])
    assert enrolments.join(ACTIVE, ACTIVE, GATED) == (ACTIVE, [])


def test_who_waits_may_still_change_what_they_ask_for() -> None:
    asked = replace(BOTH, focus=("career",))
    assert enrolments.join(PENDING, asked, GATED) == (
        replace(asked, stage=Taking.PENDING),
        [EnrolmentUpdated()],
    )


@pytest.mark.parametrize("known", [ACTIVE, PAUSED], ids=lambda one: one.stage)
def test_one_more_role_does_not_get_past_the_approval(known: Enrolment) -> None:
    with pytest.raises(Refused, match="ROLE_NEEDS_APPROVAL"):
        enrolments.join(known, AS_MENTOR, GATED)
    with pytest.raises(Refused, match="ROLE_NEEDS_APPROVAL"):
        known.require_approved(GATED, (Role.MENTOR,))
    known.require_approved(GATED, ())
    known.require_approved(PROGRAM, (Role.MENTOR,))
    assert enrolments.join(known, AS_MENTOR, PROGRAM)[0].roles == BOTH.roles
    assert enrolments.enrol(known, AS_MENTOR)[0].roles == BOTH.roles


def test_a_lead_lets_in_or_turns_away() -> None:
    assert PENDING.approve() == (ACTIVE, [PersonEnrolled()])
    assert ACTIVE.approve() == (ACTIVE, [])
    rejected, told = PENDING.reject()
    assert (rejected.end_reason, told) == (enrolments.REJECTED, [EnrolmentEnded()])
    assert rejected.reject() == (rejected, [])


def test_a_pause_ends_when_it_is_resumed() -> None:
    assert ACTIVE.pause() == (PAUSED, [EnrolmentPaused()])
    assert PAUSED.pause() == (PAUSED, [])
    assert PAUSED.resume() == (ACTIVE, [EnrolmentResumed()])
    assert ACTIVE.resume() == (ACTIVE, [])


def test_a_leave_pauses_and_only_that_pause_ends_with_it() -> None:
    away, told = ACTIVE.on_leave()
    assert (away.stage, told) == (Taking.PAUSED, [EnrolmentPaused()])
    assert away.back() == (ACTIVE, [EnrolmentResumed()])
    assert PAUSED.on_leave() == (PAUSED, [])
    assert PAUSED.back() == (PAUSED, [])
    assert ENDED.on_leave() == (ENDED, [])


def test_who_pauses_while_away_stays_paused_when_back() -> None:
    away = ACTIVE.on_leave()[0]
    paused, told = away.pause()
    assert (paused, told) == (PAUSED, [EnrolmentPaused()])
    assert paused.back() == (paused, [])


def test_what_ended_while_the_person_was_away_stays_ended_when_they_are_back() -> None:
    """The return is heard as an event: refusing it would set aside what others hear of it too."""
    gone = ACTIVE.on_leave()[0].end(enrolments.PROGRAM_CLOSED)[0]
    assert gone.pause_reason == ""
    assert gone.back() == (gone, [])
    of_before = replace(gone, pause_reason=enrolments.ON_LEAVE)
    assert of_before.back() == (of_before, [])


def test_the_first_reason_to_end_stays() -> None:
    assert ACTIVE.end(enrolments.LEFT) == (ENDED, [EnrolmentEnded()])
    assert ENDED.end(enrolments.LEFT_COMPANY) == (ENDED, [])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (ENDED.approve, "ENROLMENT_NOT_PENDING"),
        (ACTIVE.reject, "ENROLMENT_NOT_PENDING"),
        (PENDING.pause, "ENROLMENT_NOT_ACTIVE"),
        (ENDED.resume, "ENROLMENT_NOT_PAUSED"),
        (lambda: ENDED.update(Wishes(focus=("career",))), "ENROLMENT_ENDED"),
    ],
)
def test_steps_that_lead_nowhere_are_refused(step: Callable[[], object], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        step()


def test_wishes_change_one_by_one() -> None:
    focused, told = ACTIVE.update(Wishes(focus=("career",)))
    assert (focused.focus, focused.roles, told) == (("career",), ACTIVE.roles, [EnrolmentUpdated()])
    assert focused.update(Wishes(focus=("career",))) == (focused, [])
    assert focused.update(Wishes(focus=()))[0].focus == ()


def test_whom_one_blocks_is_for_oneself_and_hr() -> None:
    wary = replace(ACTIVE, blocked=(MENTOR,))
    assert wary.seen_by(MENTEE, hr=False) == wary
    assert wary.seen_by(LEAD, hr=True) == wary
    assert wary.seen_by(LEAD, hr=False).blocked == ()
    wary.require_blocker(MENTEE, hr=False)
    wary.require_blocker(LEAD, hr=True)
    with pytest.raises(Denied, match="BLOCKS_NOT_YOURS"):
        wary.require_blocker(LEAD, hr=False)


def test_others_find_nothing() -> None:
    ACTIVE.require_of(PROGRAM_ID)
    ACTIVE.require_reader(STRANGER, oversees=True)
    with pytest.raises(NotFound):
        ACTIVE.require_reader(STRANGER, oversees=False)
    with pytest.raises(NotFound):
        ACTIVE.require_of("other")


def test_waiting_is_counted_until_there_is_a_mentor() -> None:
    twice = ACTIVE.missed()[0].missed()[0]
    assert (twice.waits, twice.served()) == (2, (ACTIVE, [EnrolmentUpdated()]))
    assert ACTIVE.served() == (ACTIVE, [])
    assert ENDED.missed() == (ENDED, [])


HEARD = (
    Enrolment.on_leave,
    Enrolment.back,
    Enrolment.missed,
    Enrolment.served,
    lambda state: state.end(enrolments.LEFT_COMPANY),
)
"""Steps that follow from events: they are never refused."""

CALLED = (
    Enrolment.approve,
    Enrolment.reject,
    Enrolment.pause,
    Enrolment.resume,
    lambda state: state.update(Wishes(roles=BOTH.roles, focus=("career",))),
)
Step = Callable[[Enrolment], tuple[Enrolment, list[enrolments.Event]]]


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order, every change is told by one event and nothing else changes."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Enrolment | None = None
        self.wary = False

    def take(self, after: tuple[Enrolment, list[enrolments.Event]]) -> None:
        state, told = after
        assert len(told) == (state != self.now)
        self.now = state

    @rule(asked=st.sampled_from((ACTIVE, AS_MENTOR)), program=st.sampled_from((PROGRAM, GATED)))
    def join(self, asked: Enrolment, program: Program) -> None:
        try:
            after = enrolments.join(self.now, asked, program)
        except Refused:
            assert program is GATED
            return
        self.take(after)

    @rule(asked=st.sampled_from((ACTIVE, AS_MENTOR)))
    def enrol(self, asked: Enrolment) -> None:
        self.take(enrolments.enrol(self.now, asked))

    @rule(step=st.sampled_from(HEARD))
    def hear(self, step: Step) -> None:
        if self.now is not None:
            self.take(step(self.now))

    @rule(step=st.sampled_from(CALLED))
    def call(self, step: Step) -> None:
        if self.now is None:
            return
        try:
            after = step(self.now)
        except Refused:
            return
        self.take(after)

    @rule()
    def block(self) -> None:
        if self.now is not None and self.now.stage is not Taking.ENDED:
            self.take(self.now.update(Wishes(blocked=(STRANGER,))))
            self.wary = True

    @invariant()
    def a_block_stays_until_it_is_taken_back(self) -> None:
        if self.wary:
            assert self.now is not None
            assert self.now.blocked == (STRANGER,)

    @invariant()
    def an_end_has_a_reason_and_only_an_end(self) -> None:
        if self.now is not None:
            assert (self.now.stage is Taking.ENDED) == bool(self.now.end_reason)

    @invariant()
    def only_a_pause_has_a_reason_to_pause(self) -> None:
        if self.now is not None and self.now.pause_reason:
            assert self.now.stage is Taking.PAUSED

    @invariant()
    def nobody_takes_part_as_nothing(self) -> None:
        if self.now is not None:
            assert self.now.roles
            assert len(set(self.now.roles)) == len(self.now.roles)


TestLife = Life.TestCase
