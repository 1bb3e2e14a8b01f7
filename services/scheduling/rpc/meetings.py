"""MeetingService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceServicer
from services.scheduling.app.meetings import Meetings
from services.scheduling.wire import meetings as wire
from services.scheduling.wire.names import MEETING, MENTORSHIP


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
        tenant, mentorship = parse_name(MENTORSHIP, request.parent, "parent")
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


def _meeting(name: str) -> tuple[str, Ref]:
    tenant, mentorship, meeting = parse_name(MEETING, name)
    return mentorship, Ref(tenant, meeting)
