"""Chat over real gRPC, MongoDB and HTTP: set up, told, refused, and its URL never shown."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from aiohttp import web
from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.mongo import Ref
from services.kernel.run import Resources, Service
from services.notifications.__main__ import build
from services.notifications.app.ports import Posting
from services.notifications.clients.chat import ChatHooks
from services.notifications.clients.webhooks import Http
from services.notifications.domain.chats import Format
from services.notifications.domain.messages import Attempt, Verdict
from services.pb.mentoring.notifications.v1 import chat_service_pb2 as pb
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1.chat_service_pb2_grpc import ChatServiceStub
from services.pb.mentoring.notifications.v1.events_pb2 import MessagePostQueued, MessageQueued
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from tests.directory import OwnIdentity, directory
from tests.harness import Running, running
from tests.notifications.factories import MENTEE, MENTOR, NOON, ORG, reminder_due
from tests.notifications.postbox import postbox
from tests.notifications.test_couriers import serving
from tests.notifications.test_rpc import person, refused

NAME = f"organizations/{ORG}/people/{MENTEE}/chat"
INBOX = f"organizations/{ORG}/people/{MENTEE}"
servers = pytest.mark.servers


class World:
    """The service at NOON, a chat that answers what a test says, and the mentee who set it up."""

    def __init__(self, at: Running) -> None:
        self.at = at
        self.chats = ChatServiceStub(at.channel)
        self.inbox = InboxServiceStub(at.channel)
        self.mentee = at.token(MENTEE, "mentee")
        self.came: list[str] = []
        self.posted = asyncio.Event()
        self.status = 200
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a request."""
        self.came.append((await request.json())["text"])
        self.posted.set()
        return web.Response(status=self.status)

    async def update(self, *paths: str, etag: str = "", request_id: str = "", url: str = "") -> pb.Chat:
        chat = pb.Chat(name=NAME, url=url or self.url, etag=etag)
        mask = FieldMask(paths=paths)
        request = pb.UpdateChatRequest(chat=chat, update_mask=mask, request_id=request_id)
        return await self.chats.UpdateChat(request, metadata=self.mentee)

    async def message(self) -> inbox.Message:
        request = inbox.ListMessagesRequest(parent=INBOX)
        [found] = (await self.inbox.ListMessages(request, metadata=self.mentee)).messages
        return found


@pytest.fixture
async def world(mongo_url: str, tmp_path: Path) -> AsyncIterator[World]:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)

    def wired(settings: Settings, resources: Resources) -> Service:
        return build(settings, replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol

    async with directory() as people, postbox() as box:
        people.add(person(MENTOR, "Ada"), person(MENTEE, "Kim"))
        host, port = box.address
        mail = {"profiles_address": people.address, "smtp_host": host, "smtp_port": port}
        more = {"signing_key_file": key, "webhook_private": True, **mail}
        async with running(wired, mongo_url, FixedClock(NOON), **more) as at:
            made = World(at)
            async with serving(made.answer) as hook:
                made.url = f"http://127.0.0.1:{hook}/services/secret"
                yield made
            for stop in at.service.stop:
                await stop()


@servers
async def test_a_message_is_mailed_and_posted_and_the_inbox_shows_both(world: World) -> None:
    await world.update()
    await world.at.hear(reminder_due(), "decision-1")
    queued = await world.message()
    await world.at.hear(MessageQueued(message=queued.name), "queued-1")
    assert (await world.message()).chat_state == inbox.Message.CHAT_STATE_PENDING
    await world.at.hear(MessagePostQueued(message=queued.name), "post-1")
    await world.posted.wait()
    for stop in world.at.service.stop[:2]:
        await stop()  # until what became of it is stored
    shown = await world.message()
    assert (shown.state, shown.chat_state) == (inbox.Message.STATE_SENT, inbox.Message.CHAT_STATE_POSTED)
    [text] = world.came
    assert text.startswith("Please book your next mentoring meeting with Ada Lee\n\nHello Kim,")
    assert await world.at.told(Ref(ORG, shown.name.rpartition("/")[2])) == [
        "MessageQueued",
        "MessageSent",
        "MessagePostQueued",
        "MessagePosted",
    ]


@servers
async def test_the_url_goes_in_and_never_comes_out(world: World) -> None:
    made = await world.update(request_id="one")
    assert await world.update(request_id="one") == made
    assert (made.url, made.host, made.state) == ("", "127.0.0.1", pb.Chat.STATE_ENABLED)
    shown = await world.chats.GetChat(pb.GetChatRequest(name=NAME), metadata=world.mentee)
    assert shown == made
    [kept] = [kind for kind in world.at.service.kinds if kind.kind.collection == "chats"]
    assert "secret" not in str(await kept.collection.find_one({}))


@servers
async def test_a_chat_is_changed_under_its_version_tried_and_removed(world: World) -> None:
    made = await world.update()
    changed = await world.update("url", etag=made.etag, url=f"{world.url}/2")
    code, why = await refused(world.update("url", etag=made.etag, url=f"{world.url}/3"))
    assert (code, why) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    code, why = await refused(world.update("colour"))
    assert (code, why) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELD")
    asked = pb.TestChatRequest(name=NAME, language_code="de-CH")
    tested = await world.chats.TestChat(asked, metadata=world.mentee)
    assert (tested.posted, tested.outcome) == (True, "HTTP_200")
    assert world.came == ["Dies ist ein Test: Hier kommen die Nachrichten Ihrer Mentoring-Plattform an."]
    code, why = await refused(
        world.chats.DeleteChat(pb.DeleteChatRequest(name=NAME, etag=changed.etag), metadata=world.mentee)
    )
    assert (code, why) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH"), "what a test came to is part of it"
    delete = pb.DeleteChatRequest(name=NAME)
    await world.chats.DeleteChat(delete, metadata=world.mentee)
    code, _ = await refused(world.chats.GetChat(pb.GetChatRequest(name=NAME), metadata=world.mentee))
    assert code is grpc.StatusCode.NOT_FOUND


async def _slow(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def _away(_: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1/"})


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(1_000):
        await response.write(b"x" * 65_536)
    return response


async def _gone(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404)


@pytest.mark.parametrize(
    ("answer", "attempt"),
    [
        (_slow, Attempt(Verdict.TEMPORARY, "TIMEOUT")),
        (_away, Attempt(Verdict.TEMPORARY, "HTTP_302")),
        (_huge, Attempt(Verdict.ACCEPTED, "HTTP_200")),
        (_gone, Attempt(Verdict.PERMANENT, "HTTP_404")),
    ],
)
async def test_no_chat_holds_us_up_leads_us_elsewhere_or_fills_us(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], attempt: Attempt
) -> None:
    http = Http(private=True, timeout_seconds=0.2 if answer is _slow else 60)
    async with serving(answer) as port:
        url = f"http://127.0.0.1:{port}/services/secret"
        assert await ChatHooks(http).send(Posting(url, Format.TEXT, "hello")) == attempt
        await http.close()


async def test_outside_of_development_no_chat_is_of_this_network() -> None:
    http = Http()
    attempt = await ChatHooks(http).send(Posting("https://169.254.169.254/x", Format.TEXT, "hello"))
    await http.close()
    assert attempt == Attempt(Verdict.TEMPORARY, "ADDRESS_NOT_PUBLIC")
