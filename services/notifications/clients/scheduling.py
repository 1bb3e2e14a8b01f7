"""Invitations to meetings, asked for with this service's own identity when a mail goes out."""

from email.utils import parseaddr

import grpc

from services.kernel import ids
from services.kernel.errors import Unavailable
from services.kernel.rpc.client import PASSING
from services.notifications.app import ports as app
from services.notifications.domain.messages import Message
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceStub


class Scheduling:
    """Meetings as scheduling knows them; answers of calendars go to the address in `sender`."""

    def __init__(self, channel: grpc.aio.Channel, sender: str) -> None:
        self._meetings = MeetingServiceStub(channel)
        self._organizer = f"mailto:{parseaddr(sender)[1]}"

    async def find(self, tenant: str, message: Message, *, whole: bool = False) -> app.Invitation | None:
        """Return a meeting's invitation, None without such a meeting. Unavailable SCHEDULING_UNAVAILABLE."""
        about = message.facts
        parent = ("groups", about.group) if about.group else ("mentorships", about.mentorship)
        request = pb.GetInvitationRequest(
            name=ids.name("organizations", tenant, *parent, "meetings", about.meeting),
            organizer_address=self._organizer,
            attendee=ids.name("organizations", tenant, "people", message.person),
            whole_series=whole,
        )
        try:
            found = await self._meetings.GetInvitation(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            if error.code() in PASSING:
                raise Unavailable("SCHEDULING_UNAVAILABLE", "invitations cannot be read now") from error
            raise
        return app.Invitation(found.method, found.document)
