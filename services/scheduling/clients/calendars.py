"""Calendars outside: documents handed in, and those at addresses that people gave."""

import asyncio
from typing import Final

import aiohttp
from yarl import URL

from services.kernel import egress
from services.kernel.errors import Unavailable
from services.scheduling.app import ports
from services.scheduling.domain.calendars import Busy, Reading
from services.scheduling.domain.recurrence import Window
from services.scheduling.wire.busy import busy

_SECONDS: Final = 8.0
_MOST_BYTES: Final = 2_097_152
"""As of documents that are handed in."""

_MOST_REDIRECTS: Final = 3
_AT_ONCE: Final = 8
_FOUND, _UNCHANGED, _MOVED = 200, 304, frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "Accept": "text/calendar",
    "Accept-Encoding": "identity",
    "User-Agent": "mentoring-calendars/1",
}


class Upload:
    """A document that was handed in."""

    def __init__(self, document: str, zone: str) -> None:
        self._document = document
        self._zone = zone

    async def read(self, window: Window, known: tuple[str, str] = ("", "")) -> Reading:  # noqa: ARG002 -- a document has no server that could know
        """Return when somebody is busy."""
        return await _reading(self._document, self._zone, window)


class Address:
    """A document at an address; each reading fetches it, within 8 seconds, 2 MiB and 3 redirects."""

    def __init__(self, web: "Web", url: str, zone: str) -> None:
        self._web = web
        self._url = url
        self._zone = zone

    async def read(self, window: Window, known: tuple[str, str] = ("", "")) -> Reading | None:
        """Return when somebody is busy, None if the server says that the document is as `known`."""
        found = await self._web.get(self._url, known)
        if found is None:
            return None
        document, tag, modified = found
        reading = await _reading(document, self._zone, window)
        return Reading(reading.busy, tag, modified)


class Web:
    """Fetches documents from addresses that strangers chose; `guard` says where it may go."""

    def __init__(self, guard: egress.Guard, *, seconds: float = _SECONDS) -> None:
        self._guard = guard
        self._seconds = seconds
        self._web = egress.Web(guard, aiohttp.ClientTimeout(total=seconds))
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def get(self, url: str, known: tuple[str, str]) -> tuple[str, str, str] | None:
        """Return (document, tag, modified), None if it is as `known`. Unavailable with a code."""
        try:
            async with self._slots, asyncio.timeout(self._seconds):
                return await self._followed(URL(url), known)
        except egress.FAILURES as error:
            raise _failed(egress.failure(error)) from None

    async def close(self) -> None:
        """Close what is open."""
        await self._web.close()

    async def _followed(self, url: URL, known: tuple[str, str]) -> tuple[str, str, str] | None:
        for _ in range(_MOST_REDIRECTS + 1):
            if not self._guard.private and (refusal := egress.refusal(url)) is not None:
                raise _failed(refusal)
            asking = self._web.opened().get(url, headers=_asking(known), allow_redirects=False)
            async with asking as answer:
                if answer.status not in _MOVED:
                    return await self._answered(answer)
                url = url.join(URL(answer.headers.get("Location", "")))
        raise _failed("TOO_MANY_REDIRECTS")

    async def _answered(self, answer: aiohttp.ClientResponse) -> tuple[str, str, str] | None:
        if answer.status == _UNCHANGED:
            return None
        if answer.status != _FOUND:
            raise _failed(f"HTTP_{answer.status}")
        document = bytearray()
        async for part in answer.content.iter_chunked(65_536):
            document += part
            if len(document) > _MOST_BYTES:
                answer.close()
                raise _failed("TOO_LARGE")
        text = document.decode("utf-8-sig", "replace")
        return text, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")


class Sources:
    """Makes sources."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def upload(self, document: str, zone: str) -> ports.BusySource:
        """Return a document that was handed in."""
        return Upload(document, zone)

    def address(self, url: str, zone: str) -> ports.BusySource:
        """Return the document at an address; webcal:// is https:// to calendar programs."""
        return Address(self._web, url.replace("webcal://", "https://", 1), zone)


async def _reading(document: str, zone: str, window: Window) -> Reading:
    """Read beside the event loop: a large document takes a second."""
    found = await asyncio.to_thread(busy, document, zone, window)
    return Reading(tuple(Busy(start, end) for start, end in found))


def _asking(known: tuple[str, str]) -> dict[str, str]:
    tag, modified = known
    more = {"If-None-Match": tag, "If-Modified-Since": modified}
    return {**_HEADERS, **{name: value for name, value in more.items() if value}}


def _failed(code: str) -> Unavailable:
    return Unavailable(code, "the calendar cannot be fetched from its address")
