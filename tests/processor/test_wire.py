"""What is read from other services' events and how decisions leave."""

import msgspec
import pytest
from msgspec.structs import replace

from services.kernel.events import Poison
from services.kernel.ids import derived_id
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor import wire
from services.processor.domain.decisions import (
    Achievement,
    Decision,
    Grounds,
    LeadAlertDue,
    RebookReminderDue,
    RecognitionEarned,
)
from services.processor.domain.facts import GoalCompleted, Heard, MeetingHeld, MeetingMissed
from services.processor.domain.state import Pair
from tests.processor.factories import LEAD, MENTEE, MENTOR, NOON, mentorship, names
from tests.processor.records import completed_event, event, held_event, missed_event

MEETING, GOAL = f"{mentorship()}/meetings/a", f"{mentorship()}/goals/g"


def test_each_event_that_matters_becomes_its_fact_under_a_short_subject() -> None:
    told = missed_event("a")
    fact = MeetingMissed(MEETING, (MENTEE,))
    assert wire.heard(told) == Heard(told.id, names(), "meetings/a", 2, NOON, fact)
    assert wire.heard(held_event("a")).fact == MeetingHeld()
    assert wire.heard(completed_event("g")).fact == GoalCompleted(GOAL)


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


def reminder(cause: str) -> RebookReminderDue:
    return RebookReminderDue(names(), NOON, cause, MEETING, 3)


def test_a_reminder_carries_both_people_and_its_cause() -> None:
    assert wire.told(reminder("e1")).message == processor.RebookReminderDue(
        mentorship=mentorship(),
        meeting=MEETING,
        mentor=MENTOR,
        mentee=MENTEE,
        misses_in_row=3,
        cause_event_id="e1",
        rule="rebook-reminder/1",
    )


def test_an_alert_carries_the_lead_and_nobody_else() -> None:
    assert wire.told(LeadAlertDue(names(), NOON, "e1", MEETING, 2)).message == processor.LeadAlertDue(
        mentorship=mentorship(),
        meeting=MEETING,
        lead=LEAD,
        misses_in_row=2,
        cause_event_id="e1",
        rule="lead-alert/1",
    )


def test_a_recognition_carries_the_goal() -> None:
    earned = RecognitionEarned(
        names(), NOON, MENTEE, Achievement.GOAL_COMPLETED, Grounds(("e1",), "7"), goal=GOAL
    )
    told = wire.told(earned)
    assert told.id == derived_id("e1", "goal-recognition/1")
    assert told.message == processor.RecognitionEarned(
        mentorship=mentorship(),
        goal=GOAL,
        mentor=MENTOR,
        mentee=MENTEE,
        cause_event_id="e1",
        rule="goal-recognition/1",
        person=MENTEE,
        achievement=processor.ACHIEVEMENT_GOAL_COMPLETED,
        evidence_event_ids=["e1"],
        policy_version="7",
    )


def test_a_decision_is_an_event_of_its_own_that_follows_from_its_cause_alone() -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    told = wire.told(reminder("e1"), trace)
    assert told.id == derived_id("e1", "rebook-reminder/1")
    assert told.subject == f"{mentorship()}/decisions/{told.id}"
    assert (told.type, told.sequence) == ("mentoring.processor.v1.RebookReminderDue", 1)
    assert (told.key, told.tenant, told.time, told.trace) == ("m1", "weavers", NOON, trace)


def test_two_decisions_of_one_cause_have_different_ids() -> None:
    made: list[Decision] = [reminder("e1"), LeadAlertDue(names(), NOON, "e1", MEETING, 2)]
    assert len({wire.told(decision).id for decision in made}) == 2


def test_a_key_without_value_is_a_pair_nothing_is_known_of() -> None:
    assert wire.load(None) == Pair()


def test_values_of_older_and_newer_builds_are_read() -> None:
    assert wire.load(b"{}") == Pair()
    assert wire.load(b'{"misses":1,"invented_later":[]}') == Pair(misses=1)


def test_a_value_from_before_subjects_were_short_still_knows_its_repeats() -> None:
    goal = f"goals/{'b' * 36}"
    value = f'{{"misses":1,"handled":[["meetings/a",2],["{goal}",3]]}}'.encode()
    assert wire.load(value) == Pair(misses=1, handled={"meetings/a": 2, wire.short(goal): 3})


def test_a_value_of_another_shape_is_an_error_and_not_an_empty_pair() -> None:
    with pytest.raises(msgspec.ValidationError):
        wire.load(b'{"misses":"many"}')
