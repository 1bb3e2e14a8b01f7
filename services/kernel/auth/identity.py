"""This process's own identity: tokens by client credentials, each bound to one organization."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from services.kernel.errors import Unavailable

EARLY_SECONDS: Final = 60.0
_CACHED = 1_000
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_MAX_BYTES = 65_536


class ServiceIdentity:
    """Fetches a token per organization and keeps it until 60 s before it expires.

    The secret file is read at each fetch, so a rotated secret needs no restart.
    """

    def __init__(
        self,
        token_url: str,
        client: tuple[str, Path | None],
        http: aiohttp.ClientSession,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = token_url
        self._client_id, self._secret_file = client
        self._http = http
        self._now = now
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def token(self, org: str) -> str:
        """Return a token for `org`. Raises Unavailable ISSUER_UNAVAILABLE."""
        if (known := self._remembered(org)) is not None:
            return known
        async with self._lock:
            return self._remembered(org) or await self._fetch(org)

    def _remembered(self, org: str) -> str | None:
        until, token = self._known.get(org, (float("-inf"), ""))
        return token if self._now() < until else None

    async def _fetch(self, org: str) -> str:
        started = self._now()
        try:
            answer = await self._ask(org)
            token, seconds = str(answer["access_token"]), float(answer["expires_in"])
        except (
            aiohttp.ClientError,
            TimeoutError,
            msgspec.DecodeError,
            OSError,
            LookupError,
            TypeError,
            ValueError,
        ) as e:
            raise Unavailable("ISSUER_UNAVAILABLE", "no token for this service could be had") from e
        self._known[org] = (started + seconds - EARLY_SECONDS, token)
        self._known.move_to_end(org)
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return token

    async def _ask(self, org: str) -> Any:
        if self._secret_file is None:
            raise ValueError("no client secret is configured")
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret_file.read_text().strip(),
            "organization": org,
        }
        async with self._http.post(self._url, data=form, timeout=_TIMEOUT, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError("the issuer refused")
            return msgspec.json.decode(await answer.content.read(_MAX_BYTES))
