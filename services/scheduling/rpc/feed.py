"""The plain HTTP side of feeds: calendar programs can neither sign in nor speak gRPC."""

import asyncio
from typing import Final

from aiohttp import web

from services.kernel import ids
from services.kernel.errors import NotFound
from services.scheduling.app.feeds import Subscriptions
from services.scheduling.wire import calendar

_PATH: Final = "/calendar/{tenant}/{person}/{signature}.ics"
_HEADERS: Final = {"Cache-Control": "private, max-age=900", "Referrer-Policy": "no-referrer"}


class FeedServer:
    """Serves feeds on `host:port` until told to stop; `port` is known once it is `ready`."""

    def __init__(self, subscriptions: Subscriptions, address: str) -> None:
        self._subscriptions = subscriptions
        self._host, _, self._port = address.rpartition(":")
        self.port = 0
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        app = web.Application()
        app.router.add_get(_PATH, self._answer)
        runner = web.AppRunner(app, access_log=None)  # addresses are secrets
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host.strip("[]"), int(self._port))
            await site.start()
            self.port = runner.addresses[0][1]
            self.ready.set()
            await stop.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        tenant, person, signature = (request.match_info[name] for name in ("tenant", "person", "signature"))
        try:
            if not (ids.is_segment(tenant) and ids.is_segment(person)):
                raise web.HTTPNotFound
            items = await self._subscriptions.read(tenant, person, signature)
        except NotFound:
            raise web.HTTPNotFound from None
        return web.Response(text=calendar.feed(items), content_type="text/calendar", headers=_HEADERS)
