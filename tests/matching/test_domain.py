"""What programs, runs and matches allow, and what they refuse by which code."""

from dataclasses import replace

import pytest

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain import matches, programs
from services.matching.domain.matches import MatchAccepted, MatchConfirmed, MatchDeclined, MatchProposed
from services.matching.domain.members import Member, Role
from services.matching.domain.programs import Enrolment, PersonEnrolled, ProgramCreated
from tests.matching.factories import (
    LEAD,
    MATCH,
    MENTEE,
    MENTOR,
    ORIGIN,
    PROGRAM,
    PROGRAM_ID,
    PROPOSAL,
    STRANGER,
    mentee,
    mentor,
)

AS_MENTEE = Enrolment(PROGRAM_ID, MENTEE, (Role.MENTEE,))


def test_a_program_opens_under_an_active_lead() -> None:
    assert programs.open_program(PROGRAM, Member(LEAD)) == (PROGRAM, [ProgramCreated()])


def test_a_lead_who_left_would_get_alerts_for_nobody() -> None:
    with pytest.raises(Refused) as refusal:
        programs.open_program(PROGRAM, Member(LEAD, active=False))
    assert refusal.value.reason == "LEAD_NOT_ACTIVE"
    assert refusal.value.fields[0][0] == "program.lead"


def test_nothing_happens_in_a_closed_program() -> None:
    PROGRAM.require_active()
    with pytest.raises(Refused, match="PROGRAM_CLOSED"):
        replace(PROGRAM, stage=programs.Stage.CLOSED).require_active()


def test_enrolling_twice_is_enrolling_once() -> None:
    assert programs.enrol(None, AS_MENTEE) == (AS_MENTEE, [PersonEnrolled()])
    assert programs.enrol(AS_MENTEE, AS_MENTEE) == (AS_MENTEE, [])


def test_a_further_role_is_added_and_none_is_taken_away() -> None:
    as_mentor = replace(AS_MENTEE, roles=(Role.MENTOR,))
    both, events = programs.enrol(AS_MENTEE, as_mentor)
    assert (both.roles, events) == ((Role.MENTEE, Role.MENTOR), [PersonEnrolled()])
    assert programs.enrol(both, as_mentor) == (both, [])


def test_every_person_who_may_not_take_part_is_named_at_once() -> None:
    """All or nothing: the lead sees every problem of the list in one answer."""
    people = [mentee(), replace(mentor(), active=False), mentee(STRANGER)]
    asked = [
        AS_MENTEE,
        Enrolment(PROGRAM_ID, MENTOR, (Role.MENTOR,)),
        Enrolment(PROGRAM_ID, STRANGER, (Role.MENTEE, Role.MENTOR)),
    ]
    with pytest.raises(Refused) as refusal:
        programs.require_eligible(asked, people)
    assert refusal.value.reason == "NOT_ELIGIBLE"
    assert refusal.value.fields == (
        ("requests[1]", "the person is not active"),
        ("requests[2]", "the person does not seek to be mentor"),
    )
    programs.require_eligible(asked[:1], people[:1])


def test_a_match_is_proposed_to_both() -> None:
    assert matches.propose(None, ORIGIN, PROPOSAL) == (MATCH, [MatchProposed()])


def test_a_match_that_was_answered_meanwhile_is_not_offered_again() -> None:
    """The publication may be heard twice."""
    half = MATCH.accept(MENTEE)[0]
    assert matches.propose(half, ORIGIN, PROPOSAL) == (half, [])


@pytest.mark.parametrize("order", [(MENTOR, MENTEE), (MENTEE, MENTOR)])
def test_the_second_yes_confirms_whoever_comes_first(order: tuple[str, str]) -> None:
    half, first = MATCH.accept(order[0])
    assert (half.stage, first) == (matches.Stage.HALF_ACCEPTED, [MatchAccepted(order[0])])
    both, second = half.accept(order[1])
    assert (both.stage, both.accepted_by) == (matches.Stage.CONFIRMED, order)
    assert second == [MatchAccepted(order[1]), MatchConfirmed()]


def test_the_same_person_cannot_say_yes_for_both() -> None:
    half = MATCH.accept(MENTEE)[0]
    assert half.accept(MENTEE) == (half, [])


def test_no_ends_it_also_after_a_yes() -> None:
    declined, events = MATCH.accept(MENTEE)[0].decline(MENTEE)
    assert (declined.stage, events) == (matches.Stage.DECLINED, [MatchDeclined(MENTEE)])
    assert declined.decline(MENTOR) == (declined, [])
    with pytest.raises(Refused, match="MATCH_DECLINED"):
        declined.accept(MENTOR)


def test_a_confirmed_match_cannot_be_declined() -> None:
    confirmed = MATCH.accept(MENTEE)[0].accept(MENTOR)[0]
    with pytest.raises(Refused, match="MATCH_CONFIRMED"):
        confirmed.decline(MENTEE)


def test_nobody_else_answers() -> None:
    for answer in (MATCH.accept, MATCH.decline):
        with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
            answer(STRANGER)


def test_others_do_not_learn_that_a_match_exists() -> None:
    MATCH.require_reader(MENTOR, oversees=False)
    MATCH.require_reader(STRANGER, oversees=True)
    with pytest.raises(NotFound, match="NOT_FOUND"):
        MATCH.require_reader(STRANGER, oversees=False)
