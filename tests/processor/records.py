"""Events of the writers, and the records that Kafka holds of them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.events import Event, encode
from services.kernel.ids import derived_id
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor.agents.reading import Taken
from tests.processor.factories import LEAD, MENTEE, MENTOR, NOON, ORG, mentorship

CADENCE = Duration(seconds=14 * 86_400)


def event(message: Message, subject: str, sequence: int, pair: str = "m1") -> Event[Any]:
    """Return the event of a message; the same arguments give the same id."""
    return Event(
        id=derived_id(pair, subject, str(sequence)),
        type=message.DESCRIPTOR.full_name,
        subject=subject,
        sequence=sequence,
        tenant=ORG.removeprefix("organizations/"),
        time=NOON,
        key=pair,
        message=message,
    )


def activated_event(pair: str = "m1", at: datetime = NOON) -> Event[Any]:
    """Return the event of an agreement that both signed, to meet every two weeks."""
    message = mentorships.MentorshipActivated(
        mentorship=mentorship(pair), lead=LEAD, mentor=MENTOR, mentee=MENTEE, cadence=CADENCE
    )
    return msgspec.structs.replace(event(message, mentorship(pair), 3, pair), time=at)


def missed_event(meeting: str, pair: str = "m1") -> Event[Any]:
    name = f"{mentorship(pair)}/meetings/{meeting}"
    message = scheduling.MeetingMissed(
        meeting=name, mentorship=mentorship(pair), mentor=MENTOR, mentee=MENTEE, lead=LEAD, absent=[MENTEE]
    )
    return event(message, name, 2, pair)


def held_event(meeting: str, pair: str = "m1") -> Event[Any]:
    name = f"{mentorship(pair)}/meetings/{meeting}"
    message = scheduling.MeetingHeld(meeting=name, mentorship=mentorship(pair), mentor=MENTOR, mentee=MENTEE)
    return event(message, name, 4, pair)


def checked_in_event(meeting: str, pair: str = "m1") -> Event[Any]:
    """Return an event that means nothing to the processor."""
    name = f"{mentorship(pair)}/meetings/{meeting}"
    return event(scheduling.MeetingCheckedIn(meeting=name, mentorship=mentorship(pair)), name, 1, pair)


def completed_event(goal: str, pair: str = "m1") -> Event[Any]:
    name = f"{mentorship(pair)}/goals/{goal}"
    message = mentorships.GoalCompleted(goal=name, mentorship=mentorship(pair), mentor=MENTOR, mentee=MENTEE)
    return event(message, name, 2, pair)


def record(told: Event[Any], offset: int = 0) -> Taken:
    """Return the record of an event as the worker takes it from the stream."""
    made = encode(told)
    moment = int(NOON.timestamp() * 1000)
    return Taken(made.topic, 0, offset, moment, made.key, made.value, made.headers)


def without(told: Taken, header: str) -> Taken:
    """Return the record with one header missing."""
    return replace(told, headers=[pair for pair in told.headers if pair[0] != header])
