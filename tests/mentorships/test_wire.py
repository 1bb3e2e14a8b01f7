"""Mentorships to and from protobuf."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain import Channel, Confidentiality, Terms
from services.mentorships.wire import agreements, happenings
from services.mentorships.wire import mentorships as wire
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement, Mentorship
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    TERMS,
    active,
    agreed,
    confirmed,
    proposed,
)

REF = Ref(ORG, ID)
NAME = f"organizations/acme/mentorships/{ID}"
PEOPLE = "organizations/acme/people"
LATER = NOON + timedelta(days=3, milliseconds=7)


def test_a_confirmed_match_becomes_a_mentorship_of_the_same_organization() -> None:
    assert wire.confirmed(ORG, confirmed()) == (REF, proposed())


def test_a_first_proposal_may_start_from_what_is_usual_in_the_program() -> None:
    shown = wire.mentorship(REF, Versioned(proposed(), 1, NOON, NOON)).usual_agreement
    assert (shown.cadence.seconds, shown.meeting_length.seconds) == (14 * 86_400, 3_600)
    assert (list(shown.channels), list(shown.focus_areas)) == ([Agreement.CHANNEL_VIDEO], ["public_speaking"])
    assert date(shown.end_date.year, shown.end_date.month, shown.end_date.day) == NOON.date() + timedelta(180)


def test_an_older_match_says_less_of_what_is_usual() -> None:
    message = MatchConfirmed(cadence=confirmed().cadence, meeting_length=confirmed().meeting_length)
    assert agreements.usual(message) == domain.Usual(14, 60)


def test_a_match_of_another_organization_is_poison() -> None:
    with pytest.raises(Invalid) as refusal:
        wire.confirmed("globex", confirmed())
    assert refusal.value.reason == "FOREIGN_ORGANIZATION"


@pytest.mark.parametrize("field", ["match", "mentorship", "program", "lead", "mentor", "mentee"])
def test_a_match_with_a_malformed_name_is_poison(field: str) -> None:
    message = MatchConfirmed()
    message.CopyFrom(confirmed())
    setattr(message, field, f"{NAME}/")
    with pytest.raises(Invalid) as refusal:
        wire.confirmed(ORG, message)
    assert [path for path, _ in refusal.value.fields] == [field]


def test_a_stored_mentorship_is_shown_with_full_names() -> None:
    message = wire.mentorship(REF, Versioned(agreed(MENTEE), 3, NOON, LATER))
    assert message.name == NAME
    assert (message.mentor, message.mentee) == (f"{PEOPLE}/{MENTOR}", f"{PEOPLE}/{MENTEE}")
    assert message.lead == f"{PEOPLE}/{LEAD}"
    assert message.program == "organizations/acme/programs/spring"
    assert message.match == "organizations/acme/programs/spring/matches/match-1"
    assert (message.state, message.etag) == (Mentorship.STATE_PROPOSED, '"3"')
    assert (message.agreement.revision, list(message.agreement.signed_by)) == (1, [f"{PEOPLE}/{MENTEE}"])
    assert message.create_time.ToDatetime(UTC) == NOON
    assert message.update_time.ToDatetime(UTC) == LATER


def test_without_a_proposal_there_is_no_agreement_to_show() -> None:
    assert not wire.mentorship(REF, Versioned(proposed(), 1, NOON, NOON)).HasField("agreement")


_areas = st.lists(st.text(min_size=1, max_size=100), min_size=1, max_size=10).map(tuple)
_terms = st.builds(
    Terms,
    cadence_days=st.integers(1, 90),
    meeting_minutes=st.integers(15, 240),
    channels=st.lists(st.sampled_from(Channel), min_size=1, unique=True).map(tuple),
    focus_areas=_areas,
    mentor_expectations=st.text(max_size=50),
    mentee_expectations=st.text(max_size=50),
    confidentiality=st.none() | st.sampled_from(Confidentiality),
    end_date=st.none() | st.dates(),
)


@given(_terms)
def test_terms_survive_the_way_out_and_back(terms: Terms) -> None:
    state = replace(proposed(), agreement=domain.Agreement(terms, revision=1))
    assert agreements.terms(wire.mentorship(REF, Versioned(state, 1, NOON, NOON)).agreement) == terms


@pytest.mark.parametrize(
    ("agreement", "field"),
    [
        (Agreement(cadence=Duration(seconds=86_401)), "agreement.cadence"),
        (Agreement(cadence=Duration(seconds=86_400, nanos=1)), "agreement.cadence"),
        (Agreement(meeting_length=Duration(seconds=930)), "agreement.meeting_length"),
    ],
)
def test_parts_of_days_and_minutes_are_refused(agreement: Agreement, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        agreements.terms(agreement)
    assert refusal.value.reason == "DURATION_NOT_WHOLE"
    assert [path for path, _ in refusal.value.fields] == [field]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            domain.MentorshipCreated(),
            events.MentorshipCreated(
                mentorship=NAME,
                program="organizations/acme/programs/spring",
                lead=f"{PEOPLE}/{LEAD}",
                mentor=f"{PEOPLE}/{MENTOR}",
                mentee=f"{PEOPLE}/{MENTEE}",
            ),
        ),
        (
            domain.AgreementProposed(MENTEE, 2),
            events.AgreementProposed(
                mentorship=NAME,
                person=f"{PEOPLE}/{MENTEE}",
                revision=2,
                mentor=f"{PEOPLE}/{MENTOR}",
                mentee=f"{PEOPLE}/{MENTEE}",
            ),
        ),
        (
            domain.AgreementSigned(MENTOR, 2),
            events.AgreementSigned(mentorship=NAME, person=f"{PEOPLE}/{MENTOR}", revision=2),
        ),
        (
            domain.MentorshipActivated(TERMS.cadence_days, TERMS.meeting_minutes),
            events.MentorshipActivated(
                mentorship=NAME,
                program="organizations/acme/programs/spring",
                lead=f"{PEOPLE}/{LEAD}",
                mentor=f"{PEOPLE}/{MENTOR}",
                mentee=f"{PEOPLE}/{MENTEE}",
                cadence=Duration(seconds=14 * 86_400),
                meeting_length=Duration(seconds=3_600),
            ),
        ),
    ],
)
def test_what_happens_to_a_mentorship_is_told_under_its_name_and_key(
    event: domain.MentorshipEvent, message: object
) -> None:
    outgoing = happenings.mentorship_outgoing(REF, active(), event)
    assert (outgoing.message, outgoing.subject, outgoing.key) == (message, NAME, ID)
