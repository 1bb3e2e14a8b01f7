"""What organizations decide seldom and every message asks for, read again after 5 seconds at most."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
REMEMBERED_SECONDS: Final = 5.0


class Remembered(Generic[T]):
    """What `read` returns for a tenant."""

    def __init__(self, read: Callable[[str], Awaitable[T]]) -> None:
        self._read = read
        self._known: dict[str, tuple[float, T]] = {}

    async def of(self, tenant: str) -> T:
        """Return it as known."""
        now = time.monotonic()
        known = self._known.get(tenant)
        if known is None or now >= known[0]:
            known = (now + REMEMBERED_SECONDS, await self._read(tenant))
            self._known[tenant] = known
        return known[1]

    def forget(self, tenant: str) -> None:
        """Read again when asked next."""
        self._known.pop(tenant, None)
