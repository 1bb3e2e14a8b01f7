"""An organization's endpoints, and what was sent to them; for HR."""

from collections.abc import Collection
from datetime import timedelta

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Refused
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.notifications.app.ports import Aggregates
from services.notifications.domain import webhooks
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.deliveries import Stage as Progress
from services.notifications.domain.webhooks import Event, Secrets, Stage, Webhook

Shown = tuple[str, Versioned[Webhook], str]
"""Id, endpoint and its newest secret."""


class Webhooks:
    """Endpoints. Without `secrets` none can be made: Refused SIGNING_KEY_MISSING."""

    def __init__(
        self,
        store: tuple[Aggregates[Webhook], Aggregates[Delivery]],
        secrets: Secrets | None,
        clock: Clock,
        *,
        private: bool,
    ) -> None:
        self._webhooks, self._deliveries = store
        self._secrets = secrets
        self._clock = clock
        self._private = private

    async def create(self, caller: Caller, webhook: Webhook, cause: Cause) -> Shown:
        """Add an endpoint. Raises Invalid URL_REFUSED, Refused WEBHOOK_LIMIT or SIGNING_KEY_MISSING."""
        secrets = self._signing()
        webhooks.require_url(webhook.url, private=self._private)
        key = ids.derived_id(caller.org, cause.id)
        known = await self._webhooks.get_many(caller.org, [key])
        if not known and len((await self.list(caller, Query())).items) >= webhooks.MOST_WEBHOOKS:
            raise Refused("WEBHOOK_LIMIT", f"an organization has at most {webhooks.MOST_WEBHOOKS} webhooks")
        stored = await self._webhooks.create(Ref(caller.org, key), webhook, [Event.CREATED], cause)
        return key, stored, secrets.shown(caller.org, key, 1)

    async def get(self, caller: Caller, webhook: str) -> Versioned[Webhook]:
        """Return one. NotFound."""
        stored = await self._webhooks.get(Ref(caller.org, webhook))
        stored.state.require_there()
        return stored

    async def list(self, caller: Caller, page: Query) -> Page[Webhook]:
        """Return a page."""
        there = {"stage": {"$in": [Stage.ENABLED, Stage.DISABLED]}}
        return await self._webhooks.list(caller.org, Query(there, page.page_size, page.page_token))

    async def update(
        self, caller: Caller, webhook: str, change: tuple[Webhook, Collection[str]], cause: Cause, etag: str
    ) -> Versioned[Webhook]:
        """Take the fields named over. NotFound, Conflict ETAG_MISMATCH, Invalid URL_REFUSED."""
        values, fields = change
        if "url" in fields:
            webhooks.require_url(values.url, private=self._private)
        return await self._changed(caller, webhook, lambda state: state.adopt(values, fields), cause, etag)

    async def rotate(
        self, caller: Caller, webhook: str, overlap: timedelta, cause: Cause, etag: str
    ) -> Shown:
        """Make a new secret. NotFound, Conflict ETAG_MISMATCH."""
        secrets, now = self._signing(), self._clock.now()
        stored = await self._changed(caller, webhook, lambda state: state.rotate(now, overlap), cause, etag)
        return webhook, stored, secrets.shown(caller.org, webhook, stored.state.generation)

    async def delete(self, caller: Caller, webhook: str, cause: Cause, etag: str) -> Versioned[Webhook]:
        """Remove one. NotFound, Conflict ETAG_MISMATCH."""
        return await self._changed(caller, webhook, Webhook.delete, cause, etag)

    async def deliveries(
        self, caller: Caller, webhook: str, stage: Progress | None, page: Query
    ) -> Page[Delivery]:
        """Return a page of what was sent to an endpoint, latest first. NotFound."""
        await self.get(caller, webhook)
        where = {"webhook": webhook} if stage is None else {"webhook": webhook, "stage": stage}
        query = Query(where, page.page_size, page.page_token, order="-create_time")
        return await self._deliveries.list(caller.org, query)

    async def replay(self, caller: Caller, name: tuple[str, str], cause: Cause) -> Versioned[Delivery]:
        """Send (webhook, delivery) again. NotFound."""
        webhook, delivery = name
        await self.get(caller, webhook)
        ref, now = Ref(caller.org, delivery), self._clock.now()
        if (await self._deliveries.get(ref)).state.webhook != webhook:
            raise webhooks.not_found()
        return await self._deliveries.change(ref, lambda state: state.replay(now), cause)

    async def _changed(
        self, caller: Caller, webhook: str, decide: Decide[Webhook], cause: Cause, etag: str
    ) -> Versioned[Webhook]:
        return await self._webhooks.change(Ref(caller.org, webhook), decide, cause, etag=etag)

    def _signing(self) -> Secrets:
        if self._secrets is None:
            raise Refused("SIGNING_KEY_MISSING", "this platform has no key to sign webhooks with")
        return self._secrets
