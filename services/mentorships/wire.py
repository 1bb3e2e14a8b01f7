"""Mentorships and goals to and from protobuf; stored ids become full names of their organization."""

from datetime import date

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships import domain
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships

MENTORSHIP = "organizations/*/mentorships/*"
PERSON = "organizations/*/people/*"
PROGRAM = "organizations/*/programs/*"
GOAL = "organizations/*/mentorships/*/goals/*"

_DAY = 86_400
_MINUTE = 60


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def goal_name(tenant: str, mentorship: str, goal: str) -> str:
    """Return a goal's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship, "goals", goal)


def optional_id(tenant: str, pattern: str, value: str, field: str) -> str:
    """Return "" for an empty name, else `owned_id`."""
    return fields.owned_id(tenant, pattern, value, field) if value else ""


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


def draft(goal: goals.Goal) -> domain.GoalDraft:
    """Decode a goal to be set. Raises Invalid TARGET_DATE_MALFORMED for a date that is on no calendar."""
    return domain.GoalDraft(
        kind=domain.Kind(goals.Goal.Kind.Name(goal.kind).removeprefix("KIND_")),
        title=goal.title,
        measure=goal.measure,
        target_date=_date(goal.target_date) if goal.HasField("target_date") else None,
    )


def mentorship(ref: Ref, stored: Versioned[domain.Mentorship]) -> mentorships.Mentorship:
    """Encode a stored mentorship."""
    state, tenant = stored.state, ref.tenant
    message = mentorships.Mentorship(
        name=mentorship_name(tenant, ref.id),
        mentor=_person(tenant, state.mentor),
        mentee=_person(tenant, state.mentee),
        program=_program(tenant, state),
        lead=_person(tenant, state.lead),
        match=f"{_program(tenant, state)}/matches/{state.match}",
        state=mentorships.Mentorship.State.Value(f"STATE_{state.stage}"),
        etag=stored.etag,
    )
    if state.agreement is not None:
        message.agreement.CopyFrom(_agreement(tenant, state.agreement))
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def goal(ref: Ref, stored: Versioned[domain.Goal]) -> goals.Goal:
    """Encode a stored goal."""
    state = stored.state
    stage = goals.Goal.STATE_OPEN if state.complete_time is None else goals.Goal.STATE_COMPLETED
    message = goals.Goal(
        name=goal_name(ref.tenant, state.mentorship, ref.id),
        kind=_kind(state),
        title=state.title,
        measure=state.measure,
        state=stage,
        etag=stored.etag,
    )
    if state.target_date is not None:
        day = state.target_date
        message.target_date.CopyFrom(Date(year=day.year, month=day.month, day=day.day))
    if state.complete_time is not None:
        fields.set_time(message.complete_time, state.complete_time)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def mentorship_outgoing(ref: Ref, state: domain.Mentorship, event: domain.MentorshipEvent) -> Outgoing:
    """Encode what happened to a mentorship, keyed by its id."""
    name = mentorship_name(ref.tenant, ref.id)
    return Outgoing(message=_mentorship_event(ref.tenant, name, state, event), subject=name, key=ref.id)


def goal_outgoing(ref: Ref, state: domain.Goal, event: domain.GoalEvent) -> Outgoing:
    """Encode what happened to a goal, keyed by its mentorship's id."""
    name, parent = (
        goal_name(ref.tenant, state.mentorship, ref.id),
        mentorship_name(ref.tenant, state.mentorship),
    )
    mentor, mentee = state.people
    message: Message
    match event:
        case domain.GoalCreated():
            message = events.GoalCreated(goal=name, mentorship=parent, kind=_kind(state))
        case domain.GoalCompleted():
            message = events.GoalCompleted(
                goal=name,
                mentorship=parent,
                mentor=_person(ref.tenant, mentor),
                mentee=_person(ref.tenant, mentee),
                kind=_kind(state),
            )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _mentorship_event(
    tenant: str, name: str, state: domain.Mentorship, event: domain.MentorshipEvent
) -> Message:
    match event:
        case domain.MentorshipCreated():
            return events.MentorshipCreated(
                mentorship=name,
                program=_program(tenant, state),
                lead=_person(tenant, state.lead),
                mentor=_person(tenant, state.mentor),
                mentee=_person(tenant, state.mentee),
            )
        case domain.AgreementProposed(person, revision):
            return events.AgreementProposed(
                mentorship=name, person=_person(tenant, person), revision=revision
            )
        case domain.AgreementSigned(person, revision):
            return events.AgreementSigned(mentorship=name, person=_person(tenant, person), revision=revision)
        case domain.MentorshipActivated(cadence_days, meeting_minutes):
            return events.MentorshipActivated(
                mentorship=name,
                program=_program(tenant, state),
                lead=_person(tenant, state.lead),
                mentor=_person(tenant, state.mentor),
                mentee=_person(tenant, state.mentee),
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
        signed_by=[_person(tenant, person) for person in agreement.signed_by],
    )


def _kind(state: domain.Goal) -> goals.Goal.Kind.ValueType:
    return goals.Goal.Kind.Value(f"KIND_{state.kind}")


def _person(tenant: str, person: str) -> str:
    return ids.name("organizations", tenant, "people", person)


def _program(tenant: str, state: domain.Mentorship) -> str:
    return ids.name("organizations", tenant, "programs", state.program)


def _date(value: Date) -> date:
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        raise Invalid(
            "TARGET_DATE_MALFORMED",
            "goal.target_date is on no calendar",
            fields=(("goal.target_date", "must be a full date of the calendar"),),
        ) from None
