"""A brake ahead of token verification: who keeps sending bad tokens waits before the next is looked at."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from services.kernel.errors import Exhausted

BURST: Final = 100.0
PER_SECOND: Final = 20.0
_MAX_HOSTS = 10_000


class Strikes:
    """Refused tokens per address, forgiven at 20 a second. Tokens verified before are never held up."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hosts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, peer: str) -> None:
        """Raise Exhausted while the address of `peer` (gRPC form, "ipv4:1.2.3.4:5") has too many strikes."""
        if self._level(_host(peer)) >= BURST:
            raise Exhausted("TOO_MANY_BAD_TOKENS", "too many refused tokens from this address")

    def add(self, peer: str) -> None:
        """Count one refused token."""
        host = _host(peer)
        self._hosts[host] = (self._level(host) + 1, self._now())
        self._hosts.move_to_end(host)
        if len(self._hosts) > _MAX_HOSTS:
            self._hosts.popitem(last=False)

    def _level(self, host: str) -> float:
        strikes, at = self._hosts.get(host, (0.0, 0.0))
        return max(0.0, strikes - (self._now() - at) * PER_SECOND)


def _host(peer: str) -> str:
    return peer.rpartition(":")[0]
