"""Other calendars, and feeds to them, to and from protobuf."""

from datetime import datetime, timedelta
from typing import Final

from google.protobuf.message import Message

from services.kernel import fields, ids
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as pb
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.scheduling.domain.calendars import Calendar, CalendarEvent, Subscription
from services.scheduling.domain.feeds import Feed, FeedEvent
from services.scheduling.wire.names import CALENDAR, person_name, stamp_of

_VALID: Final = timedelta(hours=6)


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
        fetch_time=None if state.feed is None else stamp_of(state.feed.fetch_at),
        failure=state.feed.failure if state.feed else "",
    )


def subscription(request: pb.SubscribeCalendarRequest) -> Subscription:
    """Decode where a calendar is fetched."""
    valid = request.valid_for.ToTimedelta() if request.HasField("valid_for") else _VALID
    return Subscription(request.url, request.time_zone, int(valid / timedelta(minutes=1)))


def fetch_due(tenant: str, message: events.CalendarFetchDue) -> tuple[str, str]:
    """Decode which calendar, as (person, calendar), is to be fetched. Invalid for foreign names."""
    fields.owned_id(tenant, CALENDAR, message.calendar, "calendar")
    _, person, calendar_ = ids.parse_name(CALENDAR, message.calendar, "calendar")
    return person, calendar_


def outgoing(ref: Ref, state: Calendar, event: CalendarEvent) -> Outgoing:
    """Encode that another calendar changed, keyed by its person."""
    name, person = _name(ref.tenant, state), person_name(ref.tenant, state.person)
    message: Message
    match event:
        case CalendarEvent.FETCH_DUE:
            message = events.CalendarFetchDue(calendar=name, person=person)
        case CalendarEvent.FETCHED:
            failure = state.feed.failure if state.feed else ""
            message = events.CalendarFetched(calendar=name, person=person, failure=failure)
        case _:
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
