"""What an update changes (AIP-134)."""

from collections.abc import Collection

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kernel.errors import Invalid


def masked(message: Message, mask: FieldMask, changeable: Collection[str]) -> tuple[str, ...]:
    """Return the fields an update changes: those of the mask, all for "*", the populated for an empty mask.

    Fields that only ever come out are passed over (AIP-203), as is the etag a change relies on.
    Invalid UNKNOWN_FIELD names every other path.
    """
    if "*" in mask.paths:
        return tuple(changeable)
    if not mask.paths:
        populated = {field.name for field, _ in message.ListFields()}
        return tuple(field for field in changeable if field in populated)
    unknown = sorted(set(mask.paths).difference(message.DESCRIPTOR.fields_by_name))
    if unknown:
        raise Invalid(
            "UNKNOWN_FIELD",
            "update_mask names fields that there are none of",
            fields=[("update_mask", f"{path[:64]} is not a field") for path in unknown[:20]],
        )
    return tuple(field for field in changeable if field in mask.paths)
