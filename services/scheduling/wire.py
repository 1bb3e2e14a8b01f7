"""Meetings to and from protobuf; stored ids become full names of their organization."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields, ids
from services.kernel.clock import truncated
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain import meetings
from services.scheduling.domain.hours import Hours, Range, Slot, Window

MENTORSHIP = "organizations/*/mentorships/*"
MEETING = "organizations/*/mentorships/*/meetings/*"
_PERSON = "organizations/*/people/*"
_MINUTE = timedelta(minutes=1)


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def mentorship_of(tenant: str, name: str) -> Ref:
    """Decode the mentorship an event is about. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MENTORSHIP, name, "mentorship"))


def activated(tenant: str, message: mentorships.MentorshipActivated) -> tuple[Ref, meetings.Pair]:
    """Decode the pair of an active mentorship of `tenant`. Raises Invalid for malformed and foreign names."""
    pair = meetings.Pair(
        people=(
            fields.owned_id(tenant, _PERSON, message.mentor, "mentor"),
            fields.owned_id(tenant, _PERSON, message.mentee, "mentee"),
        ),
        lead=fields.owned_id(tenant, _PERSON, message.lead, "lead") if message.lead else "",
        meeting_minutes=message.meeting_length.ToTimedelta() // _MINUTE,
    )
    return mentorship_of(tenant, message.mentorship), pair


def wish(parent: str, message: pb.Meeting) -> meetings.Wish:
    """Decode a meeting to be booked under the mentorship named `parent`."""
    _, mentorship = ids.parse_name(MENTORSHIP, parent, "parent")
    return meetings.Wish(
        mentorship=mentorship,
        start=_moment(message.start_time, "meeting.start_time"),
        end=_moment(message.end_time, "meeting.end_time"),
    )


def range_of(request: availability.FindSlotsRequest) -> Range:
    """Decode where to look for free times. Raises Invalid RANGE_OUT_OF_BOUNDS."""
    return Range(_moment(request.start_time, "start_time"), _moment(request.end_time, "end_time"))


def hours(person: profiles.Person) -> Hours:
    """Decode the weekly hours of a person."""
    windows = tuple(Window(int(one.day), one.start_minute, one.end_minute) for one in person.weekly_hours)
    return Hours(person.time_zone, windows)


def slot(found: Slot, zones: tuple[str, str]) -> availability.Slot:
    """Encode a free time, also as it shows on the clocks of both (mentor's zone first)."""
    mentor, mentee = (found.start.astimezone(ZoneInfo(zone)).isoformat() for zone in zones)
    return availability.Slot(
        start_time=_stamp(found.start),
        end_time=_stamp(found.end),
        mentor_local_start=mentor,
        mentee_local_start=mentee,
    )


def meeting(ref: Ref, stored: Versioned[meetings.Meeting]) -> pb.Meeting:
    """Encode a stored meeting."""
    state = stored.state
    return pb.Meeting(
        name=_meeting(ref, state),
        start_time=_stamp(state.start),
        end_time=_stamp(state.end),
        mentor=person_name(ref.tenant, state.people[0]),
        mentee=person_name(ref.tenant, state.people[1]),
        state=pb.Meeting.State.Value(f"STATE_{state.stage}"),
        present=[person_name(ref.tenant, person) for person in state.present],
        etag=stored.etag,
        create_time=_stamp(stored.create_time),
        update_time=_stamp(stored.update_time),
    )


def outgoing(ref: Ref, state: meetings.Meeting, event: meetings.MeetingEvent) -> Outgoing:
    """Encode what happened to a meeting, keyed by its mentorship's id."""
    return Outgoing(message=_event(ref, state, event), subject=_meeting(ref, state), key=state.mentorship)


def _event(ref: Ref, state: meetings.Meeting, event: meetings.MeetingEvent) -> Message:
    tenant = ref.tenant
    about = {
        "meeting": _meeting(ref, state),
        "mentorship": ids.name("organizations", tenant, "mentorships", state.mentorship),
        "mentor": person_name(tenant, state.people[0]),
        "mentee": person_name(tenant, state.people[1]),
    }
    match event:
        case meetings.MeetingBooked():
            return events.MeetingBooked(**about, start_time=_stamp(state.start), end_time=_stamp(state.end))
        case meetings.MeetingCheckedIn(person):
            return events.MeetingCheckedIn(**about, person=person_name(tenant, person))
        case meetings.MeetingHeld():
            return events.MeetingHeld(**about)
        case meetings.MeetingMissed(absent):
            return events.MeetingMissed(
                **about,
                lead=person_name(tenant, state.lead) if state.lead else "",
                absent=[person_name(tenant, person) for person in absent],
                start_time=_stamp(state.start),
            )
        case meetings.MeetingCancelled(person):
            return events.MeetingCancelled(**about, person=person_name(tenant, person) if person else "")


def _meeting(ref: Ref, state: meetings.Meeting) -> str:
    return ids.name("organizations", ref.tenant, "mentorships", state.mentorship, "meetings", ref.id)


def _moment(stamp: Timestamp, field: str) -> datetime:
    try:
        return truncated(stamp.ToDatetime(tzinfo=UTC))
    except ValueError:
        description = "must be a moment between the years 1 and 9999"
        raise Invalid("TIME_MALFORMED", f"{field} {description}", fields=((field, description),)) from None


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    fields.set_time(stamp, moment)
    return stamp
