"""MeetingService and AvailabilityService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1.availability_service_pb2_grpc import AvailabilityServiceServicer
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceServicer
from services.scheduling import wire
from services.scheduling.app import Asked, Availability, Meetings


class MeetingServicer(MeetingServiceServicer):
    """Serves meetings."""

    def __init__(self, app: Meetings) -> None:
        self._app = app

    async def BookMeeting(self, request: meetings.BookMeetingRequest, _: object) -> meetings.Meeting:
        """Book a meeting."""
        wish = wire.wish(request.parent, request.meeting)
        return wire.meeting(*await self._app.book(caller(), wish, cause(request)))

    async def GetMeeting(self, request: meetings.GetMeetingRequest, _: object) -> meetings.Meeting:
        """Return one meeting."""
        mentorship, ref = _meeting(request.name)
        return wire.meeting(ref, await self._app.get(caller(), mentorship, ref.id))

    async def ListMeetings(
        self, request: meetings.ListMeetingsRequest, _: object
    ) -> meetings.ListMeetingsResponse:
        """Return a page of a mentorship's meetings, or of all mentorships'."""
        tenant, mentorship = parse_name(wire.MENTORSHIP, request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), mentorship, query)
        return meetings.ListMeetingsResponse(
            meetings=[wire.meeting(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def CheckIn(self, request: meetings.CheckInRequest, _: object) -> meetings.Meeting:
        """Say that the caller is there."""
        mentorship, ref = _meeting(request.name)
        return wire.meeting(ref, await self._app.check_in(caller(), mentorship, ref.id, cause(request)))

    async def CancelMeeting(self, request: meetings.CancelMeetingRequest, _: object) -> meetings.Meeting:
        """Call a meeting off."""
        mentorship, ref = _meeting(request.name)
        stored = await self._app.cancel(caller(), mentorship, ref.id, cause(request), etag=request.etag)
        return wire.meeting(ref, stored)


class AvailabilityServicer(AvailabilityServiceServicer):
    """Serves free times."""

    def __init__(self, app: Availability) -> None:
        self._app = app

    async def FindSlots(
        self, request: availability.FindSlotsRequest, _: object
    ) -> availability.FindSlotsResponse:
        """Return free times of a mentorship's two people."""
        _, mentorship = parse_name(wire.MENTORSHIP, request.parent, "parent")
        length = request.length.ToTimedelta() if request.HasField("length") else None
        asked = Asked(mentorship, wire.range_of(request), length, request.page_size)
        found = await self._app.find(caller(), asked)
        return availability.FindSlotsResponse(slots=[wire.slot(one, found.zones) for one in found.slots])


def _meeting(name: str) -> tuple[str, Ref]:
    tenant, mentorship, meeting = parse_name(wire.MEETING, name)
    return mentorship, Ref(tenant, meeting)
