"""Chats to and from protobuf; a URL goes in and never out."""

from typing import Any, Final

from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain import chats
from services.notifications.domain.chats import Chat, Format, Stage
from services.notifications.domain.messages import Attempt, Category, Draft, Facts, Verdict
from services.notifications.wire.messages import PERSON, category_value, person_name
from services.notifications.wire.preferences import categories
from services.pb.mentoring.notifications.v1 import chat_service_pb2 as pb
from services.pb.mentoring.notifications.v1 import events_pb2 as events

CHAT = "organizations/*/people/*/chat"
_FIELDS: Final = {"url": "url", "format": "format", "categories": "categories", "state": "stage"}


def update(owner: str, message: pb.Chat, mask: FieldMask) -> tuple[Chat, tuple[str, ...]]:
    """Decode new values and which fields to take from them. Raises Invalid UNKNOWN_FIELD or STATE_MISSING."""
    named = masked(message, mask, _FIELDS)
    if "state" in mask.paths and not message.state:
        raise Invalid("STATE_MISSING", "a state is needed", fields=(("chat.state", "must be given"),))
    is_card = message.format == pb.Chat.FORMAT_ADAPTIVE_CARD
    values = Chat(
        url=message.url,
        owner=owner,
        format=Format.ADAPTIVE_CARD if is_card else Format.TEXT,
        categories=categories(message.categories),
        stage=Stage.DISABLED if message.state == pb.Chat.STATE_DISABLED else Stage.ENABLED,
    )
    return values, tuple(_FIELDS[path] for path in named)


def chat(ref: Ref, stored: Versioned[Chat]) -> pb.Chat:
    """Encode a chat without its URL."""
    state = stored.state
    shown = pb.Chat(
        name=_name(ref),
        host=state.host,
        format=pb.Chat.Format.Value(f"FORMAT_{state.format}"),
        categories=[category_value(one) for one in state.categories],
        state=pb.Chat.STATE_ENABLED if state.is_on else pb.Chat.STATE_DISABLED,
        disable_reason=state.off,
        etag=stored.etag,
    )
    fields.set_time(shown.update_time, stored.update_time)
    return shown


def tested(attempt: Attempt) -> pb.TestChatResponse:
    """Encode how a try went."""
    return pb.TestChatResponse(posted=attempt.verdict is Verdict.ACCEPTED, outcome=attempt.reason)


def disabled(tenant: str, message: events.ChatDisabled) -> list[Draft]:
    """Decode that who made a chat should know it is off. Raises Invalid for malformed names."""
    owner = fields.owned_id(tenant, PERSON, message.owner, "owner")
    return [Draft(owner, Category.CHAT_DISABLED, Facts(code=message.reason))]


def chat_outgoing(ref: Ref, state: Chat, event: chats.Event) -> Outgoing:
    """Encode what happened to a chat, keyed by its person's id."""
    name = _name(ref)
    told: Any = getattr(events, event)(chat=name)
    if event is chats.Event.DISABLED:
        told.reason, told.owner = state.off, person_name(ref.tenant, state.owner)
    return Outgoing(message=told, subject=name, key=ref.id)


def _name(ref: Ref) -> str:
    return ids.name("organizations", ref.tenant, "people", ref.id, "chat")
