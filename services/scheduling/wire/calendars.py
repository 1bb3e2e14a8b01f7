"""Other calendars to and from protobuf."""

from datetime import datetime

from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as pb
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain.calendars import Calendar, CalendarEvent
from services.scheduling.wire.names import person_name, stamp_of


def calendar(tenant: str, stored: Versioned[Calendar], now: datetime) -> pb.Calendar:
    """Encode another calendar as it stands now."""
    state = stored.state
    return pb.Calendar(
        name=_name(tenant, state),
        busy_count=len(state.busy),
        stale_time=stamp_of(state.stale_at),
        stale=state.is_stale(now),
        etag=stored.etag,
        update_time=stamp_of(stored.update_time),
    )


def outgoing(ref: Ref, state: Calendar, event: CalendarEvent) -> Outgoing:
    """Encode that another calendar changed, keyed by its person."""
    name, person = _name(ref.tenant, state), person_name(ref.tenant, state.person)
    removed = event is CalendarEvent.REMOVED
    message = events.CalendarChanged(calendar=name, person=person, removed=removed)
    return Outgoing(message, subject=name, key=state.person)


def _name(tenant: str, state: Calendar) -> str:
    return f"{person_name(tenant, state.person)}/calendars/{state.name}"
