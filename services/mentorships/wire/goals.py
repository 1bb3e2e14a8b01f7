"""Goals to and from protobuf; stored ids become full names of their organization."""

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships import domain
from services.mentorships.wire.days import given_day, optional_day
from services.mentorships.wire.names import (
    PERSON,
    goal_name,
    mentorship_name,
    person_name,
    plan_template_name,
)
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals


def draft(tenant: str, goal: goals.Goal) -> domain.GoalDraft:
    """Decode a goal to be set or changed.

    Raises Invalid DATE_MALFORMED for a date that is on no calendar, MALFORMED_NAME or FOREIGN_ORGANIZATION
    for people.
    """
    return domain.GoalDraft(
        kind=domain.Kind(goals.Goal.Kind.Name(goal.kind).removeprefix("KIND_")) if goal.kind else None,
        title=goal.title,
        measure=goal.measure,
        target_date=given_day(goal, "target_date", "goal.target_date"),
        milestones=tuple(
            _milestone(one, f"goal.milestones[{place}]") for place, one in enumerate(goal.milestones)
        ),
        tasks=tuple(_task(tenant, one, f"goal.tasks[{place}]") for place, one in enumerate(goal.tasks)),
        shared_with=tuple(
            fields.owned_id(tenant, PERSON, one, f"goal.shared_with[{place}]")
            for place, one in enumerate(goal.shared_with)
        ),
    )


def state(value: goals.Goal.State.ValueType) -> domain.Progress | None:
    """Decode how far the goals of a list are; None for whichever."""
    return domain.Progress(goals.Goal.State.Name(value).removeprefix("STATE_")) if value else None


def goal(ref: Ref, stored: Versioned[domain.Goal]) -> goals.Goal:
    """Encode a stored goal."""
    known, tenant = stored.state, ref.tenant
    message = goals.Goal(
        name=goal_name(tenant, known.mentorship, ref.id),
        kind=_kind(known),
        title=known.title,
        measure=known.measure,
        state=goals.Goal.State.Value(f"STATE_{known.state}"),
        etag=stored.etag,
        milestones=[_milestone_message(one) for one in known.milestones],
        tasks=[_task_message(tenant, one) for one in known.tasks],
        shared_with=[person_name(tenant, person) for person in known.shared_with],
        percent=known.percent,
        progress_notes=[_note_message(tenant, one) for one in known.notes],
        completions=known.completions,
        target_date=optional_day(known.target_date),
        plan_template=plan_template_name(tenant, known.template) if known.template else "",
        plan_template_revision=known.template_revision,
    )
    if known.complete_time is not None:
        fields.set_time(message.complete_time, known.complete_time)
    if known.drop_time is not None:
        fields.set_time(message.drop_time, known.drop_time)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def goal_outgoing(ref: Ref, state: domain.Goal, event: domain.GoalEvent) -> Outgoing:
    """Encode what happened to a goal, keyed by its mentorship's id."""
    name = goal_name(ref.tenant, state.mentorship, ref.id)
    return Outgoing(message=_event(ref.tenant, name, state, event), subject=name, key=state.mentorship)


def _event(tenant: str, name: str, state: domain.Goal, event: domain.GoalEvent) -> Message:  # noqa: PLR0911 -- one per event
    parent = mentorship_name(tenant, state.mentorship)
    target = optional_day(state.target_date)
    mentor, mentee = (person_name(tenant, person) for person in state.people)
    match event:
        case domain.GoalCreated():
            return events.GoalCreated(goal=name, mentorship=parent, kind=_kind(state), target_date=target)
        case domain.GoalUpdated():
            return events.GoalUpdated(goal=name, mentorship=parent, target_date=target)
        case domain.GoalCompleted():
            return events.GoalCompleted(
                goal=name,
                mentorship=parent,
                mentor=mentor,
                mentee=mentee,
                kind=_kind(state),
                completion=state.completions,
            )
        case domain.GoalReopened():
            return events.GoalReopened(goal=name, mentorship=parent, mentor=mentor, mentee=mentee)
        case domain.GoalDropped():
            return events.GoalDropped(goal=name, mentorship=parent)
        case domain.GoalProgressNoted(person, percent):
            return events.GoalProgressNoted(
                goal=name, mentorship=parent, person=person_name(tenant, person), percent=percent
            )
        case domain.MilestoneCompleted(milestone):
            return events.MilestoneCompleted(goal=name, mentorship=parent, milestone=milestone)
        case domain.TaskCompleted(task, owner):
            return events.TaskCompleted(
                goal=name, mentorship=parent, task=task, owner=person_name(tenant, owner)
            )


def _milestone(message: goals.Goal.Milestone, path: str) -> domain.Milestone:
    return domain.Milestone(
        message.title, given_day(message, "target_date", f"{path}.target_date"), message.id
    )


def _task(tenant: str, message: goals.Goal.Task, path: str) -> domain.Task:
    owner = fields.owned_id(tenant, PERSON, message.owner, f"{path}.owner")
    return domain.Task(message.title, owner, given_day(message, "due_date", f"{path}.due_date"), message.id)


def _milestone_message(milestone: domain.Milestone) -> goals.Goal.Milestone:
    message = goals.Goal.Milestone(
        id=milestone.id, title=milestone.title, target_date=optional_day(milestone.due_date)
    )
    if milestone.complete_time is not None:
        fields.set_time(message.complete_time, milestone.complete_time)
    return message


def _task_message(tenant: str, task: domain.Task) -> goals.Goal.Task:
    message = goals.Goal.Task(
        id=task.id,
        title=task.title,
        owner=person_name(tenant, task.owner),
        due_date=optional_day(task.due_date),
    )
    if task.complete_time is not None:
        fields.set_time(message.complete_time, task.complete_time)
    return message


def _note_message(tenant: str, note: domain.ProgressNote) -> goals.Goal.ProgressNote:
    message = goals.Goal.ProgressNote(
        author=person_name(tenant, note.author), text=note.text, percent=note.percent
    )
    fields.set_time(message.create_time, note.time)
    return message


def _kind(state: domain.Goal) -> goals.Goal.Kind.ValueType:
    return goals.Goal.Kind.Value(f"KIND_{state.kind}")
