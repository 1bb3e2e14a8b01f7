"""Events heard -> facts."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.kernel import ids
from services.kernel.errors import Invalid
from services.kernel.events import Event, Poison
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor.domain import facts
from services.processor.domain.facts import Fact, Heard, Names
from services.processor.domain.policy import WEEK


def _activated(told: mentorships.MentorshipActivated) -> Fact:
    return facts.MentorshipActivated(told.cadence.ToTimedelta(), _day(told, "end_date"))


def _extended(told: mentorships.MentorshipExtended) -> Fact:
    return facts.MentorshipExtended(_day(told, "end_date"))


def _dated(told: mentorships.GoalCreated | mentorships.GoalUpdated) -> Fact:
    return facts.GoalDated(_day(told, "target_date"))


def _answered(told: mentorships.CheckInAnswered) -> Fact:
    answers = (told.quality, told.progress, told.confidence, told.satisfaction)
    return facts.Answered(told.person, min(filter(None, answers), default=0))


def _booked(told: scheduling.MeetingBooked | scheduling.MeetingRescheduled) -> Fact:
    return facts.MeetingBooked(told.start_time.ToDatetime(tzinfo=UTC))


_FITS = {codes.FIT_FITS: facts.Fit.FITS, codes.FIT_NO: facts.Fit.NO}

_FACTS: Mapping[type[Message], Callable[[Any], Fact]] = {
    mentorships.MentorshipCreated: lambda _: facts.MentorshipCreated(),
    mentorships.MentorshipActivated: _activated,
    mentorships.MentorshipExtended: _extended,
    mentorships.MentorshipPaused: lambda _: facts.MentorshipPaused(),
    mentorships.MentorshipResumed: lambda _: facts.MentorshipResumed(),
    mentorships.MentorshipCompleted: lambda _: facts.MentorshipCompleted(),
    mentorships.MentorshipEnded: lambda _: facts.MentorshipEnded(),
    mentorships.GoalCreated: _dated,
    mentorships.GoalUpdated: _dated,
    mentorships.GoalCompleted: lambda told: facts.GoalCompleted(told.goal),
    mentorships.GoalReopened: lambda _: facts.GoalReopened(),
    mentorships.GoalDropped: lambda _: facts.GoalDropped(),
    mentorships.CheckInAnswered: _answered,
    mentorships.CheckInOpened: lambda told: facts.CheckInOpened(told.person),
    mentorships.CheckInExpired: lambda told: facts.CheckInExpired(told.person),
    mentorships.FeedbackGiven: lambda told: facts.Answered(told.author, told.rating, check_in=False),
    mentorships.FitAnswered: lambda told: facts.FitAnswered(
        told.person, _FITS.get(told.fit, facts.Fit.UNSURE)
    ),
    mentorships.KudosGiven: lambda told: facts.KudosGiven(told.author, told.recipient),
    scheduling.MeetingBooked: _booked,
    scheduling.MeetingRescheduled: _booked,
    scheduling.MeetingHeld: lambda _: facts.MeetingHeld(),
    scheduling.MeetingMissed: lambda told: facts.MeetingMissed(told.meeting, tuple(told.absent)),
    scheduling.MeetingCancelled: lambda told: facts.MeetingCancelled(told.person),
}

HEARD: Mapping[str, type[Message]] = {kind.DESCRIPTOR.full_name: kind for kind in _FACTS}
"""The messages that mean something here, by their full names; all others are skipped."""

_NAMES = {
    kind: tuple(filter(kind.DESCRIPTOR.fields_by_name.__contains__, Names.__struct_fields__))
    for kind in _FACTS
}
"""The fields of each message that go into its names."""

ON_TIME = timedelta(days=1)
"""A warning told later than this, after a stop, counts from when it was told."""

_SHORT = 16
"""Subjects up to this length are kept as they are."""


def heard(event: Event[Any]) -> Heard:
    """Return what an event of a `HEARD` type says.

    Raises Poison when its mentorship is not the one of its key or not of its tenant: folding it would let
    one pair's or one organization's events count for another; or when a date is on no calendar.
    """
    message = event.message
    kind = type(message)
    mentorship: str = message.mentorship
    try:
        organization, pair = ids.parse_name("organizations/*/mentorships/*", mentorship)
    except Invalid as refusal:
        raise Poison(refusal.reason) from refusal
    if pair != event.key:
        raise Poison("KEY_MISMATCH")
    if organization != event.tenant:
        raise Poison("TENANT_MISMATCH")
    subject = short(event.subject.removeprefix(f"{mentorship}/"))
    try:
        fact = _FACTS[kind](message)
    except (ValueError, OverflowError) as error:
        raise Poison("BAD_VALUE") from error
    names = Names(**{name: getattr(message, name) for name in _NAMES[kind]})
    return Heard(event.id, names, subject, event.sequence, event.time, fact)


def warned(event: Event[processor.NudgeDue | processor.NudgeHeld], written: datetime) -> Heard:
    """Return what the verdict on a last warning, written at a time, says to its pair."""
    message = event.message
    due, again = event.time, None
    if isinstance(message, processor.NudgeHeld):
        again = message.retry_time.ToDatetime(tzinfo=UTC) if message.HasField("retry_time") else due + WEEK
    told = due if written - due <= ON_TIME else written
    subject = short(f"warned/{message.person}")
    sequence = int(due.timestamp() * 1000)
    fact = facts.Warned(message.person, again)
    return Heard(event.id, Names(message.mentorship), subject, sequence, told, fact)


def short(subject: str) -> str:
    """Return a subject as a table keeps it, the same for ever: tables hold hundreds of thousands of them."""
    if len(subject) <= _SHORT:
        return subject
    digest = hashlib.blake2b(subject.encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(digest)[:-1].decode()


def _day(told: Message, field: str) -> Any:
    if not told.HasField(field):
        return None
    day: Date = getattr(told, field)
    return date(day.year, day.month, day.day)
