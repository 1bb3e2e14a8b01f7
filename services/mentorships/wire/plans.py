"""Plan templates and applied plans to and from protobuf."""

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain.goal import Kind
from services.mentorships.domain.plan import Plan, PlanEvent
from services.mentorships.domain.plan_template import (
    GoalOutline,
    MilestoneOutline,
    Owner,
    PlanTemplate,
    PlanTemplateArchived,
    PlanTemplateCreated,
    PlanTemplateEvent,
    PlanTemplateUpdated,
    TaskOutline,
    TemplateDraft,
    TipOutline,
)
from services.mentorships.wire import names
from services.mentorships.wire.days import day_message, optional_day
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import plan_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal

_Dated = pb.PlanTemplate.GoalOutline | pb.PlanTemplate.MilestoneOutline | pb.PlanTemplate.TaskOutline


def draft(message: pb.PlanTemplate) -> TemplateDraft:
    """Decode a template to be kept or changed."""
    return TemplateDraft(
        display_name=message.display_name,
        goals=tuple(_goal(one) for one in message.goals),
        tips=tuple(TipOutline(one.text, one.day) for one in message.tips),
        check_in_days=tuple(message.check_in_days),
    )


def template(ref: Ref, stored: Versioned[PlanTemplate]) -> pb.PlanTemplate:
    """Encode a stored template."""
    known = stored.state
    message = pb.PlanTemplate(
        name=names.plan_template_name(ref.tenant, ref.id),
        display_name=known.display_name,
        goals=[_goal_message(one) for one in known.goals],
        tips=[pb.PlanTemplate.TipOutline(text=one.text, day=one.day) for one in known.tips],
        check_in_days=known.check_in_days,
        revision=known.revision,
        state=pb.PlanTemplate.STATE_ARCHIVED if known.archived else pb.PlanTemplate.STATE_ACTIVE,
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def plan(ref: Ref, stored: Versioned[Plan], goals: list[str]) -> pb.Plan:
    """Encode an applied plan, which set the goals of these ids."""
    known = stored.state
    message = pb.Plan(
        name=names.below(ref.tenant, known.mentorship, "plans", ref.id),
        plan_template=names.plan_template_name(ref.tenant, known.template),
        plan_template_revision=known.revision,
        start_date=day_message(known.start),
        applied_by=names.person_name(ref.tenant, known.person),
        goals=[names.goal_name(ref.tenant, known.mentorship, one) for one in goals],
        tips=[pb.Plan.Tip(text=one.text, date=optional_day(known.date_of(one.day))) for one in known.tips],
        check_in_dates=[day_message(one.date()) for one in known.check_in_times],
    )
    fields.set_time(message.create_time, stored.create_time)
    return message


def applied(tenant: str, message: events.PlanApplied) -> Ref:
    """Decode which plan was applied. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, names.PLAN, message.plan, "plan"))


def template_outgoing(ref: Ref, state: PlanTemplate, event: PlanTemplateEvent) -> Outgoing:
    """Encode what happened to a template, keyed by its id."""
    name = names.plan_template_name(ref.tenant, ref.id)
    message: Message
    match event:
        case PlanTemplateCreated():
            message = events.PlanTemplateCreated(plan_template=name)
        case PlanTemplateUpdated():
            message = events.PlanTemplateUpdated(plan_template=name, revision=state.revision)
        case PlanTemplateArchived():
            message = events.PlanTemplateArchived(plan_template=name)
    return Outgoing(message=message, subject=name, key=ref.id)


def plan_outgoing(ref: Ref, state: Plan, _: PlanEvent) -> Outgoing:
    """Encode that a plan was applied, keyed by its mentorship's id."""
    name = names.below(ref.tenant, state.mentorship, "plans", ref.id)
    message = events.PlanApplied(
        plan=name,
        mentorship=names.mentorship_name(ref.tenant, state.mentorship),
        plan_template=names.plan_template_name(ref.tenant, state.template),
        revision=state.revision,
    )
    return Outgoing(message=message, subject=name, key=state.mentorship)


def _goal(message: pb.PlanTemplate.GoalOutline) -> GoalOutline:
    return GoalOutline(
        kind=Kind(Goal.Kind.Name(message.kind).removeprefix("KIND_")),
        title=message.title,
        measure=message.measure,
        day=_day(message),
        milestones=tuple(MilestoneOutline(one.title, _day(one)) for one in message.milestones),
        tasks=tuple(
            TaskOutline(
                one.title, Owner(pb.PlanTemplate.Owner.Name(one.owner).removeprefix("OWNER_")), _day(one)
            )
            for one in message.tasks
        ),
    )


def _day(message: _Dated) -> int | None:
    return message.day if message.HasField("day") else None


def _goal_message(goal: GoalOutline) -> pb.PlanTemplate.GoalOutline:
    return pb.PlanTemplate.GoalOutline(
        kind=Goal.Kind.Value(f"KIND_{goal.kind}"),
        title=goal.title,
        measure=goal.measure,
        day=goal.day,
        milestones=[
            pb.PlanTemplate.MilestoneOutline(title=one.title, day=one.day) for one in goal.milestones
        ],
        tasks=[
            pb.PlanTemplate.TaskOutline(
                title=one.title, owner=pb.PlanTemplate.Owner.Value(f"OWNER_{one.owner}"), day=one.day
            )
            for one in goal.tasks
        ],
    )
