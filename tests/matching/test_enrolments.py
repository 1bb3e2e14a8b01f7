"""From joining to leaving: every step by example, and any sequence of steps as a machine."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.kernel.errors import NotFound, Refused
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
from services.matching.domain.programs import Eligibility
from tests.matching.factories import LEAD, MENTEE, MENTOR, PROGRAM, PROGRAM_ID, STRANGER, mentee, mentor

ACTIVE = Enrolment(PROGRAM_ID, MENTEE, (Role.MENTEE,))
PENDING = replace(ACTIVE, stage=Taking.PENDING)
PAUSED = replace(ACTIVE, stage=Taking.PAUSED)
ENDED = replace(ACTIVE, stage=Taking.ENDED, end_reason=enrolments.LEFT)
GATED = replace(PROGRAM, join_approval=True)
TODAY = date(2026, 3, 4)


def test_enrolling_twice_is_enrolling_once() -> None:
    assert enrolments.enrol(None, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(ACTIVE, ACTIVE) == (ACTIVE, [])


def test_a_further_role_is_added_and_none_is_taken_away() -> None:
    as_mentor = replace(ACTIVE, roles=(Role.MENTOR,))
    both, events = enrolments.enrol(ACTIVE, as_mentor)
    assert (both.roles, events) == ((Role.MENTEE, Role.MENTOR), [PersonEnrolled()])
    assert enrolments.enrol(both, as_mentor) == (both, [])


def test_being_enrolled_approves_and_brings_back() -> None:
    assert enrolments.enrol(PENDING, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(ENDED, ACTIVE) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.enrol(PAUSED, ACTIVE) == (PAUSED, [])


def test_joining_waits_where_the_program_wants_approval() -> None:
    assert enrolments.join(None, ACTIVE, PROGRAM) == (ACTIVE, [PersonEnrolled()])
    assert enrolments.join(None, ACTIVE, GATED) == (PENDING, [EnrolmentRequested(LEAD)])
    assert enrolments.join(ENDED, ACTIVE, GATED) == (PENDING, [EnrolmentRequested(LEAD)])
    assert enrolments.join(PENDING, ACTIVE, GATED) == (PENDING, [])
    assert enrolments.join(ACTIVE, ACTIVE, GATED) == (ACTIVE, [])


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


def test_every_person_who_may_not_take_part_is_named_at_once() -> None:
    """All or nothing: the lead sees every problem of the list in one answer."""
    people = [mentee(), replace(mentor(), active=False), mentee(STRANGER), replace(mentor(), grade=2)]
    asked = [
        ACTIVE,
        Enrolment(PROGRAM_ID, MENTOR, (Role.MENTOR,)),
        Enrolment(PROGRAM_ID, STRANGER, (Role.MENTEE, Role.MENTOR)),
        Enrolment(PROGRAM_ID, MENTOR, (Role.MENTOR,)),
    ]
    program = replace(PROGRAM, mentors=Eligibility(min_grade=5))
    with pytest.raises(Refused) as refusal:
        enrolments.require_eligible(program, asked, people, TODAY)
    assert refusal.value.reason == "NOT_ELIGIBLE"
    assert refusal.value.fields == (
        ("requests[1]", "the person is not active"),
        ("requests[2]", "the person does not seek to be mentor"),
        ("requests[3]", "the person's grade is below 5"),
    )
    enrolments.require_eligible(program, asked[:1], people[:1], TODAY)


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order, every change is told by one event and nothing else changes."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Enrolment | None = None

    def take(self, after: tuple[Enrolment, list[enrolments.Event]]) -> None:
        state, told = after
        assert len(told) == (state != self.now)
        self.now = state

    @rule(gated=st.booleans())
    def join(self, gated: bool) -> None:  # noqa: FBT001 -- drawn
        self.take(enrolments.join(self.now, ACTIVE, GATED if gated else PROGRAM))

    @rule()
    def enrol(self) -> None:
        self.take(enrolments.enrol(self.now, ACTIVE))

    @rule(
        step=st.sampled_from(
            (
                Enrolment.approve,
                Enrolment.reject,
                Enrolment.pause,
                Enrolment.resume,
                Enrolment.on_leave,
                Enrolment.back,
                Enrolment.missed,
                Enrolment.served,
                lambda state: state.end(enrolments.LEFT),
            )
        )
    )
    def step(self, step: Callable[[Enrolment], tuple[Enrolment, list[enrolments.Event]]]) -> None:
        if self.now is None:
            return
        try:
            after = step(self.now)
        except Refused:
            return
        self.take(after)

    @invariant()
    def an_end_has_a_reason_and_only_an_end(self) -> None:
        if self.now is not None:
            assert (self.now.stage is Taking.ENDED) == bool(self.now.end_reason)

    @invariant()
    def only_a_pause_has_a_reason_to_pause(self) -> None:
        if self.now is not None and self.now.pause_reason:
            assert self.now.stage in {Taking.PAUSED, Taking.ENDED}


TestLife = Life.TestCase
