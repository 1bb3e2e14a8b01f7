"""Agreements to and from protobuf."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from services.kernel import fields
from services.mentorships import domain
from services.mentorships.wire.days import given_day, optional_day
from services.mentorships.wire.names import person_name
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement

DAY = 86_400
MINUTE = 60


def terms(agreement: Agreement, field: str = "agreement") -> domain.Terms:
    """Decode proposed terms, given in the request's `field`.

    Raises Invalid unless cadence is whole days, length whole minutes and the last day on the calendar.
    """
    return domain.Terms(
        cadence_days=fields.whole(agreement.cadence, DAY, f"{field}.cadence", "days"),
        meeting_minutes=fields.whole(agreement.meeting_length, MINUTE, f"{field}.meeting_length", "minutes"),
        channels=_channels(agreement.channels),
        focus_areas=tuple(agreement.focus_areas),
        mentor_expectations=agreement.mentor_expectations,
        mentee_expectations=agreement.mentee_expectations,
        confidentiality=_confidentiality(agreement),
        end_date=given_day(agreement, "end_date", f"{field}.end_date"),
    )


def agreement(tenant: str, stored: domain.Agreement) -> Agreement:
    """Encode one revision."""
    agreed = stored.terms
    message = Agreement(
        cadence=Duration(seconds=agreed.cadence_days * DAY),
        meeting_length=Duration(seconds=agreed.meeting_minutes * MINUTE),
        channels=[Agreement.Channel.Value(f"CHANNEL_{item}") for item in agreed.channels],
        focus_areas=agreed.focus_areas,
        revision=stored.revision,
        signed_by=[person_name(tenant, person) for person in stored.signed_by],
        mentor_expectations=agreed.mentor_expectations,
        mentee_expectations=agreed.mentee_expectations,
        end_date=optional_day(agreed.end_date),
    )
    if agreed.confidentiality is not None:
        message.confidentiality = Agreement.Confidentiality.Value(f"CONFIDENTIALITY_{agreed.confidentiality}")
    if stored.sign_time is not None:
        fields.set_time(message.sign_time, stored.sign_time)
    return message


def usual(message: MatchConfirmed) -> domain.Usual:
    """Decode what is usual in the program of a match; ways to communicate of a newer build are left out.

    Raises Invalid for durations that are not whole.
    """
    known = [channel for channel in message.channels if channel in Agreement.Channel.values()]
    length = fields.whole(message.length, DAY, "length", "days") if message.HasField("length") else 0
    return domain.Usual(
        cadence_days=fields.whole(message.cadence, DAY, "cadence", "days"),
        meeting_minutes=fields.whole(message.meeting_length, MINUTE, "meeting_length", "minutes"),
        channels=_channels(known),
        focus_areas=tuple(message.focus_areas),
        length_days=length,
    )


def _channels(given: Iterable[Agreement.Channel.ValueType]) -> tuple[domain.Channel, ...]:
    return tuple(domain.Channel(Agreement.Channel.Name(item).removeprefix("CHANNEL_")) for item in given)


def _confidentiality(agreement: Agreement) -> domain.Confidentiality | None:
    if not agreement.confidentiality:
        return None
    name = Agreement.Confidentiality.Name(agreement.confidentiality)
    return domain.Confidentiality(name.removeprefix("CONFIDENTIALITY_"))
