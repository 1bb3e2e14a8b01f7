"""DeliveryService: decode, act, encode."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.clock import truncated
from services.kernel.ids import parse_name
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.notifications.app.deliveries import Deliveries
from services.notifications.wire import messages as wire
from services.pb.mentoring.notifications.v1 import delivery_service_pb2 as pb
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1.delivery_service_pb2_grpc import DeliveryServiceServicer


class DeliveryServicer(DeliveryServiceServicer):
    """Serves those who see to it that mails arrive."""

    def __init__(self, app: Deliveries) -> None:
        self._app = app

    async def ResendMessage(self, request: pb.ResendMessageRequest, _: object) -> inbox.Message:
        """Send a message again."""
        tenant, person, message = parse_name(wire.MESSAGE, request.name)
        stored = await self._app.resend(caller(), person, message, cause(request), request.etag)
        return wire.message(Ref(tenant, message), stored)

    async def ReportBounce(self, request: pb.ReportBounceRequest, _: object) -> pb.ReportBounceResponse:
        """Mark the message whose mail came back."""
        marked = await self._app.bounced(caller(), request.mail, cause(request))
        return pb.ReportBounceResponse(message=wire.message_name(*marked) if marked else "")

    async def CountMessages(self, request: pb.CountMessagesRequest, _: object) -> pb.CountMessagesResponse:
        """Count messages."""
        start = _moment(request.start_time) if request.HasField("start_time") else None
        end = _moment(request.end_time) if request.HasField("end_time") else None
        return wire.counts(await self._app.count(caller(), start, end))


def _moment(stamp: Timestamp) -> datetime:
    return truncated(stamp.ToDatetime(UTC))
