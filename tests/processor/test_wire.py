"""What is read from other services' events and how decisions leave."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.events import Poison
from services.kernel.ids import derived_id
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor import wire
from services.processor.domain import (
    Heard,
    LeadAlertDue,
    MeetingHeld,
    Pair,
    RebookReminderDue,
    RecognitionEarned,
)
from tests.processor.factories import LEAD, MENTEE, MENTOR, completed, mentorship, missed
from tests.processor.records import completed_event, event, held_event, missed_event


def test_each_event_that_matters_becomes_its_fact_under_a_short_subject() -> None:
    told = missed_event("a")
    assert wire.heard(told) == Heard(told.id, "meetings/a", 2, missed("a"))
    assert wire.heard(held_event("a")).fact == MeetingHeld()
    assert wire.heard(completed_event("g")).fact == completed("g")


def test_exactly_the_types_of_the_map_are_heard() -> None:
    assert set(wire.HEARD) == {
        "mentoring.scheduling.v1.MeetingMissed",
        "mentoring.scheduling.v1.MeetingHeld",
        "mentoring.mentorships.v1.GoalCompleted",
    }


def test_an_event_under_another_pairs_key_is_poison() -> None:
    with pytest.raises(Poison, match="KEY_MISMATCH"):
        wire.heard(replace(missed_event("a"), key="m2"))


def test_an_event_of_another_tenants_pair_is_poison() -> None:
    with pytest.raises(Poison, match="TENANT_MISMATCH"):
        wire.heard(replace(missed_event("a"), tenant="globex"))


@pytest.mark.parametrize(
    "name", ["", "m1", "organizations/weavers", "organizations/weavers/mentorships/m1/x"]
)
def test_an_event_without_a_proper_mentorship_is_poison(name: str) -> None:
    with pytest.raises(Poison, match="MALFORMED_NAME"):
        wire.heard(event(scheduling.MeetingHeld(mentorship=name), "x", 1))


def test_a_reminder_carries_both_people_and_its_cause() -> None:
    cause = missed_event("a")
    told = wire.told(RebookReminderDue(cause.id, missed("a"), 3), cause)
    assert told.message == processor.RebookReminderDue(
        mentorship=mentorship(),
        meeting=f"{mentorship()}/meetings/a",
        mentor=MENTOR,
        mentee=MENTEE,
        misses_in_row=3,
        cause_event_id=cause.id,
        rule="rebook-reminder/1",
    )


def test_an_alert_carries_the_lead_and_nobody_else() -> None:
    cause = missed_event("a")
    told = wire.told(LeadAlertDue(cause.id, missed("a"), 2), cause)
    assert told.message == processor.LeadAlertDue(
        mentorship=mentorship(),
        meeting=f"{mentorship()}/meetings/a",
        lead=LEAD,
        misses_in_row=2,
        cause_event_id=cause.id,
        rule="lead-alert/1",
    )


def test_a_recognition_carries_the_goal() -> None:
    cause = completed_event("g")
    told = wire.told(RecognitionEarned(cause.id, completed("g")), cause)
    assert told.message == processor.RecognitionEarned(
        mentorship=mentorship(),
        goal=f"{mentorship()}/goals/g",
        mentor=MENTOR,
        mentee=MENTEE,
        cause_event_id=cause.id,
        rule="goal-recognition/1",
    )


def test_a_decision_is_an_event_of_its_own_that_follows_from_its_cause_alone() -> None:
    cause = replace(missed_event("a"), trace="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    told = wire.told(RebookReminderDue(cause.id, missed("a"), 1), cause)
    assert told.id == derived_id(cause.id, "rebook-reminder/1")
    assert told.subject == f"{mentorship()}/decisions/{told.id}"
    assert (told.type, told.sequence) == ("mentoring.processor.v1.RebookReminderDue", 1)
    assert (told.key, told.tenant, told.time, told.trace) == (
        cause.key,
        cause.tenant,
        cause.time,
        cause.trace,
    )


def test_two_decisions_of_one_cause_have_different_ids() -> None:
    cause = missed_event("a")
    reminder = wire.told(RebookReminderDue(cause.id, missed("a"), 2), cause)
    assert reminder.id != wire.told(LeadAlertDue(cause.id, missed("a"), 2), cause).id


subjects = st.tuples(st.text(max_size=20), st.integers(1, 2**40))


@given(st.builds(Pair, st.integers(0, 10_000), st.lists(subjects, max_size=5).map(tuple)))
def test_a_pair_survives_the_table(pair: Pair) -> None:
    assert wire.load(wire.dump(pair)) == pair


def test_a_key_without_value_is_a_pair_nothing_is_known_of() -> None:
    assert wire.load(None) == Pair()


def test_values_of_older_and_newer_builds_are_read() -> None:
    assert wire.load(b"{}") == Pair()
    assert wire.load(b'{"misses":1,"handled":[["meetings/a",2]],"invented_later":[]}') == Pair(
        1, (("meetings/a", 2),)
    )


def test_a_value_of_another_shape_is_an_error_and_not_an_empty_pair() -> None:
    with pytest.raises(msgspec.ValidationError):
        wire.load(b'{"misses":"many"}')
