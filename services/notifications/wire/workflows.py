"""Workflows and what they make of messages, to and from protobuf."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from google.protobuf.duration_pb2 import Duration

from services.kernel import fields, ids
from services.kernel.clock import truncated
from services.kernel.errors import NotFound
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain.conditions import Condition, Operator, Subject
from services.notifications.domain.messages import Category, Draft, Facts
from services.notifications.domain.previews import Preview
from services.notifications.domain.routing import Hold, Send, Suppress
from services.notifications.domain.rules import Fact, Rule, Urgency
from services.notifications.domain.workflows import (
    Workflow,
    WorkflowEvent,
    WorkflowUpdated,
    require_sound,
)
from services.notifications.wire.messages import category_value
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import workflow_service_pb2 as pb

WORKFLOW = "organizations/*/workflows/*"
_NEW: Final = "new"


def named(name: str, field: str = "name") -> Category:
    """Decode which category a name means. Invalid MALFORMED_NAME, NotFound for what is no category."""
    _, key = ids.parse_name(WORKFLOW, name, field)
    if key not in set(Category):
        raise NotFound("NOT_FOUND", "nothing of this name exists")
    return Category(key)


def workflow(message: pb.Workflow, category: Category, field: str = "workflow") -> Workflow:
    """Decode a workflow of a category. Raises Invalid DURATION_NOT_WHOLE."""
    return Workflow(
        category=category,
        delay=_seconds(message.delay, f"{field}.delay"),
        digest=_seconds(message.digest, f"{field}.digest"),
        throttle=_seconds(message.throttle, f"{field}.throttle"),
        urgency=Urgency(pb.Workflow.Urgency.Name(message.urgency).removeprefix("URGENCY_")),
        digest_key=_facts(message.digest_key),
        conditions=tuple(_condition(one) for one in message.conditions),
        once=_facts(message.once_key),
        counted=not message.uncounted,
    )


def shown(tenant: str, found: tuple[Workflow, Versioned[Workflow] | None]) -> pb.Workflow:
    """Encode the steps in force, and what is stored where they are the organization's own."""
    state, stored = found
    told = pb.Workflow(
        name=ids.name("organizations", tenant, "workflows", state.category),
        category=category_value(state.category),
        urgency=pb.Workflow.Urgency.Value(f"URGENCY_{state.urgency}"),
        digest_key=[_fact_value(one) for one in state.digest_key],
        conditions=[_shown_condition(one) for one in state.conditions],
        once_key=[_fact_value(one) for one in state.once],
        uncounted=not state.counted,
        own=stored is not None,
        etag=stored.etag if stored else "",
        delay=Duration(seconds=state.delay),
        digest=Duration(seconds=state.digest),
        throttle=Duration(seconds=state.throttle),
    )
    if stored is not None:
        fields.set_time(told.update_time, stored.update_time)
    return told


def asked(request: pb.PreviewDeliveryRequest, person: str) -> tuple[Draft, Rule | None, datetime | None]:
    """Decode a message to preview, steps to try and when its cause happened. Invalid WORKFLOW_INVALID."""
    category = Category(inbox.Message.Category.Name(request.category).removeprefix("CATEGORY_"))
    rule = None
    if request.HasField("draft"):
        tried = workflow(request.draft, category, "draft")
        require_sound(tried, "draft")
        rule = tried.rule()
    when = truncated(request.cause_time.ToDatetime(UTC)) if request.HasField("cause_time") else None
    return Draft(person, category, _about(request, person)), rule, when


def _about(request: pb.PreviewDeliveryRequest, person: str) -> Facts:
    """Return what a made-up message is about: things that nobody was told of, but for those named."""
    known = request.facts
    return Facts(
        mentor=person if request.as_mentor else _NEW,
        mentee=_NEW if request.as_mentor else person,
        recipient=person,
        code=request.code,
        count=request.count,
        misses_in_row=request.misses,
        mentorship=known.get(Fact.MENTORSHIP, _NEW),
        meeting=known.get(Fact.MEETING, _NEW),
        goal=known.get(Fact.GOAL, _NEW),
        request=known.get(Fact.REQUEST, _NEW),
        requester=known.get(Fact.REQUESTER, _NEW),
    )


def previewed(preview: Preview) -> pb.PreviewDeliveryResponse:
    """Encode what would happen."""
    answer = pb.PreviewDeliveryResponse
    told = answer(gathered=preview.gathered)
    told.steps.add(kind=answer.Step.KIND_ONCE, passed=not preview.told)
    for step in preview.steps:
        told.steps.add(kind=answer.Step.Kind.Value(f"KIND_{step}"), passed=True)
    if preview.steps and not isinstance(preview.route, Send):
        told.steps[-1].passed = False
    match preview.route:
        case _ if preview.told:
            told.outcome = answer.OUTCOME_TOLD_BEFORE
        case _ if preview.failure:
            told.outcome, told.failure = answer.OUTCOME_FAIL, preview.failure
        case Send(reason, mail, chat):
            told.outcome, told.reason = answer.OUTCOME_SEND, _reason(reason)
            told.mail, told.chat = mail, chat
        case Hold(reason, until):
            told.outcome, told.reason = answer.OUTCOME_HOLD, _reason(reason)
            fields.set_time(told.hold_time, until)
        case Suppress(reason):
            told.outcome, told.reason = answer.OUTCOME_SUPPRESS, _reason(reason)
    return told


def workflow_outgoing(ref: Ref, state: Workflow, event: WorkflowEvent) -> Outgoing:
    """Encode what happened to a workflow, keyed by its id."""
    name = ids.name("organizations", ref.tenant, "workflows", state.category)
    kind = events.WorkflowUpdated if isinstance(event, WorkflowUpdated) else events.WorkflowReset
    return Outgoing(message=kind(workflow=name), subject=name, key=state.category)


def _seconds(duration: Duration, field: str) -> int:
    return fields.whole(duration, 1, field, "seconds")


def _facts(values: Iterable[pb.Workflow.Fact.ValueType]) -> tuple[Fact, ...]:
    return tuple(Fact(pb.Workflow.Fact.Name(one).removeprefix("FACT_").lower()) for one in values)


def _fact_value(fact: Fact) -> pb.Workflow.Fact.ValueType:
    return pb.Workflow.Fact.Value(f"FACT_{fact.upper()}")


def _condition(message: pb.Workflow.Condition) -> Condition:
    condition = pb.Workflow.Condition
    return Condition(
        Subject(condition.Subject.Name(message.subject).removeprefix("SUBJECT_")),
        Operator(condition.Operator.Name(message.operator).removeprefix("OPERATOR_")),
        tuple(message.values),
    )


def _shown_condition(state: Condition) -> pb.Workflow.Condition:
    return pb.Workflow.Condition(
        subject=pb.Workflow.Condition.Subject.Value(f"SUBJECT_{state.subject}"),
        operator=pb.Workflow.Condition.Operator.Value(f"OPERATOR_{state.operator}"),
        values=state.values,
    )


def _reason(reason: str) -> inbox.Message.Reason.ValueType:
    return inbox.Message.Reason.Value(f"REASON_{reason}")
