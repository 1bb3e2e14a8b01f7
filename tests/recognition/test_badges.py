"""Badges, their rules, and what a rule would mean."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, Refused
from services.recognition.domain import awards
from services.recognition.domain.awards import (
    LIST_LENGTH,
    Award,
    BadgeAwarded,
    BadgeAwardRevoked,
    Credential,
    CredentialIssued,
    Origin,
    Stage,
)
from services.recognition.domain.badges import DEFAULTS, BadgeUpdated, Words, create, preview
from services.recognition.domain.recognitions import Kind, Place, Reason
from tests.recognition.factories import EARNED, HELD, MENTEE, MENTOR, NOON, STRANGER

TEN = DEFAULTS["ten-meetings"]
AWARD = awards.award(("ten-meetings", TEN), ("r1", HELD), Origin.RULE, NOON)[0]
CREDENTIAL = Credential("header.claims.signature", awards.slot("a", 0), NOON)


def test_there_is_a_badge_for_each_kind_but_the_plain_goal_from_the_start() -> None:
    assert {badge.kind for badge in DEFAULTS.values()} == set(Kind) - {Kind.GOAL_COMPLETED}
    counts = [badge.min_count for badge in DEFAULTS.values() if badge.kind is Kind.MEETINGS_HELD]
    assert counts == [1, 5, 10, 40]
    assert all(create(badge) == (badge, [BadgeUpdated()]) for badge in DEFAULTS.values())


@pytest.mark.parametrize(
    ("recognition", "earned"),
    [
        pytest.param(HELD, True, id="so many"),
        pytest.param(replace(HELD, count=11), True, id="more"),
        pytest.param(replace(HELD, count=9), False, id="fewer"),
        pytest.param(replace(HELD, kind=Kind.STREAK), False, id="of something else"),
        pytest.param(EARNED, False, id="a goal"),
        pytest.param(HELD.revoke(Reason.RULE_BROKEN)[0], False, id="taken back"),
    ],
)
def test_a_rule_is_a_kind_and_a_least_count(recognition: object, earned: bool) -> None:  # noqa: FBT001
    assert TEN.earned_by(recognition) is earned  # type: ignore[arg-type]  # of the list above


def test_a_change_counts_up_and_no_change_is_none() -> None:
    changed, told = TEN.become(replace(TEN, min_count=12))
    assert (changed.min_count, changed.revision, told) == (12, 2, [BadgeUpdated()])
    assert changed.become(replace(TEN, min_count=12)) == (changed, [])


@pytest.mark.parametrize(
    ("words", "field", "reason"),
    [
        (Words("", "d", "c"), "display_name", "WORDS_MISSING"),
        (Words("n", " ", "c"), "description", "WORDS_MISSING"),
        (Words("n", "d", "c\x07"), "criteria", "WORDS_NOT_PLAIN"),
        (Words("n\nm", "d", "c"), "display_name", "WORDS_NOT_PLAIN"),
    ],
)
def test_a_badge_says_something_in_plain_words(words: Words, field: str, reason: str) -> None:
    for attempt in (create, TEN.become):
        with pytest.raises(Invalid) as refusal:
            attempt(replace(TEN, words=words))
        assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, f"badge.{field}")


def test_a_preview_counts_people_once_per_number() -> None:
    found = preview(
        proven=[Place("a", "1"), Place("a", "2"), Place("b", "1"), Place("c", "1"), Place("d", "1")],
        held=[Place("a", "1"), Place("c", "1"), Place("c", "2"), Place("e", "1")],
        silent=["d", "c"],
    )
    assert (found.would_earn, found.would_keep, found.would_lose, found.opted_out) == (2, 2, 2, 1)


_places = st.sets(st.builds(Place, st.sampled_from("abcd"), st.sampled_from("12")))


@given(_places, _places, st.sets(st.sampled_from("abcd")))
def test_a_preview_of_what_holds_already_changes_nothing(
    proven: set[Place], held: set[Place], silent: set[str]
) -> None:
    found = preview(proven, held, silent)
    after = preview(proven, held | {one for one in proven if one.person not in silent}, silent)
    assert after.would_earn == 0
    assert (after.would_lose, after.opted_out) == (found.would_lose, found.opted_out)


def test_an_award_keeps_the_words_and_the_proof_of_its_day() -> None:
    awarded, told = awards.award(("ten-meetings", TEN), ("r1", HELD), Origin.GRANT, NOON)
    assert (awarded.words, awarded.revision, awarded.evidence) == (TEN.words, 1, HELD.evidence)
    assert (awarded.place, awarded.origin, told) == (HELD.place, Origin.GRANT, [BadgeAwarded()])
    assert awarded.claims == (f"held/ten-meetings/{MENTOR}/{HELD.mentorship}",)


def test_a_pair_sees_its_awards() -> None:
    AWARD.require_reader(MENTEE)
    AWARD.require_reader(MENTOR)
    with pytest.raises(Exception, match="NOT_FOUND"):
        AWARD.require_reader(STRANGER)


def test_a_credential_is_given_once_and_takes_its_slot_for_ever() -> None:
    issued, told = AWARD.issue(CREDENTIAL)
    assert (issued.credential, told) == (CREDENTIAL, [CredentialIssued()])
    assert issued.issue(replace(CREDENTIAL, jwt="other")) == (issued, [])
    revoked, told = issued.revoke()
    assert (revoked.stage, told) == (Stage.REVOKED, [BadgeAwardRevoked()])
    assert revoked.claims == (CREDENTIAL.slot.claim,)
    assert revoked.revoke() == (revoked, [])


def test_what_was_taken_back_frees_its_place_and_gets_no_credential() -> None:
    revoked: Award = AWARD.revoke()[0]
    assert revoked.claims == ()
    with pytest.raises(Refused, match="AWARD_REVOKED"):
        revoked.issue(CREDENTIAL)


@given(st.text(max_size=40), st.integers(0, 200))
def test_slots_are_places_of_their_list_and_always_the_same(award: str, attempt: int) -> None:
    slot = awards.slot(award, attempt)
    assert 0 <= slot.index < LIST_LENGTH
    assert slot.number == attempt // awards.TRIES_PER_LIST
    assert slot == awards.slot(award, attempt)
