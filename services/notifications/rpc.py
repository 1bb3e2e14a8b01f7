"""InboxService and PreferenceService: decode, app, encode."""

from services.kernel.errors import NotFound
from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.notifications import wire
from services.notifications.app import Choices, Inbox
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preference
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceServicer
from services.pb.mentoring.notifications.v1.preference_service_pb2_grpc import PreferenceServiceServicer


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
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), person, query)
        return inbox.ListMessagesResponse(
            messages=[wire.message(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def MarkMessageRead(self, request: inbox.MarkMessageReadRequest, _: object) -> inbox.Message:
        """Mark a message as read."""
        tenant, person, message = parse_name(wire.MESSAGE, request.name)
        stored = await self._app.mark_read(caller(), person, message, cause(request))
        return wire.message(Ref(tenant, message), stored)


class PreferenceServicer(PreferenceServiceServicer):
    """Serves preferences."""

    def __init__(self, app: Choices) -> None:
        self._app = app

    async def GetPreferences(
        self, request: preference.GetPreferencesRequest, _: object
    ) -> preference.Preferences:
        """Return a person's preferences."""
        tenant, person = parse_name(wire.PREFERENCES, request.name)
        return wire.preferences(tenant, person, await self._app.get(caller(), person))

    async def UpdatePreferences(
        self, request: preference.UpdatePreferencesRequest, _: object
    ) -> preference.Preferences:
        """Change the caller's own preferences."""
        tenant, person = parse_name(wire.PREFERENCES, request.preferences.name, "preferences.name")
        if person != caller().subject:
            raise NotFound("PERSON_NOT_FOUND", "no such person")
        muted = wire.muted(request.preferences, request.update_mask)
        if muted is None:
            return wire.preferences(tenant, person, await self._app.get(caller(), person))
        stored = await self._app.mute(caller(), muted, cause(request), etag=request.preferences.etag)
        return wire.preferences(tenant, person, stored)
