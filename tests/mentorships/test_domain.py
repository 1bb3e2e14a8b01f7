"""How two people come to terms, without any server."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refusal, Refused
from services.mentorships.domain import (
    Agreement,
    AgreementProposed,
    AgreementSigned,
    AgreementWithdrawn,
    Mentorship,
    MentorshipActivated,
    MentorshipCreated,
    MentorshipEvent,
    Stage,
    Who,
    agreeing,
    ask,
    begin,
    ending,
    not_found,
)
from services.mentorships.domain.agreement import MOST_AMENDMENTS
from tests.mentorships.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    STRANGER,
    TERMS,
    active,
    agreed,
    amended,
    dated,
    ended,
    paused,
    proposed,
    signed,
)

PEOPLE = (MENTOR, MENTEE)
LATER = NOON + timedelta(days=40)
SOON = date(2026, 3, 20)


def test_a_mentorship_begins_without_an_agreement() -> None:
    mentorship, events = begin(proposed())
    assert events == [MentorshipCreated()]
    assert (mentorship.mentor, mentorship.mentee, mentorship.lead) == (MENTOR, MENTEE, LEAD)
    assert (mentorship.stage, mentorship.agreement) == (Stage.PROPOSED, None)


def test_nobody_is_their_own_mentor() -> None:
    with pytest.raises(Refused) as refusal:
        begin(replace(proposed(), people=(MENTOR, MENTOR)))
    assert refusal.value.reason == "SAME_PERSON"


def test_one_asks_the_other_outside_of_any_program() -> None:
    mentorship, events = ask(PEOPLE, MENTEE)
    assert events == [MentorshipCreated()]
    assert (mentorship.program, mentorship.lead, mentorship.match) == ("", "", "")
    assert (mentorship.stage, mentorship.proposer) == (Stage.PROPOSED, MENTEE)


def test_nobody_asks_for_others() -> None:
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        ask(PEOPLE, STRANGER)


def test_the_two_have_one_open_informal_mentorship_in_each_direction() -> None:
    one, other = ask(PEOPLE, MENTEE)[0], ask((MENTEE, MENTOR), MENTEE)[0]
    assert one.claims == ask(PEOPLE, MENTOR)[0].claims != other.claims
    assert ending.end(one, Who(MENTOR), ending.NO_REASON, NOON)[0].claims == ()
    assert proposed().claims == ()


def test_a_proposal_is_not_a_signature() -> None:
    mentorship, events = agreeing.propose(proposed(), MENTEE, TERMS, NOON)
    assert events == [AgreementProposed(MENTEE, 1)]
    assert mentorship.on_the_table == Agreement(TERMS, 1) == mentorship.agreement
    assert mentorship.in_force is None


def test_a_new_proposal_counts_up_and_drops_signatures() -> None:
    other = replace(TERMS, cadence_days=7)
    mentorship, events = agreeing.propose(agreed(MENTEE), MENTOR, other, NOON)
    assert events == [AgreementProposed(MENTOR, 2)]
    assert mentorship.agreement == Agreement(other, 2)


@pytest.mark.parametrize("order", [(MENTOR, MENTEE), (MENTEE, MENTOR)])
def test_the_second_signature_activates_whoever_signs_first(order: tuple[str, str]) -> None:
    first, second = order
    waiting, events = agreeing.sign(agreed(), first, 1, NOON)
    assert (waiting.stage, events) == (Stage.PROPOSED, [AgreementSigned(first, 1)])
    running, events = agreeing.sign(waiting, second, 1, LATER)
    assert (running.stage, events) == (
        Stage.ACTIVE,
        [AgreementSigned(second, 1), MentorshipActivated(14, 60)],
    )
    assert running.in_force == Agreement(TERMS, 1, order, LATER)
    assert running.on_the_table is None


def test_what_is_in_force_stays_so_until_both_have_signed_its_amendment() -> None:
    amendment = replace(TERMS, meeting_minutes=30, end_date=SOON)
    half = signed(agreeing.propose(active(), MENTOR, amendment, NOON)[0], MENTOR)
    assert (half.stage, half.end_date) == (Stage.ACTIVE, None)
    assert half.in_force == active().agreement
    whole, events = agreeing.sign(half, MENTEE, 2, NOON)
    assert events == [AgreementSigned(MENTEE, 2), MentorshipActivated(14, 30)]
    assert (whole.in_force, whole.on_the_table) == (Agreement(amendment, 2, PEOPLE, NOON), None)
    assert whole.end_date == SOON
    assert [one.revision for one in agreeing.revisions(whole)] == [2, 1]


def test_what_was_signed_stays_readable_and_is_amended_a_bounded_number_of_times() -> None:
    mentorship = active()
    for _ in range(MOST_AMENDMENTS):
        mentorship = signed(agreeing.propose(mentorship, MENTEE, TERMS, NOON)[0], MENTEE, MENTOR)
    kept = agreeing.revisions(mentorship)
    assert [one.revision for one in kept] == list(range(MOST_AMENDMENTS + 1, 0, -1))
    assert all(one.in_force_between(PEOPLE) for one in kept)
    with pytest.raises(Refused, match="TOO_MANY_AMENDMENTS"):
        agreeing.propose(mentorship, MENTEE, TERMS, NOON)


@pytest.mark.parametrize("person", [MENTOR, MENTEE])
def test_either_takes_an_amendment_off_the_table_and_its_number_is_not_used_again(person: str) -> None:
    kept, events = agreeing.withdraw(amended(), person, 2)
    assert events == [AgreementWithdrawn(person, 2)]
    assert (kept.in_force, kept.on_the_table) == (active().agreement, None)
    assert agreeing.propose(kept, MENTEE, TERMS, NOON)[1] == [AgreementProposed(MENTEE, 3)]


def test_the_first_proposal_leaves_an_empty_table() -> None:
    kept, _ = agreeing.withdraw(agreed(MENTOR), MENTOR, 1)
    assert (kept.agreement, kept.stage) == (None, Stage.PROPOSED)
    assert agreeing.propose(kept, MENTEE, TERMS, NOON)[1] == [AgreementProposed(MENTEE, 2)]


@pytest.mark.parametrize(
    ("mentorship", "person", "revision", "kind", "reason"),
    [
        pytest.param(amended(), STRANGER, 2, Denied, "NOT_A_PARTICIPANT", id="stranger"),
        pytest.param(proposed(), MENTOR, 1, Refused, "AGREEMENT_MISSING", id="nothing there"),
        pytest.param(active(), MENTOR, 1, Refused, "AGREEMENT_IN_FORCE", id="signed by both"),
        pytest.param(amended(), MENTOR, 1, Refused, "AGREEMENT_IN_FORCE", id="not the amendment"),
        pytest.param(amended(), MENTOR, 3, Conflict, "AGREEMENT_CHANGED", id="another one"),
        pytest.param(ended(), MENTOR, 1, Refused, "MENTORSHIP_ENDED", id="over"),
    ],
)
def test_withdrawals_that_are_refused(
    mentorship: Mentorship, person: str, revision: int, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        agreeing.withdraw(mentorship, person, revision)


@pytest.mark.parametrize(
    ("mentorship", "person", "revision", "kind", "reason"),
    [
        pytest.param(agreed(), STRANGER, 1, Denied, "NOT_A_PARTICIPANT", id="stranger"),
        pytest.param(proposed(), MENTOR, 1, Refused, "AGREEMENT_MISSING", id="nothing to sign"),
        pytest.param(agreed(MENTOR), MENTOR, 1, Refused, "ALREADY_SIGNED", id="twice"),
        pytest.param(active(), MENTOR, 1, Refused, "ALREADY_SIGNED", id="in force"),
        pytest.param(amended(), MENTOR, 1, Conflict, "AGREEMENT_CHANGED", id="read an older revision"),
        pytest.param(agreed(), MENTOR, 2, Conflict, "AGREEMENT_CHANGED", id="revision of the future"),
        pytest.param(paused(), MENTOR, 1, Refused, "MENTORSHIP_PAUSED", id="rests"),
        pytest.param(ended(), MENTOR, 1, Refused, "MENTORSHIP_ENDED", id="over"),
    ],
)
def test_signatures_that_are_refused(
    mentorship: Mentorship, person: str, revision: int, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        agreeing.sign(mentorship, person, revision, NOON)


def test_a_changed_agreement_names_the_revision_to_read() -> None:
    with pytest.raises(Conflict) as refusal:
        agreeing.sign(amended(), MENTOR, 1, NOON)
    assert refusal.value.metadata == {"revision": "2"}


def test_nobody_signs_a_last_day_that_has_gone_by() -> None:
    waiting = signed(
        agreeing.propose(proposed(), MENTEE, replace(TERMS, end_date=SOON), NOON)[0],
        MENTEE,
    )
    with pytest.raises(Invalid, match="END_DATE_PAST"):
        agreeing.sign(waiting, MENTOR, 1, LATER)


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "reason"),
    [
        (proposed(), STRANGER, Denied, "NOT_A_PARTICIPANT"),
        (proposed(), LEAD, Denied, "NOT_A_PARTICIPANT"),
        (paused(), MENTOR, Refused, "MENTORSHIP_PAUSED"),
        (ended(), MENTOR, Refused, "MENTORSHIP_ENDED"),
    ],
)
def test_proposals_that_are_refused(
    mentorship: Mentorship, person: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        agreeing.propose(mentorship, person, TERMS, NOON)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("focus_areas", ("speaking", " \t\n"), "TEXT_BLANK"),
        ("focus_areas", ("a\x00b",), "TEXT_NOT_PLAIN"),
        ("mentor_expectations", "be\x07", "TEXT_NOT_PLAIN"),
        ("mentee_expectations", "be\x1b", "TEXT_NOT_PLAIN"),
        ("end_date", date(2026, 2, 28), "END_DATE_PAST"),
        ("end_date", date(2029, 3, 2), "END_DATE_TOO_FAR"),
    ],
)
def test_terms_that_make_no_sense_name_their_field(field: str, value: object, reason: str) -> None:
    terms = replace(TERMS, **{field: value})  # type: ignore[arg-type]  # any field
    with pytest.raises(Invalid, match=reason) as refusal:
        agreeing.propose(proposed(), MENTEE, terms, NOON)
    assert [path for path, _ in refusal.value.fields] == [f"agreement.{field}"]


def test_a_last_day_is_not_past_while_it_is_that_day_somewhere() -> None:
    """At noon UTC of March 2nd, March 1st has ended on Howland Island (UTC-12) this very moment."""
    early = NOON - timedelta(milliseconds=1)
    terms = replace(TERMS, end_date=date(2026, 3, 1))
    assert agreeing.propose(proposed(), MENTEE, terms, early)[0].on_the_table
    with pytest.raises(Invalid, match="END_DATE_PAST"):
        agreeing.propose(proposed(), MENTEE, terms, NOON)


def test_expectations_keep_their_lines() -> None:
    terms = replace(TERMS, mentee_expectations=" honest words\r\nand time \n")
    offered = agreeing.propose(proposed(), MENTEE, terms, NOON)[0].on_the_table
    assert offered is not None
    assert offered.terms.mentee_expectations == "honest words\nand time"


def test_overseers_read_what_is_agreed_but_no_words() -> None:
    worded = replace(TERMS, mentor_expectations="be early", mentee_expectations="be kind")
    mentorship = signed(agreeing.propose(active(), MENTEE, worded, NOON)[0], MENTEE, MENTOR)
    mentorship = agreeing.propose(mentorship, MENTOR, worded, NOON)[0]
    shown = mentorship.read_by(LEAD, oversees=True)
    for agreement in (shown.agreement, shown.amendment, *shown.earlier):
        assert agreement is not None
        assert agreement.terms == replace(TERMS, focus_areas=())
    assert (
        mentorship.read_by(MENTOR, oversees=True) == mentorship == mentorship.read_by(MENTEE, oversees=False)
    )


def test_others_cannot_tell_a_hidden_mentorship_from_none() -> None:
    for person in PEOPLE:
        proposed().require_reader(person)
    for hidden in (proposed().require_reader, lambda who: proposed().read_by(who, oversees=False)):
        with pytest.raises(NotFound) as refusal:
            hidden(STRANGER)
        assert refusal.value.reason == not_found().reason


def test_what_an_older_build_stored_goes_on() -> None:
    """Its amendments replaced what was in force, and it did not count proposals."""
    old = replace(active(), agreement=Agreement(TERMS, 4, (MENTEE,)), revision=0)
    assert old.on_the_table == old.agreement
    assert agreeing.propose(old, MENTEE, TERMS, NOON)[1] == [AgreementProposed(MENTEE, 5)]
    whole, _ = agreeing.sign(old, MENTOR, 4, NOON)
    assert [one.revision for one in agreeing.revisions(whole)] == [4]


_steps = st.lists(
    st.tuples(
        st.sampled_from(["propose", "sign", "withdraw", "end"]),
        st.sampled_from([MENTOR, MENTEE, STRANGER]),
        st.integers(min_value=1, max_value=4),
    ),
    max_size=30,
)


@given(_steps, st.sampled_from([proposed(), active(), dated(SOON)]))
def test_whatever_people_try_terms_are_in_force_on_two_signatures_only(
    steps: list[tuple[str, str, int]], mentorship: Mentorship
) -> None:
    """What is in force changes with the second signature of one revision and only then.

    Numbers of proposals only grow, what was in force stays kept, stages never go back.
    """
    for verb, person, revision in steps:
        before = mentorship
        try:
            mentorship, events = _attempt(mentorship, verb, person, revision)
        except Refusal:
            continue
        assert person in mentorship.people
        assert _STAGES.index(before.stage) <= _STAGES.index(mentorship.stage)
        activated = any(isinstance(event, MentorshipActivated) for event in events)
        assert activated == (before.in_force != mentorship.in_force)
        assert agreeing.revisions(mentorship)[activated:] == agreeing.revisions(before)
        assert before.revision <= mentorship.revision


_STAGES = [Stage.PROPOSED, Stage.ACTIVE, Stage.ENDED]


def _attempt(
    mentorship: Mentorship, verb: str, person: str, revision: int
) -> tuple[Mentorship, list[MentorshipEvent]]:
    match verb:
        case "propose":
            return agreeing.propose(mentorship, person, TERMS, NOON)
        case "sign":
            return agreeing.sign(mentorship, person, revision, NOON)
        case "withdraw":
            return agreeing.withdraw(mentorship, person, revision)
        case _:
            return ending.end(mentorship, Who(person), ending.NO_REASON, NOON)
