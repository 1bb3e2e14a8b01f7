"""The pages behind links in messages: unsubscribing with one click (RFC 8058), and what `answers` adds.

GET changes nothing, as scanners of mail systems follow links; POST without cookies or sign-in does.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from services.kernel import log
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Ref
from services.notifications.app.choices import Choices
from services.notifications.domain import pages
from services.notifications.domain.links import Links
from services.notifications.domain.words import words_of

_LARGEST_BODY: Final = 65_536
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """Serves the links of `links` on `address` (host:port), and `more` pages beside unsubscribing."""

    def __init__(
        self, address: str, links: Links, choices: Choices, more: Sequence[web.RouteDef] = ()
    ) -> None:
        self._address = address
        self._links = links
        self._choices = choices
        self._more = more
        self.port = 0

    def app(self) -> web.Application:
        """Return the application, for a runner."""
        made = web.Application(client_max_size=_LARGEST_BODY)
        made.add_routes(
            [
                web.get("/unsubscribe/{token}", self._ask),
                web.post("/unsubscribe/{token}", self._do),
                *self._more,
            ]
        )
        return made

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. OSError if the address is taken."""
        runner = web.AppRunner(self.app(), access_log=None)
        await runner.setup()
        host, _, port = self._address.rpartition(":")
        site = web.TCPSite(runner, host.strip("[]"), int(port))
        await site.start()
        self.port = runner.addresses[0][1]
        log.get_logger().info("site", port=self.port)
        await stop.wait()
        await runner.cleanup()

    async def _ask(self, request: web.Request) -> web.Response:
        language = spoken(request)
        try:
            self._links.read(request.match_info["token"])
        except NotFound:
            return unknown(language)
        return page(200, pages.unsubscribing(language))

    async def _do(self, request: web.Request) -> web.Response:
        """Honour the link. The body is not asked for more than RFC 8058 lets a mail program send."""
        token, language = request.match_info["token"], spoken(request)
        try:
            wish = self._links.read(token)
        except NotFound:
            return unknown(language)
        field, value = pages.UNSUBSCRIBE
        if (await request.post()).get(field) != value:
            return page(400, pages.unsubscribing(language))
        await self._choices.unsubscribe(Ref(wish.tenant, wish.person), wish.category, Cause(f"link:{token}"))
        return page(200, pages.notice(words_of(language).page.unsubscribe.done, language))


def spoken(request: web.Request) -> str:
    """Return the language that a browser asks for, as nobody is known whose it could be."""
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()


def unknown(language: str) -> web.Response:
    """Return the page of every link that does not work, whatever the reason."""
    return page(404, pages.notice(words_of(language).page.unknown, language))


def page(status: int, body: str) -> web.Response:
    """Return a page that nothing may embed or keep, and that tells its address to nobody."""
    return web.Response(status=status, text=body, content_type="text/html", headers=_HEADERS)
