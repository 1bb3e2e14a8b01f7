"""WebhookService: decode, act, encode."""

from datetime import timedelta

from services.kernel.fields import whole
from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.notifications.app.webhooks import Webhooks
from services.notifications.domain.deliveries import Stage
from services.notifications.domain.webhooks import USUAL_OVERLAP
from services.notifications.wire import webhooks as wire
from services.pb.mentoring.notifications.v1 import webhook_service_pb2 as pb
from services.pb.mentoring.notifications.v1.webhook_service_pb2_grpc import WebhookServiceServicer


class WebhookServicer(WebhookServiceServicer):
    """Serves endpoints."""

    def __init__(self, app: Webhooks) -> None:
        self._app = app

    async def CreateWebhook(self, request: pb.CreateWebhookRequest, _: object) -> pb.CreateWebhookResponse:
        """Add an endpoint."""
        who = caller()
        key, stored, secret = await self._app.create(
            who, wire.created(who.subject, request.webhook), cause(request)
        )
        return pb.CreateWebhookResponse(webhook=wire.webhook(Ref(who.org, key), stored), secret=secret)

    async def GetWebhook(self, request: pb.GetWebhookRequest, _: object) -> pb.Webhook:
        """Return one endpoint."""
        tenant, key = parse_name(wire.WEBHOOK, request.name)
        return wire.webhook(Ref(tenant, key), await self._app.get(caller(), key))

    async def ListWebhooks(self, request: pb.ListWebhooksRequest, _: object) -> pb.ListWebhooksResponse:
        """Return a page of endpoints."""
        who = caller()
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(who, query)
        return pb.ListWebhooksResponse(
            webhooks=[wire.webhook(Ref(who.org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateWebhook(self, request: pb.UpdateWebhookRequest, _: object) -> pb.Webhook:
        """Change an endpoint."""
        tenant, key = parse_name(wire.WEBHOOK, request.webhook.name, "webhook.name")
        change = wire.update(request.webhook, request.update_mask)
        stored = await self._app.update(caller(), key, change, cause(request), request.webhook.etag)
        return wire.webhook(Ref(tenant, key), stored)

    async def DeleteWebhook(self, request: pb.DeleteWebhookRequest, _: object) -> pb.Webhook:
        """Remove an endpoint."""
        tenant, key = parse_name(wire.WEBHOOK, request.name)
        stored = await self._app.delete(caller(), key, cause(request), request.etag)
        return wire.webhook(Ref(tenant, key), stored)

    async def RotateWebhookSecret(
        self, request: pb.RotateWebhookSecretRequest, _: object
    ) -> pb.RotateWebhookSecretResponse:
        """Make a new secret."""
        tenant, key = parse_name(wire.WEBHOOK, request.name)
        overlap = USUAL_OVERLAP
        if request.HasField("overlap"):
            overlap = timedelta(seconds=whole(request.overlap, 1, "overlap", "seconds"))
        _, stored, secret = await self._app.rotate(caller(), key, overlap, cause(request), request.etag)
        return pb.RotateWebhookSecretResponse(webhook=wire.webhook(Ref(tenant, key), stored), secret=secret)

    async def ListWebhookDeliveries(
        self, request: pb.ListWebhookDeliveriesRequest, _: object
    ) -> pb.ListWebhookDeliveriesResponse:
        """Return a page of what was sent."""
        tenant, key = parse_name(wire.WEBHOOK, request.parent, "parent")
        stage = None
        if request.state:
            stage = Stage(pb.WebhookDelivery.State.Name(request.state).removeprefix("STATE_"))
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.deliveries(caller(), key, stage, query)
        return pb.ListWebhookDeliveriesResponse(
            deliveries=[wire.delivery(Ref(tenant, one), stored) for one, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def ReplayWebhookDelivery(
        self, request: pb.ReplayWebhookDeliveryRequest, _: object
    ) -> pb.WebhookDelivery:
        """Send an event again."""
        tenant, webhook, delivery = parse_name(wire.DELIVERY, request.name)
        stored = await self._app.replay(caller(), (webhook, delivery), cause(request))
        return wire.delivery(Ref(tenant, delivery), stored)
