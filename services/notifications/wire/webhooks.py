"""Endpoints, deliveries and the bodies of requests, to and from protobuf."""

import json
from typing import Any, Final

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.events import Event
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain import deliveries, webhooks
from services.notifications.domain.deliveries import Delivery, News
from services.notifications.domain.messages import Category, Draft, Facts
from services.notifications.domain.webhooks import Stage, Webhook
from services.notifications.wire.messages import PERSON, person_name
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import webhook_service_pb2 as pb
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import events_pb2 as recognition
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling

WEBHOOK = "organizations/*/webhooks/*"
DELIVERY = "organizations/*/webhooks/*/deliveries/*"
_FILES: Final[tuple[FileDescriptor, ...]] = tuple(
    module.DESCRIPTOR for module in (matching, mentorships, processor, recognition, scheduling)
)
EVENTS: Final = frozenset(kind.full_name for file in _FILES for kind in file.message_types_by_name.values())
"""What endpoints can be told, by full name."""

_FIELDS: Final = {"url": "url", "event_types": "types", "state": "stage"}


def news(event: Event[Any]) -> News:
    """Encode an event as the body of requests."""
    told = {
        "type": event.type,
        "timestamp": event.time.isoformat().replace("+00:00", "Z"),
        "organization": event.tenant,
        "subject": event.subject,
        "sequence": event.sequence,
        "data": MessageToDict(event.message, preserving_proto_field_name=True),
    }
    return News(event.id, event.type, json.dumps(told, separators=(",", ":")))


def created(owner: str, message: pb.Webhook) -> Webhook:
    """Decode a new endpoint. Raises Invalid UNKNOWN_EVENT_TYPE."""
    webhooks.require_types(message.event_types, EVENTS)
    return Webhook(message.url, tuple(message.event_types), owner)


def update(message: pb.Webhook, mask: FieldMask) -> tuple[Webhook, tuple[str, ...]]:
    """Decode new values and which fields to take from them.

    Raises Invalid UNKNOWN_FIELD, UNKNOWN_EVENT_TYPE or STATE_MISSING.
    """
    named = masked(message, mask, _FIELDS)
    if "event_types" in named:
        webhooks.require_types(message.event_types, EVENTS)
    if "state" in named and not message.state:
        raise Invalid("STATE_MISSING", "a state is needed", fields=(("webhook.state", "must be given"),))
    stage = (
        Stage(pb.Webhook.State.Name(message.state).removeprefix("STATE_")) if message.state else Stage.ENABLED
    )
    values = Webhook(message.url, tuple(message.event_types), "", stage)
    return values, tuple(_FIELDS[path] for path in named)


def webhook(ref: Ref, stored: Versioned[Webhook]) -> pb.Webhook:
    """Encode an endpoint; never its secrets."""
    state = stored.state
    shown = pb.Webhook(
        name=_webhook(ref.tenant, ref.id),
        url=state.url,
        event_types=state.types,
        state=pb.Webhook.STATE_ENABLED if state.is_on else pb.Webhook.STATE_DISABLED,
        disable_reason=state.off,
        etag=stored.etag,
    )
    if state.old_until is not None:
        fields.set_time(shown.old_secret_expire_time, state.old_until)
    fields.set_time(shown.create_time, stored.create_time)
    fields.set_time(shown.update_time, stored.update_time)
    return shown


def delivery(ref: Ref, stored: Versioned[Delivery]) -> pb.WebhookDelivery:
    """Encode a delivery with its log."""
    state = stored.state
    shown = pb.WebhookDelivery(
        name=_delivery(ref, state),
        event_id=state.event_id,
        event_type=state.type,
        state=pb.WebhookDelivery.State.Value(f"STATE_{state.stage}"),
        payload=state.body,
        etag=stored.etag,
    )
    for made in state.tries:
        attempt = shown.attempts.add(outcome=made.outcome)
        fields.set_time(attempt.start_time, made.time)
        attempt.duration.FromMilliseconds(made.milliseconds)
    if state.due is not None:
        fields.set_time(shown.next_attempt_time, state.due)
    fields.set_time(shown.create_time, stored.create_time)
    return shown


def queued(tenant: str, message: events.WebhookDeliveryQueued) -> Ref:
    """Decode which delivery waits. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, DELIVERY, message.delivery, "delivery"))


def failed(tenant: str, message: events.WebhookDeliveryFailed) -> Ref:
    """Decode which delivery was given up. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, DELIVERY, message.delivery, "delivery"))


def disabled(tenant: str, message: events.WebhookDisabled) -> list[Draft]:
    """Decode that who made an endpoint should know it is off. Raises Invalid for malformed names."""
    facts = Facts(webhook=fields.owned_id(tenant, WEBHOOK, message.webhook, "webhook"), code=message.reason)
    owner = fields.owned_id(tenant, PERSON, message.owner, "owner")
    return [Draft(owner, Category.WEBHOOK_DISABLED, facts)]


def webhook_outgoing(ref: Ref, state: Webhook, event: webhooks.Event) -> Outgoing:
    """Encode what happened to an endpoint, keyed by its id."""
    name = _webhook(ref.tenant, ref.id)
    told: Any = getattr(events, event)(webhook=name)
    if event is webhooks.Event.DISABLED:
        told.reason, told.owner = state.off, person_name(ref.tenant, state.owner)
    return Outgoing(message=told, subject=name, key=ref.id)


def delivery_outgoing(ref: Ref, state: Delivery, event: deliveries.Event) -> Outgoing:
    """Encode what happened to a delivery, keyed by its endpoint."""
    name = _delivery(ref, state)
    told: Message
    match event:
        case deliveries.Queued():
            told = events.WebhookDeliveryQueued(delivery=name)
        case deliveries.Delayed(reason):
            told = events.WebhookDeliveryDelayed(delivery=name, reason=reason)
        case deliveries.Delivered():
            told = events.WebhookDelivered(delivery=name)
        case deliveries.Failed(reason):
            told = events.WebhookDeliveryFailed(delivery=name, reason=reason)
    return Outgoing(message=told, subject=name, key=state.webhook)


def _webhook(tenant: str, webhook_id: str) -> str:
    return ids.name("organizations", tenant, "webhooks", webhook_id)


def _delivery(ref: Ref, state: Delivery) -> str:
    return ids.name("organizations", ref.tenant, "webhooks", state.webhook, "deliveries", ref.id)
