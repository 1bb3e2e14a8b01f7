"""Requests to addresses that strangers chose: only to public ones, never elsewhere.

A name is resolved here for each request, every address found must be public, and the connection goes to
exactly the addresses that were looked at: a name that means another address a moment later changes nothing.
Whoever follows a redirect asks `refusal` anew.
"""

import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

_NAT64: Final = ip_network("64:ff9b::/96")
_TAKEN_FOR_GLOBAL: Final = tuple(map(ip_network, ("::/96", "64:ff9b:1::/48", "fec0::/10", "192.88.99.0/24")))
"""What `is_global` lets pass and leads inside: IPv4-compatible, local NAT64, site-local, relays of 6to4."""


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


@dataclass(frozen=True, slots=True)
class Guard:
    """Who resolves names (None: the system), whom to trust; `private` lets requests go anywhere."""

    resolver: AbstractResolver | None = None
    private: bool = False
    trust: ssl.SSLContext | bool = True


class Web:
    """A guarded session: no cookies, no proxies of the environment, nothing unpacked.

    It is made within the running loop at first use.
    """

    def __init__(self, guard: Guard, timeout: aiohttp.ClientTimeout) -> None:
        self._guard = guard
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def opened(self) -> aiohttp.ClientSession:
        """Return the session."""
        if self._session is None:
            self._session = _session(self._guard, self._timeout)
        return self._session

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _session(guard: Guard, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    inner = guard.resolver or ThreadedResolver()
    connector = aiohttp.TCPConnector(
        resolver=inner if guard.private else PublicOnly(inner),
        use_dns_cache=False,
        ssl=guard.trust,
        limit=0,  # callers count
        keepalive_timeout=5,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


def refusal(url: URL) -> str | None:
    """Return why an address is not asked at all, None if it may be: URL_REFUSED or ADDRESS_NOT_PUBLIC."""
    if url.scheme != "https" or not url.host:
        return "URL_REFUSED"
    return None if _is_name(url.host) or is_public(url.host) else "ADDRESS_NOT_PUBLIC"


FAILURES: Final = (TimeoutError, aiohttp.ClientError, OSError, ValueError)
"""What a request may raise that strangers can bring about."""


def failure(error: Exception) -> str:
    """Return why a request came to nothing: TIMEOUT, TLS_FAILED, ADDRESS_NOT_PUBLIC or UNREACHABLE."""
    if isinstance(error, TimeoutError):
        return "TIMEOUT"
    if isinstance(error, aiohttp.ClientSSLError):
        return "TLS_FAILED"
    hidden = isinstance(error, aiohttp.ClientConnectorError) and (
        isinstance(error.os_error, NotPublic) or isinstance(error.__cause__, NotPublic)
    )
    return "ADDRESS_NOT_PUBLIC" if hidden else "UNREACHABLE"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also what is wrapped in an IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(found in network for network in _TAKEN_FOR_GLOBAL):
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
