"""Carries events to endpoints: who wants which, one delivery each, requests beside each other."""

import time
from collections.abc import Sequence
from typing import Final

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.hands import Hands
from services.kernel.mongo import Cause, Query, Ref
from services.notifications.app.ports import Aggregates, Channel, Parcel
from services.notifications.app.remembered import Remembered
from services.notifications.domain import deliveries, webhooks
from services.notifications.domain.deliveries import Delivery, News, Try
from services.notifications.domain.messages import Attempt
from services.notifications.domain.webhooks import Secrets, Stage, Webhook

_AT_ONCE_PER_WEBHOOK: Final = 4


class Couriers:
    """Delivers to the endpoints of all organizations."""

    def __init__(
        self,
        store: tuple[Aggregates[Webhook], Aggregates[Delivery]],
        http: Channel[Parcel],
        secrets: Secrets | None,
        now: Clock,
    ) -> None:
        self._webhooks, self._deliveries = store
        self._http = http
        self._secrets = secrets
        self._clock = now
        self._known = Remembered(self._enabled)
        self.hands = Hands(self.deliver, _AT_ONCE_PER_WEBHOOK)

    async def wanted(self, tenant: str, event_type: str) -> Sequence[str]:
        """Return the endpoints that want an event, as known for 5 seconds at most."""
        known = await self._known.of(tenant)
        return [key for key, webhook in known if event_type in webhook.types]

    async def _enabled(self, tenant: str) -> Sequence[tuple[str, Webhook]]:
        query = Query({"stage": Stage.ENABLED}, webhooks.MOST_WEBHOOKS)
        found = (await self._webhooks.list(tenant, query)).items
        return [(key, stored.state) for key, stored in found]

    async def queue(self, tenant: str, webhook: str, news: News, cause: Cause) -> None:
        """Queue one event for one endpoint, once, however often the event comes."""
        ref = Ref(tenant, ids.derived_id(news.id, webhook))
        made = Delivery(webhook, news.id, news.type, news.body)
        await self._deliveries.create(ref, *deliveries.queue(made, self._clock.now()), cause)

    async def deliver(self, ref: Ref) -> None:
        """Make one attempt, unless it is settled or waits.

        A crash before the record repeats it: by its id a receiver drops what it has.
        """
        stored = await self._deliveries.get(ref)
        if not stored.state.ready:
            return
        turn = Cause(ids.derived_id("turn", ref.key, str(stored.version)))
        found = await self._webhooks.get_many(ref.tenant, [stored.state.webhook])
        webhook = found.get(stored.state.webhook)
        if webhook is None or not webhook.state.is_on or self._secrets is None:
            await self._deliveries.change(ref, Delivery.discard, turn)
            return
        parcel = self._parcel(self._secrets, ref.tenant, stored.state, webhook.state)
        async with self.hands.turn(f"{ref.tenant}/{stored.state.webhook}"):
            attempt, made = await self._sent(parcel)
        await self._deliveries.change(ref, lambda state: state.settle(attempt, made), turn)

    async def disable(self, ref: Ref, failure: str, cause: Cause) -> None:
        """Switch an endpoint off after a delivery was given up."""
        if failure == deliveries.OFF:
            return
        why = webhooks.Cause.GONE if failure == "HTTP_410" else webhooks.Cause.FAILING
        await self._webhooks.change(ref, lambda state: state.disable(why), cause)

    async def webhook_of(self, ref: Ref) -> Ref:
        """Return the endpoint of a delivery."""
        return Ref(ref.tenant, (await self._deliveries.get(ref)).state.webhook)

    async def _sent(self, parcel: Parcel) -> tuple[Attempt, Try]:
        began, moment = time.monotonic(), self._clock.now()
        attempt = await self._http.send(parcel)
        spent = round((time.monotonic() - began) * 1000)
        return attempt, Try(moment, attempt.reason, spent)

    def _parcel(self, secrets: Secrets, tenant: str, delivery: Delivery, webhook: Webhook) -> Parcel:
        now, body = self._clock.now(), delivery.body.encode()
        seconds = int(now.timestamp())
        signed = (delivery.event_id, seconds, body)
        headers = {
            "content-type": "application/json",
            "user-agent": "mentoring-webhooks/1",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": secrets.signatures(
                (tenant, delivery.webhook), webhook.generations(now), signed
            ),
        }
        return Parcel(webhook.url, headers, body)
