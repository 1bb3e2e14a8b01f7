"""AvailabilityService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.rpc import caller
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1.availability_service_pb2_grpc import AvailabilityServiceServicer
from services.scheduling.app.availability import Asked, Availability
from services.scheduling.wire import availability as wire
from services.scheduling.wire.names import MENTORSHIP


class AvailabilityServicer(AvailabilityServiceServicer):
    """Serves free times."""

    def __init__(self, app: Availability) -> None:
        self._app = app

    async def FindSlots(
        self, request: availability.FindSlotsRequest, _: object
    ) -> availability.FindSlotsResponse:
        """Return free times of a mentorship's two people."""
        _, mentorship = parse_name(MENTORSHIP, request.parent, "parent")
        length = request.length.ToTimedelta() if request.HasField("length") else None
        asked = Asked(mentorship, wire.range_of(request), length, request.page_size)
        found = await self._app.find(caller(), asked)
        return availability.FindSlotsResponse(slots=[wire.slot(one, found.zones) for one in found.slots])
