"""The pairs of mentorships and the people of groups, as mentorships tells them."""

from datetime import timedelta
from typing import Any

from services.kernel import fields
from services.kernel.mongo import Ref
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.scheduling.domain import groups, meetings
from services.scheduling.wire.names import GROUP, PERSON, PROGRAM, mentorship_of

_MINUTE = timedelta(minutes=1)


def activated(tenant: str, message: mentorships.MentorshipActivated) -> tuple[Ref, meetings.Pair]:
    """Decode the pair of an active mentorship of `tenant`. Raises Invalid for malformed and foreign names."""
    pair = meetings.Pair(
        people=(
            fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
            fields.owned_id(tenant, PERSON, message.mentee, "mentee"),
        ),
        lead=fields.owned_id(tenant, PERSON, message.lead, "lead") if message.lead else "",
        meeting_minutes=message.meeting_length.ToTimedelta() // _MINUTE,
        program=fields.owned_id(tenant, PROGRAM, message.program, "program") if message.program else "",
        cadence_days=max(1, message.cadence.ToTimedelta().days) if message.HasField("cadence") else 14,
    )
    return mentorship_of(tenant, message.mentorship), pair


def group_of(tenant: str, message: Any) -> tuple[Ref, groups.Group | None]:
    """Decode who is in a group by an event that says so, None by one of an older build, which does not.

    Raises Invalid for malformed and foreign names.
    """
    ref = group_ref(tenant, message)
    if not message.mentors:
        return ref, None
    mentors, members = (
        tuple(fields.owned_id(tenant, PERSON, name, field) for name in getattr(message, field))
        for field in ("mentors", "members")
    )
    program = fields.owned_id(tenant, PROGRAM, message.program, "program") if message.program else ""
    minutes, days = message.meeting_length.ToTimedelta() // _MINUTE, message.cadence.ToTimedelta().days
    return ref, groups.Group(mentors, members, minutes, program, cadence_days=days or 14)


def group_ref(tenant: str, message: Any) -> Ref:
    """Decode the group that an event is about. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, GROUP, message.group, "group"))
