"""How fast callers may call: a brake ahead of token verification, and one behind it."""

import time
from collections.abc import Callable
from typing import Final

from services.kernel.allowances import LimitSettings
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted
from services.kernel.rates import Buckets

SERVICE: Final = "service"
"""The role of another service of the platform."""


class Strikes:
    """Missing and refused tokens per address. Tokens verified before are never held up."""

    def __init__(self, settings: LimitSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._addresses = Buckets(settings.rate_address.shared(settings.rate_shares), now)

    def check(self, address: str) -> None:
        """Raise Exhausted while the address has too many strikes."""
        if wait := self._addresses.wait(address):
            raise Exhausted("TOO_MANY_BAD_TOKENS", "too many refused tokens from this address").after(wait)

    def add(self, address: str) -> None:
        """Count one refused token."""
        self._addresses.take(address)


class Throttle:
    """Calls per caller, and those of all people of an organization together.

    Services have buckets of their own, so that a crowd in front of the platform does not stop its inside.
    """

    def __init__(self, settings: LimitSettings, now: Callable[[], float] = time.monotonic) -> None:
        shares = settings.rate_shares
        self._people = Buckets(settings.rate_caller.shared(shares), now)
        self._services = Buckets(settings.rate_service.shared(shares), now)
        self._tenants = Buckets(settings.rate_tenant.shared(shares), now)

    def admit(self, caller: Caller) -> None:
        """Count one call. Exhausted where it is one too many."""
        key = f"{caller.org}/{caller.subject}"
        if SERVICE in caller.roles:
            _spend(self._services, key, "SERVICE_RATE_EXCEEDED", "service")
            return
        _spend(self._people, key, "CALLER_RATE_EXCEEDED", "caller")
        _spend(self._tenants, caller.org, "TENANT_RATE_EXCEEDED", "organization")


def _spend(buckets: Buckets, key: str, reason: str, scope: str) -> None:
    if wait := buckets.take(key):
        raise Exhausted(reason, f"too many calls of this {scope} at once", metadata={"scope": scope}).after(
            wait
        )
