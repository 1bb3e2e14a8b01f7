"""Names and times as they stand in messages."""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields, ids
from services.kernel.clock import truncated
from services.kernel.errors import Invalid
from services.kernel.mongo import Ref
from services.scheduling.domain.parents import group_of, in_group

MENTORSHIP: Final = "organizations/*/mentorships/*"
MEETING: Final = "organizations/*/mentorships/*/meetings/*"
GROUP: Final = "organizations/*/groups/*"
_GROUPS_MEETING: Final = "organizations/*/groups/*/meetings/*"
AVAILABILITY: Final = "organizations/*/people/*/availability"
CALENDAR: Final = "organizations/*/people/*/calendars/*"
FEED: Final = "organizations/*/people/*/calendarFeed"
SETTINGS: Final = "organizations/*/programs/*/meetingSettings"
PROGRAM: Final = "organizations/*/programs/*"
PERSON: Final = "organizations/*/people/*"


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def availability_name(ref: Ref) -> str:
    """Return the full name of when a person can be met; the reference is the person's."""
    return f"{person_name(ref.tenant, ref.id)}/availability"


def mentorship_of(tenant: str, name: str) -> Ref:
    """Decode the mentorship an event is about. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, name, "mentorship"))


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def group_name(tenant: str, group: str) -> str:
    """Return a group's full name."""
    return ids.name("organizations", tenant, "groups", group)


def meeting_name(ref: Ref, parent: str) -> str:
    """Return the full name of a meeting."""
    group = group_of(parent)
    above = ("groups", group) if group else ("mentorships", parent)
    return ids.name("organizations", ref.tenant, *above, "meetings", ref.id)


def parent_of(name: str, field: str = "parent") -> tuple[str, str]:
    """Decode (organization, parent) of what a meeting may be under. Raises Invalid MALFORMED_NAME."""
    if _is_group(name):
        tenant, group = ids.parse_name(GROUP, name, field)
        return tenant, in_group(group)
    tenant, mentorship = ids.parse_name(MENTORSHIP, name, field)
    return tenant, mentorship


def meeting_of(name: str) -> tuple[Ref, tuple[str, str]]:
    """Decode a meeting's name: where it is kept, and (parent, meeting). Raises Invalid MALFORMED_NAME."""
    of_group = _is_group(name)
    tenant, above, meeting = ids.parse_name(_GROUPS_MEETING if of_group else MEETING, name)
    return Ref(tenant, meeting), (in_group(above) if of_group else above, meeting)


def _is_group(name: str) -> bool:
    return name.split("/")[2:3] == ["groups"]


def moment_of(stamp: Timestamp, field: str) -> datetime:
    """Decode a moment. Raises Invalid TIME_MALFORMED."""
    try:
        return truncated(stamp.ToDatetime(tzinfo=UTC))
    except ValueError:
        description = "must be a moment between the years 1 and 9999"
        raise Invalid("TIME_MALFORMED", f"{field} {description}", fields=((field, description),)) from None


def stamp_of(moment: datetime) -> Timestamp:
    """Encode a moment."""
    stamp = Timestamp()
    fields.set_time(stamp, moment)
    return stamp
