"""How the decisions about silence and health leave, and how nudges come back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.events import decode, encode
from services.kernel.ids import derived_id
from services.pb.mentoring.processor.v1 import events_pb2 as pb
from services.processor import wire
from services.processor.agents.batch import People
from services.processor.agents.reading import TOLD, person_key, read_verdict, read_waiting
from services.processor.domain import decisions as domain
from services.processor.domain.decisions import (
    Achievement,
    AchievementCounted,
    Grounds,
    HealthChanged,
    NudgeDue,
    NudgeHeld,
    Reason,
    Status,
)
from services.processor.domain.facts import Heard, Warned
from services.processor.domain.policy import DEFAULT, Step
from tests.processor.factories import LEAD, MENTEE, MENTOR, NOON, mentorship, names
from tests.processor.records import record
from tests.processor.story import activated, held, kudos, missed, told

GROUNDS = Grounds(("held", "booked"), "7")
NUDGE = NudgeDue(names(lead=""), NOON, MENTEE, Step.NUDGE_AGAIN, (Reason.GAP,), GROUNDS)


def common(rule: str) -> dict[str, Any]:
    return {
        "mentorship": mentorship(),
        "mentor": MENTOR,
        "mentee": MENTEE,
        "reasons": [pb.REASON_GAP],
        "due_time": NOON,
        "evidence_event_ids": ["held", "booked"],
        "rule": rule,
        "policy_version": "7",
    }


def test_a_nudge_carries_its_person_and_step() -> None:
    event = wire.told(NUDGE)
    assert event.message == pb.NudgeDue(
        **common("silence-nudge/1"),
        person=MENTEE,
        step=pb.LADDER_STEP_NUDGE_AGAIN,
    )
    due = "2026-03-02T12:00:00.000+00:00"
    assert event.id == derived_id("booked", "silence-nudge/1", "NUDGE_AGAIN", MENTEE, due)
    assert (event.time, event.trace) == (NOON, None)


def test_a_nudge_that_comes_back_is_the_nudge_that_was_told() -> None:
    read = decode(record(wire.told(NUDGE)), {"mentoring.processor.v1.NudgeDue": pb.NudgeDue})
    assert read is not None
    assert wire.waiting(read) == NUDGE
    assert encode(wire.told(wire.waiting(read))) == encode(wire.told(NUDGE))


LAST = msgspec.structs.replace(NUDGE, step=Step.WARN, reasons=(Reason.NO_SIGN_OF_LIFE, Reason.GAP))


def verdict(told: NudgeDue | NudgeHeld, late: timedelta = timedelta()) -> Heard:
    """Return what a pair hears of the verdict on a last warning that was written so late."""
    written = int((NOON + late).timestamp() * 1000)
    reading = read_verdict(replace(record(wire.told(told)), topic="processor-verdicts", timestamp=written))
    assert reading.said is not None
    return reading.said.what


def test_a_last_warning_that_was_told_counts_from_when_it_was_due() -> None:
    heard = verdict(LAST, late=timedelta(minutes=2))
    assert (heard.time, heard.fact) == (NOON, Warned(MENTEE, None))


def test_a_last_warning_that_was_told_long_after_it_was_due_counts_from_when_it_was_told() -> None:
    assert verdict(LAST, late=timedelta(days=3)).time == NOON + timedelta(days=3)


def test_a_last_warning_that_was_held_says_when_it_is_tried_again() -> None:
    again = NOON + timedelta(days=4)
    assert verdict(NudgeHeld(LAST, again)).fact == Warned(MENTEE, again)


def test_verdicts_of_one_person_are_told_apart_by_when_they_were_due() -> None:
    first, second = verdict(LAST), verdict(msgspec.structs.replace(LAST, time=NOON + timedelta(days=4)))
    assert first.subject == second.subject
    assert first.sequence < second.sequence


def test_what_waits_to_be_counted_comes_back_as_it_was_told() -> None:
    counted = AchievementCounted(
        names(lead=""), NOON, MENTEE, Achievement.KUDOS_RECEIVED, Grounds(("thanks",), "7"), 3
    )
    taken = replace(record(wire.told(counted)), topic="processor-nudges", key=person_key(counted))
    reading = read_waiting(taken)
    assert reading.said is not None
    assert reading.said.what == counted


def test_the_verdict_on_a_last_warning_is_told_to_its_pair_too_and_no_other_is() -> None:
    people = People(lambda _organization: DEFAULT, "verdicts")
    waiting = [
        read_waiting(replace(record(wire.told(nudge)), topic="waiting", key=person_key(nudge)))
        for nudge in (NUDGE, LAST)
    ]
    told = people.fold(waiting, {}).told
    assert [(made.topic, made.key) for made in told] == [(TOLD, b"m1"), (TOLD, b"m1"), ("verdicts", b"m1")]
    assert told[1].value == told[2].value


def test_a_held_nudge_names_the_nudge() -> None:
    event = wire.told(NudgeHeld(NUDGE))
    assert event.message == pb.NudgeHeld(
        mentorship=mentorship(),
        person=MENTEE,
        step=pb.LADDER_STEP_NUDGE_AGAIN,
        due_time=Timestamp(seconds=int(NOON.timestamp())),
        nudge=wire.told(NUDGE).id,
        rule="nudge-cap/1",
        policy_version="7",
    )
    assert event.id != wire.told(NUDGE).id


def test_the_lead_gets_the_step_and_the_reasons() -> None:
    made = domain.LeadEscalationDue(names(), NOON, Step.TELL_LEAD, (Reason.GAP,), GROUNDS)
    assert wire.told(made).message == pb.LeadEscalationDue(
        **common("silence-lead/1"),
        lead=LEAD,
        step=pb.LADDER_STEP_TELL_LEAD,
    )


def test_a_conclusion_carries_its_reasons() -> None:
    made = domain.ConclusionDue(names(), NOON, (Reason.GAP,), GROUNDS)
    assert wire.told(made).message == pb.ConclusionDue(**common("silence-end/1"))


def test_a_change_of_health_carries_both_states() -> None:
    made = HealthChanged(names(), NOON, Status.ON_TRACK, Status.AT_RISK, (Reason.GAP,), GROUNDS)
    assert wire.told(made).message == pb.HealthChanged(
        **common("health/1"),
        lead=LEAD,
        from_status=pb.HEALTH_STATUS_ON_TRACK,
        to_status=pb.HEALTH_STATUS_AT_RISK,
    )


@pytest.mark.parametrize(
    ("codes", "enum", "prefix"),
    [
        (domain.Reason, pb.Reason, "REASON_"),
        (domain.Status, pb.HealthStatus, "HEALTH_STATUS_"),
        (domain.Achievement, pb.Achievement, "ACHIEVEMENT_"),
        (Step, pb.LadderStep, "LADDER_STEP_"),
    ],
)
def test_codes_are_those_of_the_contract(codes: type, enum: object, prefix: str) -> None:
    told = {name.removeprefix(prefix) for name in enum.keys()}  # type: ignore[attr-defined] # noqa: SIM118
    assert set(codes) == told - {"UNSPECIFIED"}  # type: ignore[call-overload]


def test_all_decisions_of_a_long_story_have_ids_of_their_own() -> None:
    history = [activated(0), held("a", 1), kudos(2), missed("b", 5), missed("c", 6), held("d", 40)]
    events = [wire.told(made) for made in told(history, until=400)]
    assert len({event.id for event in events}) == len(events) > 20
