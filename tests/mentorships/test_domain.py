"""Every rule of a mentorship, without any server."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refusal, Refused
from services.mentorships.domain import (
    AgreementProposed,
    AgreementSigned,
    Mentorship,
    MentorshipActivated,
    MentorshipCreated,
    MentorshipEnded,
    MentorshipEvent,
    Stage,
    begin,
    not_found,
)
from tests.mentorships.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    STRANGER,
    TERMS,
    active,
    agreed,
    amended,
    ended,
    proposed,
)


def test_a_mentorship_begins_without_an_agreement() -> None:
    mentorship, events = begin(proposed())
    assert events == [MentorshipCreated()]
    assert (mentorship.mentor, mentorship.mentee, mentorship.lead) == (MENTOR, MENTEE, LEAD)
    assert (mentorship.stage, mentorship.agreement) == (Stage.PROPOSED, None)


def test_nobody_is_their_own_mentor() -> None:
    with pytest.raises(Refused) as refusal:
        begin(replace(proposed(), people=(MENTOR, MENTOR)))
    assert refusal.value.reason == "SAME_PERSON"


def test_a_proposal_is_not_a_signature() -> None:
    mentorship, events = proposed().propose(MENTEE, TERMS)
    assert events == [AgreementProposed(MENTEE, 1)]
    assert mentorship.agreement is not None
    assert (mentorship.agreement.revision, mentorship.agreement.signed_by) == (1, ())


def test_a_new_proposal_counts_up_and_drops_signatures() -> None:
    mentorship, events = agreed(MENTEE).propose(MENTOR, replace(TERMS, cadence_days=7))
    assert events == [AgreementProposed(MENTOR, 2)]
    assert mentorship.agreement is not None
    assert (mentorship.agreement.revision, mentorship.agreement.signed_by) == (2, ())


@pytest.mark.parametrize("order", [(MENTOR, MENTEE), (MENTEE, MENTOR)])
def test_the_second_signature_activates_whoever_signs_first(order: tuple[str, str]) -> None:
    first, second = order
    waiting, events = agreed().sign(first, 1)
    assert (waiting.stage, events) == (Stage.PROPOSED, [AgreementSigned(first, 1)])
    running, events = waiting.sign(second, 1)
    assert (running.stage, events) == (
        Stage.ACTIVE,
        [AgreementSigned(second, 1), MentorshipActivated(14, 60)],
    )


def test_an_amendment_keeps_the_mentorship_active_and_activates_it_again() -> None:
    amendment = active().propose(MENTOR, replace(TERMS, meeting_minutes=30))[0]
    assert amendment.stage is Stage.ACTIVE
    half = amendment.sign(MENTOR, 2)[0]
    assert half.sign(MENTEE, 2)[1] == [AgreementSigned(MENTEE, 2), MentorshipActivated(14, 30)]


@pytest.mark.parametrize(
    ("mentorship", "person", "revision", "kind", "reason"),
    [
        pytest.param(agreed(), STRANGER, 1, Denied, "NOT_A_PARTICIPANT", id="stranger"),
        pytest.param(proposed(), MENTOR, 1, Refused, "AGREEMENT_MISSING", id="nothing to sign"),
        pytest.param(agreed(MENTOR), MENTOR, 1, Refused, "ALREADY_SIGNED", id="twice"),
        pytest.param(amended(), MENTOR, 1, Conflict, "AGREEMENT_CHANGED", id="read an older revision"),
        pytest.param(agreed(), MENTOR, 2, Conflict, "AGREEMENT_CHANGED", id="revision of the future"),
        pytest.param(ended(), MENTOR, 1, Refused, "MENTORSHIP_ENDED", id="over"),
    ],
)
def test_signatures_that_are_refused(
    mentorship: Mentorship, person: str, revision: int, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind) as refusal:
        mentorship.sign(person, revision)
    assert refusal.value.reason == reason


def test_a_changed_agreement_names_the_revision_to_read() -> None:
    with pytest.raises(Conflict) as refusal:
        amended().sign(MENTOR, 1)
    assert refusal.value.metadata == {"revision": "2"}


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "reason"),
    [
        (proposed(), STRANGER, Denied, "NOT_A_PARTICIPANT"),
        (proposed(), LEAD, Denied, "NOT_A_PARTICIPANT"),
        (ended(), MENTOR, Refused, "MENTORSHIP_ENDED"),
    ],
)
def test_proposals_that_are_refused(
    mentorship: Mentorship, person: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind) as refusal:
        mentorship.propose(person, TERMS)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(("area", "reason"), [(" \t\n", "TEXT_BLANK"), ("a\x00b", "TEXT_NOT_PLAIN")])
def test_focus_areas_say_something_in_plain_text(area: str, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        proposed().propose(MENTEE, replace(TERMS, focus_areas=("speaking", area)))
    assert refusal.value.reason == reason
    assert [path for path, _ in refusal.value.fields] == ["agreement.focus_areas"]


@pytest.mark.parametrize("mentorship", [proposed(), agreed(MENTOR), active()])
@pytest.mark.parametrize(("person", "oversees"), [(MENTOR, False), (MENTEE, False), (LEAD, True)])
def test_the_two_and_overseers_may_end_a_mentorship(
    mentorship: Mentorship, person: str, *, oversees: bool
) -> None:
    over, events = mentorship.end(person, oversees=oversees)
    assert (over.stage, events) == (Stage.ENDED, [MentorshipEnded()])


@pytest.mark.parametrize(
    ("mentorship", "person", "oversees", "kind", "reason"),
    [
        (active(), STRANGER, False, Denied, "NOT_A_PARTICIPANT"),
        (ended(), MENTOR, False, Refused, "MENTORSHIP_ENDED"),
        (ended(), LEAD, True, Refused, "MENTORSHIP_ENDED"),
    ],
)
def test_ends_that_are_refused(
    mentorship: Mentorship,
    person: str,
    kind: type[Refusal],
    reason: str,
    *,
    oversees: bool,
) -> None:
    with pytest.raises(kind) as refusal:
        mentorship.end(person, oversees=oversees)
    assert refusal.value.reason == reason


def test_others_cannot_tell_a_hidden_mentorship_from_none() -> None:
    for person in (MENTOR, MENTEE):
        proposed().require_reader(person)
    with pytest.raises(NotFound) as refusal:
        proposed().require_reader(STRANGER)
    assert refusal.value.reason == not_found().reason


_steps = st.lists(
    st.tuples(
        st.sampled_from(["propose", "sign", "end"]),
        st.sampled_from([MENTOR, MENTEE, STRANGER]),
        st.integers(min_value=1, max_value=4),
    ),
    max_size=30,
)


@given(_steps)
def test_whatever_people_try_a_mentorship_runs_only_on_two_signatures(
    steps: list[tuple[str, str, int]],
) -> None:
    """Activation comes with the second signature of one revision and only then; stages never go back."""
    mentorship = proposed()
    for verb, person, revision in steps:
        before = mentorship
        try:
            mentorship, events = _attempt(mentorship, verb, person, revision)
        except Refusal:
            continue
        assert person in mentorship.people
        assert _STAGES.index(before.stage) <= _STAGES.index(mentorship.stage)
        signed = mentorship.agreement.signed_by if mentorship.agreement else ()
        both_signed = sorted(signed) == sorted(mentorship.people)
        assert (any(isinstance(event, MentorshipActivated) for event in events)) == (
            verb == "sign" and both_signed
        )


_STAGES = [Stage.PROPOSED, Stage.ACTIVE, Stage.ENDED]


def _attempt(
    mentorship: Mentorship, verb: str, person: str, revision: int
) -> tuple[Mentorship, list[MentorshipEvent]]:
    if verb == "propose":
        return mentorship.propose(person, TERMS)
    if verb == "sign":
        return mentorship.sign(person, revision)
    return mentorship.end(person, oversees=False)
