"""Meetings to and from protobuf."""

from services.kernel import ids
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain import meetings
from services.scheduling.wire.names import MENTORSHIP, meeting_name, moment_of, person_name, stamp_of


def wish(parent: str, message: pb.Meeting) -> meetings.Wish:
    """Decode a meeting to be booked under the mentorship named `parent`."""
    _, mentorship = ids.parse_name(MENTORSHIP, parent, "parent")
    return meetings.Wish(
        mentorship=mentorship,
        start=moment_of(message.start_time, "meeting.start_time"),
        end=moment_of(message.end_time, "meeting.end_time"),
    )


def meeting(ref: Ref, stored: Versioned[meetings.Meeting]) -> pb.Meeting:
    """Encode a stored meeting."""
    state = stored.state
    return pb.Meeting(
        name=meeting_name(ref, state.mentorship),
        start_time=stamp_of(state.start),
        end_time=stamp_of(state.end),
        mentor=person_name(ref.tenant, state.people[0]),
        mentee=person_name(ref.tenant, state.people[1]),
        state=pb.Meeting.State.Value(f"STATE_{state.stage}"),
        present=[person_name(ref.tenant, person) for person in state.present],
        etag=stored.etag,
        create_time=stamp_of(stored.create_time),
        update_time=stamp_of(stored.update_time),
    )
