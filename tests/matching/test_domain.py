"""What matches allow, and what they refuse by which code."""

import pytest

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain import matches
from services.matching.domain.matches import MatchAccepted, MatchConfirmed, MatchDeclined, MatchProposed
from tests.matching.factories import (
    MATCH,
    MENTEE,
    MENTOR,
    ORIGIN,
    PROPOSAL,
    STRANGER,
)


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
