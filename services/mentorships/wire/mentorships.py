"""Mentorships to and from protobuf; stored ids become full names of their organization."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships import domain
from services.mentorships.wire.names import (
    MENTORSHIP,
    PERSON,
    PROGRAM,
    mentorship_name,
    person_name,
    program_name,
)
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships

_DAY = 86_400
_MINUTE = 60


def confirmed(tenant: str, message: matching.MatchConfirmed) -> tuple[Ref, domain.Mentorship]:
    """Decode the mentorship that a confirmed match of `tenant` asks for. Raises Invalid for foreign names."""
    mentorship = domain.Mentorship(
        people=(
            fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
            fields.owned_id(tenant, PERSON, message.mentee, "mentee"),
        ),
        program=fields.owned_id(tenant, PROGRAM, message.program, "program"),
        lead=fields.owned_id(tenant, PERSON, message.lead, "lead"),
        match=fields.owned_id(tenant, f"{PROGRAM}/matches/*", message.match, "match"),
    )
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, message.mentorship, "mentorship")), mentorship


def ended(tenant: str, message: matching.MatchEnded) -> Ref:
    """Decode whose match is over. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, message.mentorship, "mentorship"))


def terms(agreement: mentorships.Agreement) -> domain.Terms:
    """Decode proposed terms. Raises Invalid unless cadence is whole days and length whole minutes."""
    channel = mentorships.Agreement.Channel
    return domain.Terms(
        cadence_days=fields.whole(agreement.cadence, _DAY, "agreement.cadence", "days"),
        meeting_minutes=fields.whole(
            agreement.meeting_length, _MINUTE, "agreement.meeting_length", "minutes"
        ),
        channels=tuple(
            domain.Channel(channel.Name(item).removeprefix("CHANNEL_")) for item in agreement.channels
        ),
        focus_areas=tuple(agreement.focus_areas),
    )


def mentorship(ref: Ref, stored: Versioned[domain.Mentorship]) -> mentorships.Mentorship:
    """Encode a stored mentorship."""
    state, tenant = stored.state, ref.tenant
    message = mentorships.Mentorship(
        name=mentorship_name(tenant, ref.id),
        mentor=person_name(tenant, state.mentor),
        mentee=person_name(tenant, state.mentee),
        program=program_name(tenant, state.program),
        lead=person_name(tenant, state.lead),
        match=f"{program_name(tenant, state.program)}/matches/{state.match}",
        state=mentorships.Mentorship.State.Value(f"STATE_{state.stage}"),
        etag=stored.etag,
    )
    if state.agreement is not None:
        message.agreement.CopyFrom(_agreement(tenant, state.agreement))
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def mentorship_outgoing(ref: Ref, state: domain.Mentorship, event: domain.MentorshipEvent) -> Outgoing:
    """Encode what happened to a mentorship, keyed by its id."""
    name = mentorship_name(ref.tenant, ref.id)
    return Outgoing(message=_mentorship_event(ref.tenant, name, state, event), subject=name, key=ref.id)


def _mentorship_event(
    tenant: str, name: str, state: domain.Mentorship, event: domain.MentorshipEvent
) -> Message:
    match event:
        case domain.MentorshipCreated():
            return events.MentorshipCreated(
                mentorship=name,
                program=program_name(tenant, state.program),
                lead=person_name(tenant, state.lead),
                mentor=person_name(tenant, state.mentor),
                mentee=person_name(tenant, state.mentee),
            )
        case domain.AgreementProposed(person, revision):
            return events.AgreementProposed(
                mentorship=name, person=person_name(tenant, person), revision=revision
            )
        case domain.AgreementSigned(person, revision):
            return events.AgreementSigned(
                mentorship=name, person=person_name(tenant, person), revision=revision
            )
        case domain.MentorshipActivated(cadence_days, meeting_minutes):
            return events.MentorshipActivated(
                mentorship=name,
                program=program_name(tenant, state.program),
                lead=person_name(tenant, state.lead),
                mentor=person_name(tenant, state.mentor),
                mentee=person_name(tenant, state.mentee),
                cadence=Duration(seconds=cadence_days * _DAY),
                meeting_length=Duration(seconds=meeting_minutes * _MINUTE),
            )
        case domain.MentorshipEnded():
            return events.MentorshipEnded(mentorship=name)


def _agreement(tenant: str, agreement: domain.Agreement) -> mentorships.Agreement:
    agreed = agreement.terms
    return mentorships.Agreement(
        cadence=Duration(seconds=agreed.cadence_days * _DAY),
        meeting_length=Duration(seconds=agreed.meeting_minutes * _MINUTE),
        channels=[mentorships.Agreement.Channel.Value(f"CHANNEL_{item}") for item in agreed.channels],
        focus_areas=agreed.focus_areas,
        revision=agreement.revision,
        signed_by=[person_name(tenant, person) for person in agreement.signed_by],
    )
