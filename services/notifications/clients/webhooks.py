"""Requests to endpoints that strangers chose: only to public addresses, never elsewhere, never for long.

The name is resolved here for each request, every address found must be public, and the connection goes to
exactly the addresses that were looked at: a name that means another address a moment later changes nothing.
"""

import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from services.notifications.app.ports import Parcel
from services.notifications.domain.messages import Attempt, Verdict

_TIMEOUT_SECONDS: Final = 15.0
_MOST_REPLY_BYTES: Final = 65_536
_NAT64: Final = ip_network("64:ff9b::/96")
_OK, _GONE = range(200, 300), 410


class NotPublic(OSError):  # noqa: N818 -- what an address is
    """An address of this network, or of nobody."""


class PublicOnly(AbstractResolver):
    """Resolves names whose addresses are all public. OSError, NotPublic among them."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise NotPublic(host)
        return found

    async def close(self) -> None:
        """Let go of what resolves."""
        await self._inner.close()


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
        self._resolver = resolver
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def send(self, parcel: Parcel) -> Attempt:
        """Try once. 410 is for ever, all else but success for now; redirects are failures, never followed."""
        url = URL(parcel.url)
        if (refusal := self._refusal(url)) is not None:
            return Attempt(Verdict.TEMPORARY, refusal)
        try:
            return await self._asked(url, parcel)
        except TimeoutError:
            return Attempt(Verdict.TEMPORARY, "TIMEOUT")
        except aiohttp.ClientSSLError:
            return Attempt(Verdict.TEMPORARY, "TLS_FAILED")
        except aiohttp.ClientConnectorError as error:
            hidden = isinstance(error.os_error, NotPublic) or isinstance(error.__cause__, NotPublic)
            return Attempt(Verdict.TEMPORARY, "ADDRESS_NOT_PUBLIC" if hidden else "UNREACHABLE")
        except (aiohttp.ClientError, OSError, ValueError):
            return Attempt(Verdict.TEMPORARY, "UNREACHABLE")

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _refusal(self, url: URL) -> str | None:
        if self._private:
            return None
        if url.scheme != "https" or not url.host:
            return "URL_REFUSED"
        return None if _is_name(url.host) or is_public(url.host) else "ADDRESS_NOT_PUBLIC"

    async def _asked(self, url: URL, parcel: Parcel) -> Attempt:
        request = self._opened().post(url, data=parcel.body, headers=parcel.headers, allow_redirects=False)
        async with request as answer:
            status = answer.status
            await _drained(answer)
        if status in _OK:
            return Attempt(Verdict.ACCEPTED, f"HTTP_{status}")
        return Attempt(Verdict.PERMANENT if status == _GONE else Verdict.TEMPORARY, f"HTTP_{status}")

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, made within the running loop at first use."""
        if self._session is None:
            inner = self._resolver or ThreadedResolver()
            connector = aiohttp.TCPConnector(
                resolver=inner if self._private else PublicOnly(inner),
                use_dns_cache=False,
                ssl=self._trust,
                limit=0,  # the couriers count
                keepalive_timeout=5,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


async def _drained(answer: aiohttp.ClientResponse) -> None:
    """Read a small reply, so that the connection serves again; cut a larger one off."""
    left = _MOST_REPLY_BYTES
    async for part in answer.content.iter_chunked(8192):
        left -= len(part)
        if left < 0:
            answer.close()
            return


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also what is wrapped in an IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(found)
    return found.is_global and not found.is_multicast and (inner is None or is_public(str(inner)))


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_name(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return False
