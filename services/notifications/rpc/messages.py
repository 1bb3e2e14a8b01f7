"""InboxService: decode, act, encode."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.notifications.app.inbox import Inbox
from services.notifications.wire import messages as wire
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceServicer


class InboxServicer(InboxServiceServicer):
    """Serves messages."""

    def __init__(self, app: Inbox) -> None:
        self._app = app

    async def GetMessage(self, request: inbox.GetMessageRequest, _: object) -> inbox.Message:
        """Return one message."""
        tenant, person, message = parse_name(wire.MESSAGE, request.name)
        return wire.message(Ref(tenant, message), await self._app.get(caller(), person, message))

    async def ListMessages(self, request: inbox.ListMessagesRequest, _: object) -> inbox.ListMessagesResponse:
        """Return a page of a person's messages, or of all people's."""
        tenant, person = parse_name(wire.PERSON, request.parent, "parent")
        query = Query(wire.wanted(request), request.page_size, request.page_token)
        page = await self._app.list(caller(), person, query)
        return inbox.ListMessagesResponse(
            messages=[wire.message(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def StreamMessages(
        self, request: inbox.StreamMessagesRequest, _: object
    ) -> AsyncGenerator[inbox.Message, None]:
        """Send the latest messages, then each as it changes."""
        _, person = parse_name(wire.PERSON, request.parent, "parent")
        async with aclosing(self._app.stream(caller(), person, request.latest)) as seen:
            async for ref, stored in seen:
                yield wire.message(ref, stored)

    async def MarkMessagesSeen(
        self, request: inbox.MarkMessagesSeenRequest, _: object
    ) -> inbox.MarkMessagesSeenResponse:
        """Mark messages as seen."""
        tenant, person = parse_name(wire.PERSON, request.parent, "parent")
        some = [wire.message_of(tenant, person, name) for name in request.names]
        stored = await self._app.mark_seen(caller(), person, some, cause(request))
        return inbox.MarkMessagesSeenResponse(
            messages=[wire.message(Ref(tenant, key), one) for key, one in zip(some, stored, strict=True)]
        )

    async def MarkMessageRead(self, request: inbox.MarkMessageReadRequest, _: object) -> inbox.Message:
        """Mark a message as read."""
        tenant, person, message = parse_name(wire.MESSAGE, request.name)
        stored = await self._app.mark_read(caller(), person, message, cause(request))
        return wire.message(Ref(tenant, message), stored)
