"""What callers may do in a day (UTC): any calls, and those of one kind that bother people or machines."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from pymongo.errors import PyMongoError

from services.kernel import log
from services.kernel.allowances import LimitSettings
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted, Refusal
from services.kernel.mongo.usage import Use, today
from services.kernel.rates import MOST_KEYS
from services.kernel.rpc.limits import SERVICE

FLUSH_SECONDS: Final = 1.0
"""How late processes learn of each other's calls: a daily number may be passed by what comes in that time."""

_PERSON: Final = "caller"
_TENANT: Final = "organization"


class Usage(Protocol):
    """Where it is kept what was used; `kernel.mongo.usage.Usage` states the contract."""

    async def take(self, use: Use, most: int) -> bool:
        """Count one use today, unless there were `most` already."""

    async def give_back(self, use: Use) -> None:
        """Take one use back."""

    async def add(self, day: str, counts: Mapping[Use, int]) -> Mapping[Use, int]:
        """Add counts of a day; return what there is by now."""


class _Count:
    """One caller's or organization's calls of the day: those known of all processes, and ours untold."""

    __slots__ = ("known", "most", "untold", "use")

    def __init__(self, use: Use, most: int) -> None:
        self.use = use
        self.most = most
        self.known = 0
        self.untold = 0


class Meter:
    """Counts calls in memory and adds them up with other processes once a second, while `run` runs."""

    def __init__(self, usage: Usage, settings: LimitSettings) -> None:
        self._usage = usage
        self._most = {
            _PERSON: settings.daily_calls_caller,
            SERVICE: settings.daily_calls_service,
            _TENANT: settings.daily_calls_tenant,
        }
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        self._moved: set[_Count] = set()
        self._day = today()

    def count(self, caller: Caller) -> None:
        """Count one call; a service's is none of the organization's. Exhausted DAILY_CALLS_EXCEEDED."""
        own = SERVICE if SERVICE in caller.roles else _PERSON
        self._spend(self._count(caller.org, caller.subject, own), own)
        if own is _PERSON:
            self._spend(self._count(caller.org, "", _TENANT), _TENANT)

    def _spend(self, count: _Count, scope: str) -> None:
        if count.most and count.known + count.untold >= count.most:
            raise _over("DAILY_CALLS_EXCEEDED", "calls", scope)
        count.untold += 1
        self._moved.add(count)

    def _count(self, org: str, subject: str, scope: str) -> _Count:
        found = self._counts.get((org, subject))
        if found is None:
            found = _Count(Use(org, f"calls/{subject}"), self._most[scope])
            self._counts[org, subject] = found
            if len(self._counts) > MOST_KEYS:
                self._counts.popitem(last=False)
        return found

    async def run(self) -> None:
        """Tell and learn every second, for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Tell what was counted and learn what others counted. While the database is away, it waits."""
        day, self._day = self._day, today()
        moved, self._moved = self._moved, set()
        told = {count: count.untold for count in moved}
        try:
            known = await self._usage.add(day, {count.use: untold for count, untold in told.items()})
        except PyMongoError as error:
            log.get_logger().warning("usage_not_added", exc_info=error)
            self._moved |= moved
            return
        for count, untold in told.items():
            count.untold -= untold
            count.known = known.get(count.use, 0)
        if day != self._day:
            self._counts.clear()


class Allowances:
    """What each caller and each organization may still do today of one kind."""

    def __init__(self, usage: Usage, settings: LimitSettings) -> None:
        self._usage = usage
        self._daily = settings.daily_quotas

    @asynccontextmanager
    async def taken(self, kind: str, caller: Caller) -> AsyncIterator[None]:
        """Take one use of a kind, given back where the block ends in a refusal. Exhausted.

        The service that calls for people has no number of its own, only that of the organization.
        """
        held: list[Use] = []
        try:
            for use, most, scope in self._limits(kind, caller):
                if not await self._usage.take(use, most):
                    raise _over("DAILY_QUOTA_EXCEEDED", kind, scope)
                held.append(use)
            yield
        except Refusal:
            for use in held:
                await self._usage.give_back(use)
            raise

    def _limits(self, kind: str, caller: Caller) -> Sequence[tuple[Use, int, str]]:
        daily = self._daily[kind]
        own = 0 if SERVICE in caller.roles else daily.caller
        limits = (
            (Use(caller.org, f"{kind}/{caller.subject}"), own, _PERSON),
            (Use(caller.org, f"{kind}/"), daily.tenant, _TENANT),
        )
        return [limit for limit in limits if limit[1]]


def _over(reason: str, kind: str, scope: str) -> Exhausted:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    message = f"this {scope}'s {kind.replace('_', ' ')} of today are used up"
    refusal = Exhausted(reason, message, metadata={"scope": scope, "quota": kind})
    return refusal.after((midnight - now).total_seconds())
