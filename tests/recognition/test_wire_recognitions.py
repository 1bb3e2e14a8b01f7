"""Recognitions to and from protobuf."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as pb
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued, RecognitionRevoked
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition
from services.recognition.domain.recognitions import Kind, Reason
from services.recognition.domain.recognitions import RecognitionIssued as Issued
from services.recognition.domain.recognitions import RecognitionRevoked as Gone
from services.recognition.wire import recognitions as wire
from tests.recognition.factories import (
    CAUSE,
    EARNED,
    GOAL,
    HELD,
    MENTEE,
    MENTOR,
    MENTORSHIP,
    NOON,
    ORG,
    RULE,
    decision,
    meetings_decision,
)

NAME = f"organizations/acme/people/{MENTEE}/recognitions/r1"
REF = Ref(ORG, "r1")


def test_a_decision_becomes_what_was_earned() -> None:
    assert wire.earned(ORG, decision()) == EARNED


def test_a_decision_of_today_tells_who_earned_it_how_often_and_under_which_policy() -> None:
    assert wire.earned(ORG, meetings_decision()) == HELD


@pytest.mark.parametrize("achievement", processor.Achievement.values())
def test_every_achievement_of_the_contract_has_its_kind(achievement: processor.Achievement.ValueType) -> None:
    goal = decision().goal
    kind = wire.earned(ORG, meetings_decision(achievement=achievement, goal=goal)).kind
    name = processor.Achievement.Name(achievement).removeprefix("ACHIEVEMENT_")
    assert kind == (Kind.GOAL_COMPLETED if name == "UNSPECIFIED" else name)
    assert pb.Recognition.Kind.Value(f"KIND_{kind}") == wire.kind_code(kind)


def test_an_achievement_of_a_newer_processor_waits_as_a_dead_letter() -> None:
    with pytest.raises(Invalid) as refusal:
        wire.earned(ORG, meetings_decision(achievement=99))
    assert refusal.value.reason == "UNKNOWN_ACHIEVEMENT"


def test_a_decision_about_another_organization_is_poison() -> None:
    with pytest.raises(Invalid) as refusal:
        wire.earned(ORG, decision("globex"))
    assert refusal.value.reason == "FOREIGN_ORGANIZATION"


@pytest.mark.parametrize("field", ["mentorship", "goal", "mentor", "mentee"])
def test_a_decision_with_a_malformed_name_is_poison(field: str) -> None:
    message = RecognitionEarned()
    message.CopyFrom(decision())
    setattr(message, field, "nonsense")
    with pytest.raises(Invalid) as refusal:
        wire.earned(ORG, message)
    assert [path for path, _ in refusal.value.fields] == [field]


def test_a_stored_recognition_shows_what_for_and_by_which_proof() -> None:
    stored = Versioned(EARNED, 1, NOON, NOON)
    message = wire.recognition(REF, stored)
    assert message.name == NAME
    assert message.kind == Recognition.KIND_GOAL_COMPLETED
    assert message.goal == f"organizations/acme/mentorships/{MENTORSHIP}/goals/{GOAL}"
    assert (list(message.evidence_event_ids), message.rule) == ([CAUSE], RULE)
    assert message.create_time.ToDatetime(UTC) == stored.create_time


def test_the_event_names_the_pair_and_travels_with_its_mentorship() -> None:
    outgoing = wire.outgoing(REF, EARNED, Issued())
    mentorship = f"organizations/acme/mentorships/{MENTORSHIP}"
    assert (outgoing.subject, outgoing.key) == (NAME, MENTORSHIP)
    assert outgoing.message == RecognitionIssued(
        recognition=NAME,
        kind=Recognition.KIND_GOAL_COMPLETED,
        mentorship=mentorship,
        mentor=f"organizations/acme/people/{MENTOR}",
        mentee=f"organizations/acme/people/{MENTEE}",
        goal=f"{mentorship}/goals/{GOAL}",
        person=f"organizations/acme/people/{MENTEE}",
    )


def test_the_event_of_a_mentors_recognition_names_them_and_counts() -> None:
    outgoing = wire.outgoing(REF, HELD, Issued())
    assert outgoing.subject == f"organizations/acme/people/{MENTOR}/recognitions/r1"
    told = outgoing.message
    assert isinstance(told, RecognitionIssued)
    assert (told.kind, told.count, told.goal) == (Recognition.KIND_MEETINGS_HELD, 10, "")
    assert told.person == f"organizations/acme/people/{MENTOR}"


def test_the_event_of_a_revocation_tells_whose_and_why() -> None:
    outgoing = wire.outgoing(REF, EARNED.revoke(Reason.PERSON_ASKED)[0], Gone())
    assert (outgoing.subject, outgoing.key) == (NAME, MENTORSHIP)
    assert outgoing.message == RecognitionRevoked(
        recognition=NAME,
        person=f"organizations/acme/people/{MENTEE}",
        mentorship=f"organizations/acme/mentorships/{MENTORSHIP}",
        reason=pb.REVOKE_REASON_PERSON_ASKED,
    )


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_to_take_back_is_in_the_contract(reason: Reason) -> None:
    assert wire.reason(pb.RevokeReason.Value(f"REVOKE_REASON_{reason}")) is reason


_ids = st.from_regex(r"[A-Za-z0-9._~-]{1,40}", fullmatch=True)


@given(_ids, _ids, _ids, _ids)
def test_any_ids_survive_decision_to_event(mentor: str, mentee: str, mentorship: str, goal: str) -> None:
    earned = replace(EARNED, mentor=mentor, mentee=mentee, mentorship=mentorship, goal=goal, person=mentee)
    issued = wire.outgoing(REF, earned, Issued()).message
    assert isinstance(issued, RecognitionIssued)
    message = RecognitionEarned(
        mentorship=issued.mentorship,
        goal=issued.goal,
        mentor=issued.mentor,
        mentee=issued.mentee,
        cause_event_id=CAUSE,
        rule=RULE,
    )
    assert wire.earned(ORG, message) == earned
