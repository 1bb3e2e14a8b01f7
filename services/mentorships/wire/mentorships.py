"""Mentorships to and from protobuf; stored ids become full names of their organization."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields
from services.kernel.clock import truncated
from services.kernel.mongo import Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain.closing import Answers
from services.mentorships.domain.ending import Parting
from services.mentorships.domain.resting import Rest
from services.mentorships.domain.rules import invalid
from services.mentorships.wire import surveys
from services.mentorships.wire.agreements import agreement, usual
from services.mentorships.wire.days import day_message, optional_day
from services.mentorships.wire.names import (
    MENTORSHIP,
    PROGRAM,
    match_name,
    mentorship_name,
    optional_person,
    optional_program,
    person_id,
    person_name,
)
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships


def confirmed(tenant: str, message: matching.MatchConfirmed) -> tuple[Ref, domain.Mentorship]:
    """Decode the mentorship that a confirmed match of `tenant` asks for. Raises Invalid for foreign names."""
    mentorship = domain.Mentorship(
        people=(
            person_id(tenant, message.mentor, "mentor"),
            person_id(tenant, message.mentee, "mentee"),
        ),
        program=fields.owned_id(tenant, PROGRAM, message.program, "program"),
        lead=person_id(tenant, message.lead, "lead"),
        match=fields.owned_id(tenant, f"{PROGRAM}/matches/*", message.match, "match"),
        usual=usual(message),
    )
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, message.mentorship, "mentorship")), mentorship


def mentorship_of(tenant: str, name: str) -> Ref:
    """Decode the mentorship an event is about. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, name, "mentorship"))


def people(tenant: str, message: mentorships.Mentorship) -> tuple[str, str]:
    """Decode who would guide whom. Raises Invalid for malformed and foreign names."""
    return (
        person_id(tenant, message.mentor, "mentorship.mentor"),
        person_id(tenant, message.mentee, "mentorship.mentee"),
    )


def stage(state: mentorships.Mentorship.State.ValueType) -> domain.Stage | None:
    """Decode how far a mentorship is; None for any."""
    if not state:
        return None
    return domain.Stage(mentorships.Mentorship.State.Name(state).removeprefix("STATE_"))


def rest(request: mentorships.PauseMentorshipRequest) -> Rest:
    """Decode a pause as asked for. Raises Invalid TIME_MALFORMED."""
    reason = domain.PauseReason(codes.PauseReason.Name(request.reason).removeprefix("PAUSE_REASON_"))
    until = _moment(request.resume_time, "resume_time") if request.HasField("resume_time") else None
    return Rest(reason, until)


def parting(request: mentorships.EndMentorshipRequest) -> Parting:
    """Decode how a mentorship ends."""
    if not request.reason:
        return Parting(None, request.never_again)
    reason = domain.EndReason(codes.EndReason.Name(request.reason).removeprefix("END_REASON_"))
    return Parting(reason, request.never_again)


def answers(survey: mentorships.ClosingSurvey) -> Answers:
    """Decode how somebody looks back."""
    said = surveys.said(survey.answers)
    return Answers(survey.satisfaction, survey.recommends, survey.comment, said, survey.survey_revision)


def mentorship(ref: Ref, stored: Versioned[domain.Mentorship]) -> mentorships.Mentorship:
    """Encode a stored mentorship."""
    state, tenant = stored.state, ref.tenant
    message = mentorships.Mentorship(
        name=mentorship_name(tenant, ref.id),
        mentor=person_name(tenant, state.mentor),
        mentee=person_name(tenant, state.mentee),
        program=optional_program(tenant, state.program),
        lead=optional_person(tenant, state.lead),
        match=match_name(tenant, state.program, state.match) if state.match else "",
        state=mentorships.Mentorship.State.Value(f"STATE_{state.stage}"),
        etag=stored.etag,
        end_date=optional_day(state.end_date),
        closing_proposer=optional_person(tenant, state.closing),
        proposer=optional_person(tenant, state.proposer),
        predecessor=mentorship_name(tenant, state.predecessor) if state.predecessor else "",
        successor=mentorship_name(tenant, state.successor.mentorship) if state.successor else "",
        closing_surveys=[_survey(tenant, survey) for survey in state.surveys],
    )
    _set_agreements(ref.tenant, message, stored)
    _set_rest_and_end(tenant, message, state)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def _set_agreements(
    tenant: str, message: mentorships.Mentorship, stored: Versioned[domain.Mentorship]
) -> None:
    state = stored.state
    if state.agreement is not None:
        message.agreement.CopyFrom(agreement(tenant, state.agreement))
    if (offered := state.on_the_table) is not None:
        message.proposed_agreement.CopyFrom(agreement(tenant, offered))
    if state.usual is not None:
        terms = state.usual.terms(stored.create_time.date())
        message.usual_agreement.CopyFrom(agreement(tenant, domain.Agreement(terms, revision=0)))


def _set_rest_and_end(tenant: str, message: mentorships.Mentorship, state: domain.Mentorship) -> None:
    if (pause := state.pause) is not None:
        message.pause.reason = codes.PauseReason.Value(f"PAUSE_REASON_{pause.reason}")
        message.pause.person = person_name(tenant, pause.person)
        fields.set_time(message.pause.start_time, pause.since)
        if pause.until is not None:
            fields.set_time(message.pause.resume_time, pause.until)
    if (asked := state.extension) is not None:
        message.proposed_extension.person = person_name(tenant, asked.person)
        message.proposed_extension.end_date.CopyFrom(day_message(asked.end_date))
    if (over := state.over) is not None:
        fields.set_time(message.end_time, over.time)
        if over.reason is not None:
            message.end_reason = codes.EndReason.Value(f"END_REASON_{over.reason}")


def _survey(tenant: str, survey: domain.Survey) -> mentorships.ClosingSurvey:
    message = mentorships.ClosingSurvey(
        person=person_name(tenant, survey.person),
        satisfaction=survey.satisfaction,
        recommends=survey.recommends,
        comment=survey.comment,
        answers=surveys.answers(survey.said),
        survey_revision=survey.form,
    )
    fields.set_time(message.create_time, survey.time)
    return message


def _moment(stamp: Timestamp, field: str) -> datetime:
    try:
        return truncated(stamp.ToDatetime(tzinfo=UTC))
    except ValueError:
        raise invalid("TIME_MALFORMED", field, "must be a moment between the years 1 and 9999") from None
