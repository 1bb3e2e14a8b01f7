"""Events of meetings of groups that lead to messages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from services.kernel import fields
from services.notifications.domain.messages import Category, Draft, Facts
from services.notifications.wire.messages import PERSON, moment
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling

_GROUP: Final = "organizations/*/groups/*"
_MEETING: Final = f"{_GROUP}/meetings/*"
_OF_THE_ADDRESSEE: Final = (scheduling.GroupMeetingAttendeeAdded, scheduling.GroupMeetingAttendeeRemoved)
"""What happened to their `person`; other events say who did it."""


def news(tenant: str, message: Any, category: Category, whom: Sequence[str]) -> list[Draft]:
    """Decode an event for those whom its fields `whom` name; each is told who did it, if somebody else did.

    Of a series the first event tells. Raises Invalid for malformed and foreign names.
    """
    if _is_told(message):
        return []
    facts = Facts(
        group=fields.owned_id(tenant, _GROUP, message.group, "group"),
        meeting=fields.owned_id(tenant, _MEETING, message.group_meeting, "group_meeting"),
        moment=moment(message),
    )
    addressees = dict.fromkeys(one for field in whom for one in _people(tenant, message, field))
    by = "" if isinstance(message, _OF_THE_ADDRESSEE) else next(_people(tenant, message, "person"), "")
    return [Draft(one, category, _told(message, facts, by, one)) for one in addressees]


def _is_told(message: Any) -> bool:
    """Whether another event tells the same: that of the series, or of the first in it."""
    if isinstance(message, scheduling.GroupMeetingBooked):
        return bool(message.series)
    return isinstance(message, _OF_THE_ADDRESSEE) and message.told_of_series


def asked(tenant: str, message: scheduling.GroupMeetingAnswered) -> list[Draft]:
    """Decode that somebody asks for another time, for the mentors. Raises as `news`."""
    drafts = news(tenant, message, Category.MEETING_COUNTERED, ("mentors",))
    return [one for one in drafts if one.facts.code != "OWN"]


def _told(message: Any, facts: Facts, by: str, addressee: str) -> Facts:
    if isinstance(message, scheduling.GroupMeetingAttendeeRemoved):
        return replace(facts, code="LEFT")
    if isinstance(message, scheduling.GroupMeetingCancelled) and not by:
        return replace(facts, code="PLATFORM")
    if by == addressee:
        return replace(facts, code="OWN")
    return replace(facts, requester=by, recipient=addressee) if by else facts


def _people(tenant: str, message: Any, field: str) -> Iterator[str]:
    """Yield the people whom a field names; none if the event has no such field, or it is empty."""
    named = getattr(message, field, "")
    for name in (named,) if isinstance(named, str) else named:
        if name:
            yield fields.owned_id(tenant, PERSON, name, field)
