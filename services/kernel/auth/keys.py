"""The issuer's public keys (JWKS): cached, rotated, fetched once for all who wait, kept while it is down."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
import msgspec
from jwt import PyJWK
from jwt.exceptions import InvalidKeyError, PyJWKError

from services.kernel import log, metrics
from services.kernel.errors import Unauthenticated, Unavailable

ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
"""Asymmetric only: with a shared-secret algorithm a public key could sign."""

FRESH_SECONDS: Final = 300.0
STALE_SECONDS: Final = 3600.0
PAUSE_SECONDS: Final = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=3)
_MAX_BYTES = 262_144


class Keys:
    """Keys by `kid`.

    Fetched again after 300 s or for an unknown `kid`, never twice within 5 s (a failed try counts). While the
    issuer is down known keys serve for an hour after the last success, then nothing is accepted.
    """

    def __init__(
        self, url: str, http: aiohttp.ClientSession, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._http = http
        self._now = now
        self._keys: dict[str, PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> PyJWK:
        """Return the key. Unauthenticated if the issuer has none such, Unavailable if it cannot be asked."""
        age = self._now() - self._fetched
        if age > STALE_SECONDS or kid not in self._keys:
            await self.refresh()
        elif age > FRESH_SECONDS:
            self._begin()
        if self._now() - self._fetched > STALE_SECONDS:
            raise Unavailable("ISSUER_UNAVAILABLE", "the token issuer's keys cannot be read")
        if kid in self._keys:
            return self._keys[kid]
        if self._tried > self._fetched:
            raise Unavailable("ISSUER_UNAVAILABLE", "the token issuer's keys cannot be read")
        raise Unauthenticated("UNKNOWN_KEY", "the token is signed by a key the issuer does not publish")

    async def refresh(self) -> None:
        """Fetch unless that was tried within the last 5 s; all who come meanwhile wait for the same fetch."""
        task = self._begin()
        if task is not None:
            await asyncio.shield(task)

    def _begin(self) -> asyncio.Task[None] | None:
        if self._fetching is None and self._now() - self._tried >= PAUSE_SECONDS:
            self._fetching = asyncio.create_task(self._fetch(), name="jwks")
            self._fetching.add_done_callback(self._ended)
        return self._fetching

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        started = self._now()
        try:
            self._keys = read(await self._download())
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, ValueError):
            self._tried = max(started, self._now())
            metrics.JWKS_FETCHES.labels("failed").inc()
            log.get_logger().warning("jwks_fetch_failed", exc_info=True)
            return
        self._fetched = self._tried = self._now()
        metrics.JWKS_FETCHES.labels("ok").inc()

    async def _download(self) -> bytes:
        async with self._http.get(self._url, timeout=_TIMEOUT, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError("the issuer did not answer 200")
            body = await answer.content.read(_MAX_BYTES + 1)
        if len(body) > _MAX_BYTES:
            raise ValueError("the key set is too large")
        return body


def read(body: bytes) -> dict[str, PyJWK]:
    """Return the usable signature keys of a JWKS document; ValueError if it is none or holds no such key."""
    document: Any = msgspec.json.decode(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")  # noqa: TRY004 -- wrong data, not a wrong call
    keys = {item["kid"]: key for item in listed if (key := _usable(item)) is not None}
    if not keys:
        raise ValueError("no usable key")
    return keys


def _usable(item: Any) -> PyJWK | None:
    if not isinstance(item, Mapping) or not isinstance(item.get("kid"), str):
        return None
    if item.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(dict(item))
    except (PyJWKError, InvalidKeyError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None
