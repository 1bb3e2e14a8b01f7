"""The pairs of mentorships, as mentorships tells them."""

from datetime import timedelta

from services.kernel import fields
from services.kernel.mongo import Ref
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.scheduling.domain import meetings
from services.scheduling.wire.names import PERSON, PROGRAM, mentorship_of

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
