"""Badges, and what a rule would mean, to and from protobuf."""

from dataclasses import replace
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.recognition.v1 import badge_service_pb2 as pb
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.recognition.domain.badges import Badge, BadgeUpdated, Preview, Words
from services.recognition.wire.names import badge_name
from services.recognition.wire.recognitions import kind, kind_code

_CHANGEABLE: Final = (
    "display_name",
    "description",
    "criteria",
    "kind",
    "min_count",
    "certificate",
    "enabled",
)
_WORDS: Final = ("display_name", "description", "criteria")


def wanted(message: pb.Badge) -> Badge:
    """Decode a badge. Invalid KIND_MISSING."""
    if not message.kind:
        raise Invalid("KIND_MISSING", "kind is missing", fields=(("badge.kind", "must be set"),))
    return Badge(
        words=Words(message.display_name, message.description, message.criteria),
        kind=kind(message.kind),
        min_count=message.min_count,
        certificate=message.certificate,
        enabled=message.enabled,
    )


def changed(message: pb.Badge, mask: FieldMask, known: Badge) -> Badge:
    """Return what a badge is like after an update. Invalid UNKNOWN_FIELD or KIND_MISSING."""
    chosen = masked(message, mask, _CHANGEABLE)
    if "kind" in chosen and not message.kind:
        raise Invalid("KIND_MISSING", "kind is missing", fields=(("badge.kind", "must be set"),))
    words = {field: getattr(message, field) for field in chosen if field in _WORDS}
    rule = {field: getattr(message, field) for field in chosen if field not in {*_WORDS, "kind"}}
    if "kind" in chosen:
        rule["kind"] = kind(message.kind)
    return replace(known, words=replace(known.words, **words), **rule)


def badge(ref: Ref, stored: Versioned[Badge]) -> pb.Badge:
    """Encode a badge."""
    state = stored.state
    message = pb.Badge(
        name=badge_name(ref.tenant, ref.id),
        display_name=state.words.display_name,
        description=state.words.description,
        criteria=state.words.criteria,
        kind=kind_code(state.kind),
        min_count=state.min_count,
        certificate=state.certificate,
        enabled=state.enabled,
        revision=state.revision,
        etag=stored.etag,
    )
    if stored.version:
        fields.set_time(message.create_time, stored.create_time)
        fields.set_time(message.update_time, stored.update_time)
    return message


def preview(found: Preview) -> pb.PreviewBadgeResponse:
    """Encode what a rule would mean."""
    return pb.PreviewBadgeResponse(
        would_earn=found.would_earn,
        would_keep=found.would_keep,
        would_lose=found.would_lose,
        opted_out=found.opted_out,
    )


def outgoing(ref: Ref, state: Badge, _: BadgeUpdated) -> Outgoing:
    """Encode that a badge was added or changed, keyed by its id."""
    name = badge_name(ref.tenant, ref.id)
    return Outgoing(events.BadgeUpdated(badge=name, revision=state.revision), name, ref.id)
