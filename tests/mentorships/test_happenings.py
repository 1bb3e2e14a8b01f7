"""What a mentorship tells, event by event: ids and codes, never words."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kernel.mongo import Ref
from services.mentorships import domain
from services.mentorships.domain import Mentorship, PauseReason, Successor, Who, closing, ending, resting
from services.mentorships.domain.happenings import MentorshipEvent
from services.mentorships.wire.happenings import mentorship_outgoing
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    STRANGER,
    TERMS,
    active,
    agreed,
    dated,
    paused,
    proposed,
)

REF = Ref(ORG, ID)
NAME = f"organizations/acme/mentorships/{ID}"
PEOPLE = "organizations/acme/people"
SPRING = "organizations/acme/programs/spring"
PAIR: dict[str, Any] = {"mentorship": NAME, "mentor": f"{PEOPLE}/{MENTOR}", "mentee": f"{PEOPLE}/{MENTEE}"}
END = date(2026, 6, 30)
LAST_DAY = Date(year=2026, month=6, day=30)
HR = Who("admin", oversees=True, hr=True)

ASKED = closing.ask_for_more(dated(END), MENTOR, None, NOON)[0]
HELD = resting.pause(active(), HR, resting.Rest(PauseReason.HOLD), NOON)[0]
HALF_CLOSED = closing.close(dated(END), MENTEE, NOON)[0]
SAFE = ending.end(active(), HR, ending.Parting(domain.EndReason.SAFETY, never_again=True), NOON)[0]
LEFT = ending.leave(active(), MENTEE, NOON)[0]
HANDED = ending.hand_over(active(), Successor("next-id", STRANGER), NOON)[0]
INFORMAL = domain.ask((MENTOR, MENTEE), MENTEE)[0]
LOOKED_BACK = closing.look_back(LEFT, MENTOR, closing.Answers(4, recommends=True, comment="ours"), NOON)[0]


def stamp(days: int) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(NOON + timedelta(days=days))
    return made


CASES: list[tuple[Mentorship, MentorshipEvent, Message]] = [
    (
        proposed(),
        domain.MentorshipCreated(),
        events.MentorshipCreated(**PAIR, program=SPRING, lead=f"{PEOPLE}/{LEAD}"),
    ),
    (INFORMAL, domain.MentorshipCreated(), events.MentorshipCreated(**PAIR)),
    (
        agreed(),
        domain.AgreementProposed(MENTEE, 2),
        events.AgreementProposed(**PAIR, person=f"{PEOPLE}/{MENTEE}", revision=2),
    ),
    (
        agreed(MENTOR),
        domain.AgreementSigned(MENTOR, 2),
        events.AgreementSigned(mentorship=NAME, person=f"{PEOPLE}/{MENTOR}", revision=2),
    ),
    (
        proposed(),
        domain.AgreementWithdrawn(MENTOR, 2),
        events.AgreementWithdrawn(mentorship=NAME, person=f"{PEOPLE}/{MENTOR}", revision=2),
    ),
    (
        dated(END),
        domain.MentorshipActivated(TERMS.cadence_days, TERMS.meeting_minutes),
        events.MentorshipActivated(
            **PAIR,
            program=SPRING,
            lead=f"{PEOPLE}/{LEAD}",
            cadence=Duration(seconds=14 * 86_400),
            meeting_length=Duration(seconds=3_600),
            end_date=LAST_DAY,
        ),
    ),
    (
        paused(),
        domain.MentorshipPaused(),
        events.MentorshipPaused(
            **PAIR, person=f"{PEOPLE}/{MENTEE}", reason=codes.PAUSE_REASON_AWAY, resume_time=stamp(30)
        ),
    ),
    (
        HELD,
        domain.MentorshipPaused(),
        events.MentorshipPaused(**PAIR, person=f"{PEOPLE}/admin", reason=codes.PAUSE_REASON_HOLD),
    ),
    (dated(END), domain.MentorshipResumed(), events.MentorshipResumed(**PAIR, end_date=LAST_DAY)),
    (active(), domain.MentorshipResumed(), events.MentorshipResumed(**PAIR)),
    (
        ASKED,
        domain.ExtensionProposed(),
        events.ExtensionProposed(
            **PAIR, person=f"{PEOPLE}/{MENTOR}", end_date=Date(year=2026, month=9, day=30)
        ),
    ),
    (dated(END), domain.MentorshipExtended(), events.MentorshipExtended(**PAIR, end_date=LAST_DAY)),
    (dated(END), domain.MentorshipEndNear(), events.MentorshipEndNear(**PAIR, end_date=LAST_DAY)),
    (
        HALF_CLOSED,
        domain.ClosingProposed(),
        events.ClosingProposed(**PAIR, person=f"{PEOPLE}/{MENTEE}"),
    ),
    (
        active(),
        domain.MentorshipCompleted(lapsed=True),
        events.MentorshipCompleted(**PAIR, program=SPRING, lapsed=True),
    ),
    (
        SAFE,
        domain.MentorshipEnded(),
        events.MentorshipEnded(**PAIR, program=SPRING, reason=codes.END_REASON_SAFETY, never_again=True),
    ),
    (
        LEFT,
        domain.MentorshipEnded(),
        events.MentorshipEnded(
            **PAIR,
            program=SPRING,
            reason=codes.END_REASON_PERSON_LEFT,
            person_left=f"{PEOPLE}/{MENTEE}",
        ),
    ),
    (
        HANDED,
        domain.MentorshipHandedOver(),
        events.MentorshipHandedOver(
            mentorship=NAME,
            successor="organizations/acme/mentorships/next-id",
            from_mentor=f"{PEOPLE}/{MENTOR}",
            to_mentor=f"{PEOPLE}/{STRANGER}",
            mentee=f"{PEOPLE}/{MENTEE}",
        ),
    ),
    (
        LOOKED_BACK,
        domain.ClosingSurveyAnswered(MENTOR, 4, recommends=True),
        events.ClosingSurveyAnswered(
            mentorship=NAME, person=f"{PEOPLE}/{MENTOR}", satisfaction=4, recommends=True
        ),
    ),
]


@pytest.mark.parametrize(("state", "event", "message"), CASES)
def test_what_happens_is_told_under_its_name_and_key(
    state: Mentorship, event: MentorshipEvent, message: Message
) -> None:
    outgoing = mentorship_outgoing(REF, state, event)
    assert (outgoing.message, outgoing.subject, outgoing.key) == (message, NAME, ID)


def test_every_event_is_told_above() -> None:
    assert {type(event) for _, event, _ in CASES} == set(MentorshipEvent.__args__)


@pytest.mark.parametrize(("state", "event", "message"), CASES)
def test_words_stay_with_the_two(state: Mentorship, event: MentorshipEvent, message: Message) -> None:
    words = replace(TERMS, mentor_expectations="be early", mentee_expectations="be kind")
    agreement = domain.Agreement(words, 1, (MENTOR, MENTEE), NOON)
    told = mentorship_outgoing(REF, replace(state, agreement=agreement), event).message
    assert told == message
    wire = told.SerializeToString()
    assert not any(word.encode() in wire for word in ("be early", "be kind", "ours", *TERMS.focus_areas))


def test_an_event_of_what_the_state_does_not_hold_is_a_defect() -> None:
    with pytest.raises(TypeError):
        mentorship_outgoing(REF, active(), domain.MentorshipPaused())
