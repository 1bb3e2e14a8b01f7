"""Which network address a call comes from."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import unquote

from services.kernel.allowances import Network

_FORWARDED: Final = "x-forwarded-for"


def address(peer: str, metadata: Mapping[str, Any], trusted: Sequence[Network] = ()) -> str:
    """Return the address of the caller, "" where there is none.

    `peer` is gRPC's, such as "ipv4:1.2.3.4:5". Where that is a trusted proxy, the last hop of
    `x-forwarded-for` that is none counts: what stands before it anybody may have written.
    """
    host = _host(peer)
    if not trusted or not _within(host, trusted):
        return host
    for hop in reversed(str(metadata.get(_FORWARDED, "")).split(",")):
        text = hop.strip()
        if _parsed(text) is None:
            return host
        host = text
        if not _within(host, trusted):
            return host
    return host


@lru_cache(maxsize=4096)
def _host(peer: str) -> str:
    kind, _, rest = peer.partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return kind
    return unquote(rest).rpartition(":")[0].strip("[]").partition("%")[0]


@lru_cache(maxsize=4096)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _within(host: str, trusted: Sequence[Network]) -> bool:
    parsed = _parsed(host)
    return parsed is not None and any(parsed in network for network in trusted)
