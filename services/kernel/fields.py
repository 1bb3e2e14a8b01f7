"""Reading request fields that several contracts share. All raise Invalid with a violation of `field`."""

from google.protobuf.duration_pb2 import Duration

from services.kernel import ids
from services.kernel.errors import Invalid


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
