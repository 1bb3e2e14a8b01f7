"""Learning resources to and from protobuf."""

from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain.learning import (
    LearningDraft,
    LearningEvent,
    LearningResource,
    LearningResourceArchived,
    LearningResourceCreated,
    LearningResourceUpdated,
    Part,
)
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import learning_service_pb2 as pb

_STAGES: Final = {
    Part.ANY: pb.LearningResource.STAGE_UNSPECIFIED,
    Part.BEGINNING: pb.LearningResource.STAGE_BEGINNING,
    Part.UNDERWAY: pb.LearningResource.STAGE_UNDERWAY,
    Part.CLOSING: pb.LearningResource.STAGE_CLOSING,
}
_PARTS: Final = {stage: part for part, stage in _STAGES.items()}
_FIELDS: Final = {"title": "title", "uri": "uri", "focus_areas": "focus_areas", "stage": "part"}


def draft(message: pb.LearningResource) -> LearningDraft:
    """Decode a resource to be kept or changed."""
    return LearningDraft(message.title, message.uri, tuple(message.focus_areas), part(message.stage))


def changed(message: pb.LearningResource, mask: FieldMask) -> list[str]:
    """Return which fields of the draft an update is about. Invalid UNKNOWN_FIELD."""
    return [_FIELDS[name] for name in masked(message, mask, _FIELDS)]


def part(stage: pb.LearningResource.Stage.ValueType) -> Part:
    """Decode for which part of a mentorship something is."""
    return _PARTS[stage]


def resource(ref: Ref, stored: Versioned[LearningResource]) -> pb.LearningResource:
    """Encode a stored resource."""
    known = stored.state
    states = pb.LearningResource.State
    message = pb.LearningResource(
        name=names.learning_resource_name(ref.tenant, ref.id),
        title=known.title,
        uri=known.uri,
        focus_areas=known.focus_areas,
        stage=_STAGES[known.part],
        state=states.STATE_ARCHIVED if known.archived else states.STATE_ACTIVE,
        etag=stored.etag,
    )
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def resource_outgoing(ref: Ref, _: LearningResource, event: LearningEvent) -> Outgoing:
    """Encode what happened to a resource, keyed by its id."""
    name = names.learning_resource_name(ref.tenant, ref.id)
    message: Message
    match event:
        case LearningResourceCreated():
            message = events.LearningResourceCreated(learning_resource=name)
        case LearningResourceUpdated():
            message = events.LearningResourceUpdated(learning_resource=name)
        case LearningResourceArchived():
            message = events.LearningResourceArchived(learning_resource=name)
    return Outgoing(message=message, subject=name, key=ref.id)
