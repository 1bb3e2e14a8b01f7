"""Mentorships to and from protobuf."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain import Channel, Confidentiality, Terms, closing, ending
from services.mentorships.domain.ending import Parting
from services.mentorships.domain.resting import Rest
from services.mentorships.wire import agreements
from services.mentorships.wire import mentorships as wire
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import (
    Agreement,
    EndMentorshipRequest,
    Mentorship,
    PauseMentorshipRequest,
)
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    STRANGER,
    active,
    agreed,
    amended,
    confirmed,
    dated,
    paused,
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


def shown(state: domain.Mentorship) -> Mentorship:
    return wire.mentorship(REF, Versioned(state, 1, NOON, NOON))


def test_without_a_proposal_there_is_no_agreement_to_show() -> None:
    message = shown(proposed())
    assert not message.HasField("agreement")
    assert not message.HasField("proposed_agreement")


def test_what_is_in_force_and_what_is_on_the_table_are_told_apart() -> None:
    """Before anything is in force, both fields show what is on the table: clients of old read the first."""
    waiting = shown(agreed(MENTEE))
    assert waiting.agreement == waiting.proposed_agreement
    assert not waiting.agreement.HasField("sign_time")
    running = shown(active())
    assert running.agreement.sign_time.ToDatetime(UTC) == NOON
    assert not running.HasField("proposed_agreement")
    both = shown(amended())
    assert (both.agreement.revision, both.proposed_agreement.revision) == (1, 2)
    assert both.agreement == running.agreement


def test_an_informal_mentorship_names_no_program_lead_or_match() -> None:
    message = shown(domain.ask((MENTOR, MENTEE), MENTEE)[0])
    assert (message.program, message.lead, message.match) == ("", "", "")
    assert message.proposer == f"{PEOPLE}/{MENTEE}"


def test_a_rest_and_a_wish_for_more_time_are_shown() -> None:
    end = date(2026, 6, 30)
    resting = shown(paused(dated(end)))
    assert resting.state == Mentorship.STATE_PAUSED
    assert (resting.pause.reason, resting.pause.person) == (codes.PAUSE_REASON_AWAY, f"{PEOPLE}/{MENTEE}")
    assert resting.pause.resume_time.ToDatetime(UTC) == NOON + timedelta(days=30)
    asking = shown(closing.ask_for_more(dated(end), MENTOR, None, NOON)[0])
    assert asking.end_date == Date(year=2026, month=6, day=30)
    assert asking.proposed_extension.end_date == Date(year=2026, month=9, day=30)
    assert not asking.HasField("pause")


def test_how_it_was_over_and_who_goes_on_are_shown() -> None:
    successor = domain.Successor("next-id", STRANGER)
    handed = ending.hand_over(active(), successor, LATER)[0]
    looked_back = closing.look_back(handed, MENTEE, closing.Answers(5, recommends=True), LATER)[0]
    message = shown(looked_back)
    assert (message.state, message.end_reason) == (Mentorship.STATE_ENDED, codes.END_REASON_HANDED_OVER)
    assert message.end_time.ToDatetime(UTC) == LATER
    assert message.successor == "organizations/acme/mentorships/next-id"
    assert [(one.person, one.satisfaction) for one in message.closing_surveys] == [(f"{PEOPLE}/{MENTEE}", 5)]
    assert shown(ending.succeed(handed, ID)[0]).predecessor == NAME


@pytest.mark.parametrize("stage", domain.Stage)
def test_every_stage_is_a_state_to_filter_by(stage: domain.Stage) -> None:
    state = shown(replace(proposed(), stage=stage)).state
    assert wire.stage(state) is stage
    assert wire.stage(Mentorship.STATE_UNSPECIFIED) is None


@pytest.mark.parametrize("reason", domain.PauseReason)
def test_every_reason_for_a_rest_is_read(reason: domain.PauseReason) -> None:
    request = PauseMentorshipRequest(reason=codes.PauseReason.Value(f"PAUSE_REASON_{reason}"))
    assert wire.rest(request) == Rest(reason, None)
    request.resume_time.FromDatetime(LATER)
    assert wire.rest(request) == Rest(reason, LATER)


def test_a_time_on_no_calendar_is_refused() -> None:
    with pytest.raises(Invalid, match="TIME_MALFORMED"):
        wire.rest(
            PauseMentorshipRequest(reason=codes.PAUSE_REASON_AWAY, resume_time=Timestamp(seconds=2**62))
        )


def test_how_a_mentorship_ends_is_read() -> None:
    assert wire.parting(EndMentorshipRequest()) == Parting(None, never_again=False)
    safety = EndMentorshipRequest(reason=codes.END_REASON_SAFETY, never_again=True)
    assert wire.parting(safety) == Parting(domain.EndReason.SAFETY, never_again=True)


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


def test_a_last_day_on_no_calendar_is_refused() -> None:
    terms = Agreement(cadence=Duration(seconds=86_400), end_date=Date(year=2026, month=2, day=29))
    with pytest.raises(Invalid, match="DATE_MALFORMED") as refusal:
        agreements.terms(terms)
    assert [path for path, _ in refusal.value.fields] == ["agreement.end_date"]
