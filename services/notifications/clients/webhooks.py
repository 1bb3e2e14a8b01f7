"""Requests to endpoints that strangers chose: only to public addresses, never elsewhere, never for long."""

import ssl
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from services.kernel import egress
from services.notifications.app.ports import Parcel
from services.notifications.domain.messages import Attempt, Verdict

_TIMEOUT_SECONDS: Final = 15.0
_MOST_REPLY_BYTES: Final = 65_536
_OK, _GONE = range(200, 300), 410


class Http:
    """Sends parcels. `private` lets them go to any address and over http, for development."""

    def __init__(
        self,
        resolver: AbstractResolver | None = None,
        *,
        private: bool = False,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        trust: ssl.SSLContext | bool = True,
    ) -> None:
        self._private = private
        guard = egress.Guard(resolver, private=private, trust=trust)
        self._web = egress.Web(guard, aiohttp.ClientTimeout(total=timeout_seconds))

    async def send(self, parcel: Parcel) -> Attempt:
        """Try once. 410 is for ever, all else but success for now; redirects are failures, never followed."""
        url = URL(parcel.url)
        if not self._private and (refusal := egress.refusal(url)) is not None:
            return Attempt(Verdict.TEMPORARY, refusal)
        try:
            return await self._asked(url, parcel)
        except egress.FAILURES as error:
            return Attempt(Verdict.TEMPORARY, egress.failure(error))

    async def close(self) -> None:
        """Close what is open."""
        await self._web.close()

    async def _asked(self, url: URL, parcel: Parcel) -> Attempt:
        session = self._web.opened()
        request = session.post(url, data=parcel.body, headers=parcel.headers, allow_redirects=False)
        async with request as answer:
            status = answer.status
            await _drained(answer)
        if status in _OK:
            return Attempt(Verdict.ACCEPTED, f"HTTP_{status}")
        return Attempt(Verdict.PERMANENT if status == _GONE else Verdict.TEMPORARY, f"HTTP_{status}")


async def _drained(answer: aiohttp.ClientResponse) -> None:
    """Read a small reply, so that the connection serves again; cut a larger one off."""
    left = _MOST_REPLY_BYTES
    async for part in answer.content.iter_chunked(8192):
        left -= len(part)
        if left < 0:
            answer.close()
            return
