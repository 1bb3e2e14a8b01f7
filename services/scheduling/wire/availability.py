"""Hours and free times to and from protobuf."""

from zoneinfo import ZoneInfo

from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.scheduling.domain.hours import Hours, Range, Slot, Window
from services.scheduling.wire.names import moment_of, stamp_of


def range_of(request: availability.FindSlotsRequest) -> Range:
    """Decode where to look for free times. Raises Invalid RANGE_OUT_OF_BOUNDS."""
    return Range(moment_of(request.start_time, "start_time"), moment_of(request.end_time, "end_time"))


def hours(person: profiles.Person) -> Hours:
    """Decode the weekly hours of a person."""
    windows = tuple(Window(int(one.day), one.start_minute, one.end_minute) for one in person.weekly_hours)
    return Hours(person.time_zone, windows)


def slot(found: Slot, zones: tuple[str, str]) -> availability.Slot:
    """Encode a free time, also as it shows on the clocks of both (mentor's zone first)."""
    mentor, mentee = (found.start.astimezone(ZoneInfo(zone)).isoformat() for zone in zones)
    return availability.Slot(
        start_time=stamp_of(found.start),
        end_time=stamp_of(found.end),
        mentor_local_start=mentor,
        mentee_local_start=mentee,
    )
