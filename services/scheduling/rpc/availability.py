"""AvailabilityService: decode, app, encode."""

from services.kernel import fields
from services.kernel.ids import parse_name
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1.availability_service_pb2_grpc import AvailabilityServiceServicer
from services.scheduling.app.availability import Asked, Availability, Free
from services.scheduling.wire import availability as wire
from services.scheduling.wire.names import AVAILABILITY, MENTORSHIP, PERSON, person_name


class AvailabilityServicer(AvailabilityServiceServicer):
    """Serves when people can be met, and free times."""

    def __init__(self, app: Availability, free: Free) -> None:
        self._app = app
        self._free = free

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

    async def FindSlots(
        self, request: availability.FindSlotsRequest, _: object
    ) -> availability.FindSlotsResponse:
        """Return free times of a mentorship's two people and their guests."""
        tenant, mentorship = parse_name(MENTORSHIP, request.parent, "parent")
        length = request.length.ToTimedelta() if request.HasField("length") else None
        guests = tuple(fields.owned_id(tenant, PERSON, name, "people") for name in request.people)
        asked = Asked(mentorship, wire.range_of(request), length, request.page_size, guests)
        found = await self._free.find(caller(), asked)
        return availability.FindSlotsResponse(
            slots=[wire.slot(one, found.zones) for one in found.slots],
            closed_people=[person_name(tenant, person) for person in found.closed],
        )
