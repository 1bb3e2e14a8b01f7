"""AvailabilityService: decode, app, encode."""

from dataclasses import dataclass, replace

from services.kernel import fields
from services.kernel.ids import parse_name
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1.availability_service_pb2_grpc import AvailabilityServiceServicer
from services.scheduling.app.availability import Asked, Availability, Free
from services.scheduling.app.calendars import Calendars, Import
from services.scheduling.app.feeds import Subscriptions
from services.scheduling.wire import availability as wire
from services.scheduling.wire import calendars
from services.scheduling.wire.names import AVAILABILITY, CALENDAR, FEED, PERSON, parent_of, person_name


@dataclass(frozen=True, slots=True)
class Apps:
    """What answers."""

    availability: Availability
    calendars: Calendars
    subscriptions: Subscriptions
    free: Free


class AvailabilityServicer(AvailabilityServiceServicer):
    """Serves when people can be met, and free times; addresses of feeds begin with `feed_base`."""

    def __init__(self, apps: Apps, feed_base: str) -> None:
        self._app = apps.availability
        self._calendars = apps.calendars
        self._subscriptions = apps.subscriptions
        self._free = apps.free
        self._feed_base = feed_base.rstrip("/")

    async def GetAvailability(
        self, request: availability.GetAvailabilityRequest, _: object
    ) -> availability.Availability:
        """Return when a person can be met."""
        tenant, person = parse_name(AVAILABILITY, request.name)
        return wire.shown(Ref(tenant, person), await self._app.get(caller(), person))

    async def UpdateAvailability(
        self, request: availability.UpdateAvailabilityRequest, _: object
    ) -> availability.Availability:
        """Set when a person can be met."""
        told = request.availability
        tenant, person = parse_name(AVAILABILITY, told.name, "availability.name")
        changes = wire.changes(told, request.update_mask)
        stored = await self._app.update(caller(), person, changes, (told.etag, cause(request)))
        return wire.shown(Ref(tenant, person), stored)

    async def ImportCalendar(
        self, request: availability.ImportCalendarRequest, _: object
    ) -> availability.Calendar:
        """Take over when a person is busy."""
        tenant, *names = parse_name(CALENDAR, request.name)
        what = Import(self._calendars.sources.upload(request.document, request.time_zone))
        if request.HasField("valid_for"):
            what = replace(what, valid_for=request.valid_for.ToTimedelta())
        stored, now = await self._calendars.take(caller(), (names[0], names[1]), what, cause(request))
        return calendars.calendar(tenant, stored, now)

    async def SubscribeCalendar(
        self, request: availability.SubscribeCalendarRequest, _: object
    ) -> availability.Calendar:
        """Fetch when a person is busy from an address."""
        tenant, *names = parse_name(CALENDAR, request.name)
        feed = calendars.subscription(request)
        stored, now = await self._calendars.subscribe(caller(), (names[0], names[1]), feed, cause(request))
        return calendars.calendar(tenant, stored, now)

    async def ListCalendars(
        self, request: availability.ListCalendarsRequest, _: object
    ) -> availability.ListCalendarsResponse:
        """Return a person's other calendars."""
        tenant, person = parse_name(PERSON, request.parent, "parent")
        found, now = await self._calendars.list(caller(), person)
        return availability.ListCalendarsResponse(
            calendars=[calendars.calendar(tenant, stored, now) for stored in found]
        )

    async def RemoveCalendar(
        self, request: availability.RemoveCalendarRequest, _: object
    ) -> availability.Calendar:
        """Forget another calendar."""
        tenant, *names = parse_name(CALENDAR, request.name)
        how = request.etag, cause(request)
        stored, now = await self._calendars.remove(caller(), (names[0], names[1]), how)
        return calendars.calendar(tenant, stored, now)

    async def OpenCalendarFeed(
        self, request: availability.OpenCalendarFeedRequest, _: object
    ) -> availability.CalendarFeed:
        """Return the address of a person's feed."""
        ref = Ref(*parse_name(FEED, request.name))
        stored = await self._subscriptions.open(caller(), ref.id, cause(request))
        return calendars.feed(ref, stored, self._feed_base)

    async def CloseCalendarFeed(
        self, request: availability.CloseCalendarFeedRequest, _: object
    ) -> availability.CalendarFeed:
        """Make the address useless."""
        ref = Ref(*parse_name(FEED, request.name))
        stored = await self._subscriptions.close(caller(), ref.id, cause(request))
        return calendars.feed(ref, stored, self._feed_base)

    async def FindSlots(
        self, request: availability.FindSlotsRequest, _: object
    ) -> availability.FindSlotsResponse:
        """Return free times of a mentorship's two people, or of a group's mentors, and their guests."""
        tenant, parent = parent_of(request.parent)
        length = request.length.ToTimedelta() if request.HasField("length") else None
        guests = tuple(fields.owned_id(tenant, PERSON, name, "people") for name in request.people)
        asked = Asked(parent, wire.range_of(request), length, request.page_size, guests)
        found = await self._free.find(caller(), asked)
        slots = [wire.slot(one, found.zones) for one in found.slots]
        for slot, missing in zip(slots, found.missing, strict=False):  # none is of a pair
            slot.busy_members.extend(person_name(tenant, person) for person in missing)
        return availability.FindSlotsResponse(
            slots=slots,
            closed_people=[person_name(tenant, person) for person in found.closed],
        )
