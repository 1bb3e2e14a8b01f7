"""Endpoints over real gRPC, MongoDB and HTTP: made, told, refused, replayed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from aiohttp import web
from google.protobuf.duration_pb2 import Duration
from standardwebhooks import Webhook as Reader

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.mongo import Ref
from services.kernel.run import Resources, Service
from services.notifications.__main__ import build
from services.pb.mentoring.notifications.v1 import webhook_service_pb2 as pb
from services.pb.mentoring.notifications.v1.events_pb2 import WebhookDeliveryQueued
from services.pb.mentoring.notifications.v1.webhook_service_pb2_grpc import WebhookServiceStub
from tests.directory import OwnIdentity
from tests.harness import Running, running
from tests.notifications.factories import ORG, match_ended
from tests.notifications.test_couriers import serving
from tests.notifications.test_rpc import refused

pytestmark = pytest.mark.servers

PARENT = f"organizations/{ORG}"
MATCH_ENDED = "mentoring.matching.v1.MatchEnded"


class World:
    """The service, HR who calls it, and an endpoint that answers what a test says."""

    def __init__(self, at: Running, due: Due, clock: FixedClock) -> None:
        self.at = at
        self.due = due
        self.clock = clock
        self.hooks = WebhookServiceStub(at.channel)
        self.hr = at.token("admin", "hr_admin")
        self.status = 200
        self.came: list[tuple[bytes, dict[str, str]]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a request."""
        self.came.append((await request.read(), dict(request.headers)))
        return web.Response(status=self.status)

    async def create(self, request_id: str = "create") -> pb.CreateWebhookResponse:
        request = pb.CreateWebhookRequest(
            parent=PARENT,
            webhook=pb.Webhook(url=self.url, event_types=[MATCH_ENDED]),
            request_id=request_id,
        )
        return await self.hooks.CreateWebhook(request, metadata=self.hr)

    async def deliveries(self, webhook: str) -> list[pb.WebhookDelivery]:
        request = pb.ListWebhookDeliveriesRequest(parent=webhook)
        return list((await self.hooks.ListWebhookDeliveries(request, metadata=self.hr)).deliveries)

    async def carry(self, delivery: pb.WebhookDelivery, event_id: str) -> pb.WebhookDelivery:
        """Let the delivery's own event arrive; return what is shown after the attempt."""
        await self.at.hear(WebhookDeliveryQueued(delivery=delivery.name), event_id)
        webhook = delivery.name.rpartition("/deliveries/")[0]
        while True:
            [shown] = await self.deliveries(webhook)
            if len(shown.attempts) > len(delivery.attempts):
                return shown
            await asyncio.sleep(0.01)


@pytest.fixture
async def world(mongo_url: str, tmp_path: Path) -> AsyncIterator[World]:
    clock, opened = FixedClock(datetime.now(UTC)), list[Resources]()
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)

    def wired(settings: Settings, resources: Resources) -> Service:
        opened.append(replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol
        return build(settings, opened[0])

    more = {"profiles_address": "127.0.0.1:1", "signing_key_file": key, "webhook_private": True}
    async with running(wired, mongo_url, clock, **more) as at:
        made = World(at, Due(opened[0].database, at.service.kinds, clock), clock)
        async with serving(made.answer) as port:
            made.url = f"http://127.0.0.1:{port}/hook"
            yield made
        for hook in at.service.stop:
            await hook()


async def test_an_event_arrives_signed_and_its_attempts_are_shown(world: World) -> None:
    made = await world.create()
    assert await world.create() == made, "a repeat shows the same secret"
    await world.at.hear(match_ended(), "event-1")
    [waiting] = await world.deliveries(made.webhook.name)
    assert (waiting.state, waiting.event_type) == (pb.WebhookDelivery.STATE_PENDING, MATCH_ENDED)
    world.status = 503
    delayed = await world.carry(waiting, "queued-1")
    assert [attempt.outcome for attempt in delayed.attempts] == ["HTTP_503"]
    world.clock.advance(timedelta(seconds=6))
    assert await world.due.fire(world.at.service.kinds[3]) == 1
    world.status = 200
    done = await world.carry(delayed, "queued-2")
    assert (done.state, len(done.attempts)) == (pb.WebhookDelivery.STATE_DELIVERED, 2)
    for body, headers in world.came:
        assert Reader(made.secret).verify(body, headers)["type"] == MATCH_ENDED
        assert body.decode() == done.payload
    ref = Ref(ORG, done.name.rpartition("/")[2])
    assert await world.at.told(ref) == [
        "WebhookDeliveryQueued",
        "WebhookDeliveryDelayed",
        "WebhookDeliveryQueued",
        "WebhookDelivered",
    ]
    again = await world.hooks.ReplayWebhookDelivery(
        pb.ReplayWebhookDeliveryRequest(name=done.name, request_id="replay"), metadata=world.hr
    )
    assert again.state == pb.WebhookDelivery.STATE_PENDING
    assert (await world.carry(again, "queued-3")).state == pb.WebhookDelivery.STATE_DELIVERED


async def test_endpoints_are_changed_rotated_and_removed_under_their_version(world: World) -> None:
    made = (await world.create()).webhook
    off = pb.Webhook(name=made.name, state=pb.Webhook.STATE_DISABLED, etag=made.etag)
    request = pb.UpdateWebhookRequest(webhook=off)
    changed = await world.hooks.UpdateWebhook(request, metadata=world.hr)
    assert (changed.state, changed.disable_reason) == (pb.Webhook.STATE_DISABLED, "BY_REQUEST")
    code, why = await refused(world.hooks.UpdateWebhook(request, metadata=world.hr))
    assert (code, why) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    rotate = pb.RotateWebhookSecretRequest(name=made.name, overlap=Duration(seconds=60), request_id="rotate")
    rotated = await world.hooks.RotateWebhookSecret(rotate, metadata=world.hr)
    until = rotated.webhook.old_secret_expire_time.ToDatetime(UTC)
    assert until == world.clock.now() + timedelta(seconds=60)
    assert await world.hooks.RotateWebhookSecret(rotate, metadata=world.hr) == rotated
    await world.hooks.DeleteWebhook(pb.DeleteWebhookRequest(name=made.name), metadata=world.hr)
    code, _ = await refused(world.hooks.GetWebhook(pb.GetWebhookRequest(name=made.name), metadata=world.hr))
    assert code is grpc.StatusCode.NOT_FOUND
    listed = await world.hooks.ListWebhooks(pb.ListWebhooksRequest(parent=PARENT), metadata=world.hr)
    assert list(listed.webhooks) == []


async def test_only_hr_has_endpoints_and_only_its_own(world: World) -> None:
    made = (await world.create()).webhook
    request = pb.GetWebhookRequest(name=made.name)
    lead = world.at.token("lead", "program_lead", "mentor", "mentee")
    assert (await refused(world.hooks.GetWebhook(request, metadata=lead)))[
        0
    ] is grpc.StatusCode.PERMISSION_DENIED
    foreign = world.at.token("admin", "hr_admin", org="globex")
    assert (await refused(world.hooks.GetWebhook(request, metadata=foreign)))[0] is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("webhook", "why"),
    [
        (pb.Webhook(url="ftp://hooks.example", event_types=[MATCH_ENDED]), "URL_REFUSED"),
        (pb.Webhook(url="https://hooks.example"), "UNKNOWN_EVENT_TYPE"),
    ],
)
async def test_wrong_endpoints_name_their_field(world: World, webhook: pb.Webhook, why: str) -> None:
    request = pb.CreateWebhookRequest(parent=PARENT, webhook=webhook)
    code, reason = await refused(world.hooks.CreateWebhook(request, metadata=world.hr))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, why)
