"""Fields that several contracts share. Those that read raise Invalid with a violation of `field`."""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import ids
from services.kernel.errors import Invalid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400


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
