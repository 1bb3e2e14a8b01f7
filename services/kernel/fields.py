"""Fields that several contracts share. Those that read raise Invalid with a violation of `field`."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import ids
from services.kernel.errors import Invalid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
_BEHAVIOR: Any = field_behavior_pb2.field_behavior
_TOLD: Final = frozenset({field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER})


def owned_id(tenant: str, pattern: str, value: str, field: str) -> str:
    """Return the last id of `value`, a name like `pattern` in the organization `tenant`.

    MALFORMED_NAME, or FOREIGN_ORGANIZATION for another organization's.
    """
    organization, *_, last = ids.parse_name(pattern, value, field)
    if organization != tenant:
        raise Invalid(
            "FOREIGN_ORGANIZATION",
            f"{field} names another organization",
            fields=((field, "must be of the same organization"),),
        )
    return last


def masked(message: Message, mask: FieldMask, changeable: Collection[str]) -> tuple[str, ...]:
    """Return the fields an update changes: those of the mask, all for "*", the populated for an empty mask.

    Passed over is what only ever comes out (AIP-203), names the resource, or is the etag that a change relies
    on. UNKNOWN_FIELD for every other path, of the field `update_mask`.
    """
    if "*" in mask.paths:
        return tuple(changeable)
    unknown = sorted(set(mask.paths).difference(changeable, _passed_over(message.DESCRIPTOR)))
    if unknown:
        raise Invalid(
            "UNKNOWN_FIELD",
            "update_mask names fields that cannot be changed",
            fields=[("update_mask", f"{path[:64]} is not a changeable field") for path in unknown[:20]],
        )
    named = set(mask.paths) or {field.name for field, _ in message.ListFields()}
    return tuple(field for field in changeable if field in named)


@cache
def _passed_over(kind: Descriptor) -> frozenset[str]:
    told = (
        field.name for field in kind.fields if not _TOLD.isdisjoint(field.GetOptions().Extensions[_BEHAVIOR])
    )
    return frozenset((*told, "etag"))


def whole(duration: Duration, unit: int, field: str, units: str) -> int:
    """Return a duration in units of `unit` seconds, called `units`. DURATION_NOT_WHOLE for a rest."""
    count, rest = divmod(duration.seconds, unit)
    if rest or duration.nanos:
        raise Invalid(
            "DURATION_NOT_WHOLE",
            f"{field} must be whole {units}",
            fields=((field, f"must be whole {units}"),),
        )
    return count


def set_time(stamp: Timestamp, moment: datetime) -> None:
    """Write an aware moment, as FromDatetime does at four times the price; most answers hold several."""
    since = moment - _EPOCH
    stamp.seconds = since.days * _DAY + since.seconds
    stamp.nanos = since.microseconds * 1000
