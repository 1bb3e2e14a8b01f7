"""Events heard -> facts, decisions -> events told, table values <-> pairs."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from google.protobuf.message import Message

from services.kernel import ids
from services.kernel.errors import Invalid
from services.kernel.events import Event, Poison
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor.domain import (
    Decision,
    Fact,
    GoalCompleted,
    Heard,
    LeadAlertDue,
    MeetingHeld,
    MeetingMissed,
    Pair,
    RebookReminderDue,
    RecognitionEarned,
)


def _missed(told: scheduling.MeetingMissed) -> Fact:
    return MeetingMissed(told.mentorship, told.meeting, told.mentor, told.mentee, told.lead)


def _held(_: scheduling.MeetingHeld) -> Fact:
    return MeetingHeld()


def _completed(told: mentorships.GoalCompleted) -> Fact:
    return GoalCompleted(told.mentorship, told.goal, told.mentor, told.mentee)


_FACTS: Mapping[type[Message], Callable[[Any], Fact]] = {
    scheduling.MeetingMissed: _missed,
    scheduling.MeetingHeld: _held,
    mentorships.GoalCompleted: _completed,
}

HEARD: Mapping[str, type[Message]] = {kind.DESCRIPTOR.full_name: kind for kind in _FACTS}
"""The messages that mean something here, by their full names; all others are skipped."""


Told = processor.RebookReminderDue | processor.LeadAlertDue | processor.RecognitionEarned


def heard(event: Event[Any]) -> Heard:
    """Return what an event of a `HEARD` type says.

    Raises Poison when its mentorship is not the one of its key or not of its tenant: folding it would let
    one pair's or one organization's events count for another.
    """
    mentorship: str = event.message.mentorship
    try:
        organization, pair = ids.parse_name("organizations/*/mentorships/*", mentorship)
    except Invalid as refusal:
        raise Poison(refusal.reason) from refusal
    if pair != event.key:
        raise Poison("KEY_MISMATCH")
    if organization != event.tenant:
        raise Poison("TENANT_MISMATCH")
    below = event.subject.removeprefix(f"{mentorship}/")
    return Heard(event.id, below, event.sequence, _FACTS[type(event.message)](event.message))


def told(decision: Decision, cause: Event[Any]) -> Event[Told]:
    """Return the event that tells a decision, byte for byte the same each time it is decided.

    Its id derives from the cause and the rule, its time is the cause's: no clock, so a rebuilt table tells
    nothing new.
    """
    event = ids.derived_id(cause.id, decision.rule)
    message = _message(decision)
    return Event(
        id=event,
        type=message.DESCRIPTOR.full_name,
        subject=f"{message.mentorship}/decisions/{event}",
        sequence=1,
        tenant=cause.tenant,
        time=cause.time,
        key=cause.key,
        message=message,
        trace=cause.trace,
    )


def _message(decision: Decision) -> Told:
    match decision:
        case RebookReminderDue(cause, missed, misses):
            return processor.RebookReminderDue(
                mentorship=missed.mentorship,
                meeting=missed.meeting,
                mentor=missed.mentor,
                mentee=missed.mentee,
                misses_in_row=misses,
                cause_event_id=cause,
                rule=decision.rule,
            )
        case LeadAlertDue(cause, missed, misses):
            return processor.LeadAlertDue(
                mentorship=missed.mentorship,
                meeting=missed.meeting,
                lead=missed.lead,
                misses_in_row=misses,
                cause_event_id=cause,
                rule=decision.rule,
            )
        case RecognitionEarned(cause, completed):
            return processor.RecognitionEarned(
                mentorship=completed.mentorship,
                goal=completed.goal,
                mentor=completed.mentor,
                mentee=completed.mentee,
                cause_event_id=cause,
                rule=decision.rule,
            )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pair).decode


def dump(pair: Pair) -> bytes:
    """Return the table value of a pair."""
    return _encode(pair)


def load(value: bytes | None) -> Pair:
    """Return the pair of a table value; nothing is known of none. ValidationError for another shape.

    Fields of a newer build are ignored, missing ones have their defaults.
    """
    return Pair() if value is None else _decode(value)
