"""Recognitions to and from protobuf."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition
from services.recognition import domain, wire
from tests.recognition.factories import (
    CAUSE,
    EARNED,
    GOAL,
    MENTEE,
    MENTOR,
    MENTORSHIP,
    NOON,
    ORG,
    RULE,
    decision,
)

NAME = f"organizations/acme/people/{MENTEE}/recognitions/r1"
REF = Ref(ORG, "r1")


def test_a_decision_becomes_what_was_earned() -> None:
    assert wire.earned(ORG, decision()) == EARNED


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
    outgoing = wire.outgoing(REF, EARNED, domain.RecognitionIssued())
    mentorship = f"organizations/acme/mentorships/{MENTORSHIP}"
    assert (outgoing.subject, outgoing.key) == (NAME, MENTORSHIP)
    assert outgoing.message == RecognitionIssued(
        recognition=NAME,
        kind=Recognition.KIND_GOAL_COMPLETED,
        mentorship=mentorship,
        mentor=f"organizations/acme/people/{MENTOR}",
        mentee=f"organizations/acme/people/{MENTEE}",
        goal=f"{mentorship}/goals/{GOAL}",
    )


def test_a_name_gives_its_parts_and_all_people_are_a_dash() -> None:
    assert wire.path_of(NAME) == (MENTEE, "r1")
    assert wire.person_of("organizations/acme/people/-") == "-"


_ids = st.from_regex(r"[A-Za-z0-9._~-]{1,40}", fullmatch=True)


@given(_ids, _ids, _ids, _ids)
def test_any_ids_survive_decision_to_event(mentor: str, mentee: str, mentorship: str, goal: str) -> None:
    earned = replace(EARNED, mentor=mentor, mentee=mentee, mentorship=mentorship, goal=goal)
    issued = wire.outgoing(REF, earned, domain.RecognitionIssued()).message
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
