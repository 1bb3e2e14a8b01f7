"""Other calendars, and feeds to them, to and from protobuf."""

from datetime import datetime

from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as pb
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain.calendars import Calendar, CalendarEvent
from services.scheduling.domain.feeds import Feed, FeedEvent
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


def feed(ref: Ref, stored: Versioned[Feed], base: str) -> pb.CalendarFeed:
    """Encode a person's feed; its address begins with `base`."""
    state = stored.state
    path = f"/calendar/{ref.tenant}/{ref.id}/{state.signature(ref.tenant, ref.id)}.ics"
    return pb.CalendarFeed(name=_feed_name(ref), url=f"{base}{path}" if state.is_open else "")


def feed_outgoing(ref: Ref, _: Feed, event: FeedEvent) -> Outgoing:
    """Encode that a feed opened or closed, keyed by its person."""
    name, person = _feed_name(ref), person_name(ref.tenant, ref.id)
    closed = event is FeedEvent.CLOSED
    message = events.CalendarFeedChanged(calendar_feed=name, person=person, closed=closed)
    return Outgoing(message, subject=name, key=ref.id)


def _feed_name(ref: Ref) -> str:
    return f"{person_name(ref.tenant, ref.id)}/calendarFeed"


def _name(tenant: str, state: Calendar) -> str:
    return f"{person_name(tenant, state.person)}/calendars/{state.name}"
