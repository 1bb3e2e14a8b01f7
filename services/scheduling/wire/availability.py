"""Hours and free times to and from protobuf."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel.errors import Invalid
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain.availability import (
    USUAL_HORIZON,
    USUAL_STEP,
    Availability,
    AvailabilityEvent,
    Away,
    Override,
)
from services.scheduling.domain.hours import Hours, Range, Slot, Window
from services.scheduling.wire.names import availability_name, moment_of, person_name, stamp_of


def range_of(request: availability.FindSlotsRequest) -> Range:
    """Decode where to look for free times. Raises Invalid RANGE_OUT_OF_BOUNDS."""
    return Range(moment_of(request.start_time, "start_time"), moment_of(request.end_time, "end_time"))


def hours(person: profiles.Person) -> Hours:
    """Decode the weekly hours of a person."""
    windows = tuple(Window(int(one.day), one.start_minute, one.end_minute) for one in person.weekly_hours)
    return Hours(person.time_zone, windows)


def slot(found: Slot, zones: Sequence[str]) -> availability.Slot:
    """Encode a free time, also as it shows on the clocks of the two (mentor's zone first), or of a mentor."""
    mentor, mentee = ([found.start.astimezone(ZoneInfo(zone)).isoformat() for zone in zones] + [""])[:2]
    return availability.Slot(
        start_time=stamp_of(found.start),
        end_time=stamp_of(found.end),
        mentor_local_start=mentor,
        mentee_local_start=mentee,
    )


def changes(message: availability.Availability, mask: FieldMask) -> dict[str, Any]:
    """Decode what an update sets: fields of the domain by name.

    Invalid as `masked`, or DATE_MALFORMED.
    """
    chosen = masked(message, mask, _READERS)
    return {_READERS[field][0]: _READERS[field][1](message) for field in chosen}


def _windows(message: availability.Availability) -> tuple[Window, ...] | None:
    if not message.HasField("weekly_hours"):
        return None
    told = message.weekly_hours.windows
    return tuple(Window(int(one.day), one.start_minute, one.end_minute) for one in told)


def _overrides(message: availability.Availability) -> tuple[Override, ...]:
    return tuple(
        Override(
            _day(one.date, "overrides.date"),
            tuple((span.start_minute, span.end_minute) for span in one.spans),
        )
        for one in message.overrides
    )


def _away(message: availability.Availability) -> tuple[Away, ...]:
    return tuple(
        Away(_day(one.first_date, "out_of_office.first_date"), _day(one.last_date, "out_of_office.last_date"))
        for one in message.out_of_office
    )


def _day(told: Date, field: str) -> date:
    try:
        return date(told.year, told.month, told.day)
    except ValueError:
        path = f"availability.{field}"
        raise Invalid("DATE_MALFORMED", f"{path} is no day", fields=((path, "must be a day"),)) from None


_Read = Callable[[availability.Availability], Any]
_READERS: Final[Mapping[str, tuple[str, _Read]]] = {
    "time_zone": ("zone", lambda one: one.time_zone),
    "weekly_hours": ("windows", _windows),
    "overrides": ("overrides", _overrides),
    "out_of_office": ("away", _away),
    "buffer_before_minutes": ("before", lambda one: one.buffer_before_minutes),
    "buffer_after_minutes": ("after", lambda one: one.buffer_after_minutes),
    "booking_notice_minutes": ("notice", lambda one: one.booking_notice_minutes),
    "rescheduling_notice_minutes": ("moving", lambda one: one.rescheduling_notice_minutes),
    "horizon_days": ("horizon", lambda one: one.horizon_days or USUAL_HORIZON),
    "step_minutes": ("step", lambda one: one.step_minutes or USUAL_STEP),
    "max_per_day": ("per_day", lambda one: one.max_per_day),
    "max_per_week": ("per_week", lambda one: one.max_per_week),
    "holiday_country": ("country", lambda one: one.holiday_country),
    "holiday_region": ("region", lambda one: one.holiday_region),
}
"""Field of the contract -> (field of the domain, how it is read)."""


def shown(ref: Ref, stored: Versioned[Availability]) -> availability.Availability:
    """Encode what a person set, or the defaults of one who set nothing."""
    state = stored.state
    message = availability.Availability(
        name=availability_name(ref),
        time_zone=state.zone,
        overrides=[_override(one) for one in state.overrides],
        buffer_before_minutes=state.before,
        buffer_after_minutes=state.after,
        booking_notice_minutes=state.notice,
        rescheduling_notice_minutes=state.moving,
        horizon_days=state.horizon,
        step_minutes=state.step,
        max_per_day=state.per_day,
        max_per_week=state.per_week,
        holiday_country=state.country,
        holiday_region=state.region,
        etag=stored.etag,
    )
    if state.windows is not None:
        message.weekly_hours.SetInParent()
        for one in state.windows:
            message.weekly_hours.windows.add(
                day=cast("Any", one.day), start_minute=one.start_minute, end_minute=one.end_minute
            )
    for away in state.away:
        message.out_of_office.add(first_date=_date(away.first), last_date=_date(away.last))
    if stored.version:
        message.update_time.CopyFrom(stamp_of(stored.update_time))
    return message


def _override(one: Override) -> availability.Availability.DateOverride:
    message = availability.Availability.DateOverride(date=_date(one.day))
    for first, last in one.spans:
        message.spans.add(start_minute=first, end_minute=last)
    return message


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def updated(ref: Ref, _: Availability, __: AvailabilityEvent) -> Outgoing:
    """Encode that a person changed when they can be met."""
    name = availability_name(ref)
    message = events.AvailabilityUpdated(availability=name, person=person_name(ref.tenant, ref.id))
    return Outgoing(message, subject=name, key=ref.id)
