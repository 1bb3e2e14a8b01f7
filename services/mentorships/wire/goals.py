"""Goals to and from protobuf; stored ids become full names of their organization."""

from datetime import date

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships import domain
from services.mentorships.wire.names import goal_name, mentorship_name, person_name
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals


def draft(goal: goals.Goal) -> domain.GoalDraft:
    """Decode a goal to be set. Raises Invalid TARGET_DATE_MALFORMED for a date that is on no calendar."""
    return domain.GoalDraft(
        kind=domain.Kind(goals.Goal.Kind.Name(goal.kind).removeprefix("KIND_")),
        title=goal.title,
        measure=goal.measure,
        target_date=_date(goal.target_date) if goal.HasField("target_date") else None,
    )


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
                mentor=person_name(ref.tenant, mentor),
                mentee=person_name(ref.tenant, mentee),
                kind=_kind(state),
            )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _kind(state: domain.Goal) -> goals.Goal.Kind.ValueType:
    return goals.Goal.Kind.Value(f"KIND_{state.kind}")


def _date(value: Date) -> date:
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        raise Invalid(
            "TARGET_DATE_MALFORMED",
            "goal.target_date is on no calendar",
            fields=(("goal.target_date", "must be a full date of the calendar"),),
        ) from None
