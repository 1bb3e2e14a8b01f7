"""How a mentorship is over early, and how another mentor goes on, without any server."""

from dataclasses import replace

import pytest

from services.kernel.errors import Denied, Refusal, Refused
from services.mentorships.domain import (
    EndReason,
    Mentorship,
    MentorshipCreated,
    MentorshipEnded,
    MentorshipHandedOver,
    Over,
    Stage,
    Successor,
    Who,
    ask,
    closing,
    ending,
)
from services.mentorships.domain.ending import NO_REASON, Parting, end, hand_over, succeed
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    STRANGER,
    active,
    agreed,
    amended,
    ended,
    paused,
    proposed,
)

hr = Who("admin", oversees=True, hr=True)
lead = Who(LEAD, oversees=True)
NEXT = Successor("next-id", STRANGER)


def completed() -> Mentorship:
    return closing.close(closing.close(active(), MENTEE, NOON)[0], MENTOR, NOON)[0]


@pytest.mark.parametrize("mentorship", [proposed(), agreed(MENTOR), active(), amended(), paused()])
@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (Who(MENTOR), EndReason.PARTICIPANT),
        (Who(MENTEE), EndReason.PARTICIPANT),
        (lead, EndReason.OVERSEER),
        (hr, EndReason.OVERSEER),
        (Who(MENTOR, oversees=True), EndReason.PARTICIPANT),
    ],
)
def test_the_two_and_overseers_may_end_a_mentorship(
    mentorship: Mentorship, who: Who, reason: EndReason
) -> None:
    over, events = end(mentorship, who, NO_REASON, NOON)
    assert (over.stage, over.over, events) == (Stage.ENDED, Over(NOON, reason), [MentorshipEnded()])
    assert (over.amendment, over.pause, over.claims) == (None, None, ())


@pytest.mark.parametrize(
    ("mentorship", "who", "parting", "kind", "reason"),
    [
        (active(), Who(STRANGER), NO_REASON, Denied, "NOT_A_PARTICIPANT"),
        (active(), Who(MENTOR), Parting(EndReason.SAFETY), Denied, "HR_ONLY"),
        (active(), lead, Parting(EndReason.SAFETY), Denied, "HR_ONLY"),
        (active(), Who(MENTOR), Parting(EndReason.OVERSEER), Denied, "OVERSEERS_ONLY"),
        (ended(), Who(MENTOR), NO_REASON, Refused, "MENTORSHIP_ENDED"),
        (completed(), lead, NO_REASON, Refused, "MENTORSHIP_ENDED"),
    ],
)
def test_ends_that_are_refused(
    mentorship: Mentorship, who: Who, parting: Parting, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        end(mentorship, who, parting, NOON)


def test_safety_looks_like_any_end_by_an_overseer_to_the_two() -> None:
    over, _ = end(active(), hr, Parting(EndReason.SAFETY, never_again=True), NOON)
    assert over.over == Over(NOON, EndReason.SAFETY, never_again=True)
    shown = over.read_by(MENTEE, oversees=False).over
    assert shown is not None
    assert shown.reason is EndReason.OVERSEER


@pytest.mark.parametrize("mentorship", [proposed(), active(), paused()])
def test_a_leaver_ends_it_and_is_named(mentorship: Mentorship) -> None:
    over, events = ending.leave(mentorship, MENTEE, NOON)
    assert (over.over, events) == (Over(NOON, EndReason.PERSON_LEFT, left=MENTEE), [MentorshipEnded()])


def test_silence_concludes_what_does_not_rest() -> None:
    assert ending.conclude(active(), NOON)[0].over == Over(NOON, EndReason.INACTIVE)
    assert ending.conclude(agreed(), NOON)[0].over == Over(NOON, EndReason.INACTIVE)
    assert ending.conclude(paused(), NOON) == (paused(), [])


@pytest.mark.parametrize("over", [ended(), completed()])
def test_what_is_over_stays_as_it_is_whoever_tells(over: Mentorship) -> None:
    assert ending.finish(over, NOON) == (over, [])
    assert ending.leave(over, MENTOR, NOON) == (over, [])
    assert ending.conclude(over, NOON) == (over, [])


@pytest.mark.parametrize("mentorship", [proposed(), active(), paused()])
def test_another_mentor_goes_on_in_a_mentorship_of_its_own(mentorship: Mentorship) -> None:
    handed, events = hand_over(mentorship, NEXT, NOON)
    assert (handed.over, handed.successor) == (Over(NOON, EndReason.HANDED_OVER), NEXT)
    assert events == [MentorshipEnded(), MentorshipHandedOver()]
    following, events = succeed(handed, ID)
    assert events == [MentorshipCreated()]
    assert following == replace(proposed(), people=(STRANGER, MENTEE), match="", predecessor=ID)


def test_what_its_mentors_leaving_ended_is_handed_over_without_ending_twice() -> None:
    left = ending.leave(active(), MENTOR, NOON)[0]
    handed, events = hand_over(left, NEXT, NOON)
    assert (handed.over, events) == (left.over, [MentorshipHandedOver()])


@pytest.mark.parametrize(
    ("mentorship", "mentor", "reason"),
    [
        pytest.param(active(), MENTOR, "SAME_PERSON", id="the same mentor"),
        pytest.param(active(), MENTEE, "SAME_PERSON", id="the mentee"),
        pytest.param(ended(), STRANGER, "MENTORSHIP_ENDED", id="over"),
        pytest.param(completed(), STRANGER, "MENTORSHIP_ENDED", id="completed"),
        pytest.param(
            ending.leave(active(), MENTEE, NOON)[0], STRANGER, "MENTORSHIP_ENDED", id="the mentee left"
        ),
        pytest.param(hand_over(active(), NEXT, NOON)[0], STRANGER, "HANDED_OVER", id="twice"),
    ],
)
def test_hand_overs_that_are_refused(mentorship: Mentorship, mentor: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        hand_over(mentorship, Successor("next-id", mentor), NOON)


def test_what_was_not_handed_over_has_no_successor_to_begin() -> None:
    with pytest.raises(ValueError, match="nobody"):
        succeed(active(), ID)


def test_what_an_informal_pair_ends_may_be_asked_for_anew() -> None:
    asked = ask((MENTOR, MENTEE), MENTEE)[0]
    assert end(asked, Who(MENTOR), NO_REASON, NOON)[0].claims == ()
