"""ChatService: decode, act, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.notifications.app.chats import Chats
from services.notifications.domain.words import words_of
from services.notifications.wire import chats as wire
from services.pb.mentoring.notifications.v1 import chat_service_pb2 as pb
from services.pb.mentoring.notifications.v1.chat_service_pb2_grpc import ChatServiceServicer


class ChatServicer(ChatServiceServicer):
    """Serves chats."""

    def __init__(self, app: Chats) -> None:
        self._app = app

    async def GetChat(self, request: pb.GetChatRequest, _: object) -> pb.Chat:
        """Return a chat."""
        tenant, person = parse_name(wire.CHAT, request.name)
        return wire.chat(Ref(tenant, person), await self._app.get(caller(), person))

    async def UpdateChat(self, request: pb.UpdateChatRequest, _: object) -> pb.Chat:
        """Make or change a chat."""
        given = request.chat
        tenant, person = parse_name(wire.CHAT, given.name, "chat.name")
        change = wire.update(caller().subject, given, request.update_mask)
        stored = await self._app.update(caller(), person, change, cause(request), given.etag)
        return wire.chat(Ref(tenant, person), stored)

    async def DeleteChat(self, request: pb.DeleteChatRequest, _: object) -> pb.Chat:
        """Remove a chat."""
        tenant, person = parse_name(wire.CHAT, request.name)
        stored = await self._app.delete(caller(), person, cause(request), request.etag)
        return wire.chat(Ref(tenant, person), stored)

    async def TestChat(self, request: pb.TestChatRequest, _: object) -> pb.TestChatResponse:
        """Post one sentence."""
        _, person = parse_name(wire.CHAT, request.name)
        text = words_of(request.language_code).test
        return wire.tested(await self._app.test(caller(), person, text, cause(request)))
