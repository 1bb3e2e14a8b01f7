"""One process per service chains what all of them wrote: the holder of a lease, twice a second.

Entries carry the clock of the process that wrote them, so one may come to light behind later ones. Each look
goes back to a little before the last one, now and then a few seconds or a minute, and a new holder's first
one an hour; what is found late is chained late. The number in a block's key lets only one of two holders
write it, so a chain never forks.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol

from pymongo.errors import PyMongoError

from services.kernel import log
from services.kernel.audit.entry import Block, Document, chained

PAUSE_SECONDS: Final = 0.5
LONGEST_BLOCK: Final = 500
_OVERLAP: Final = timedelta(seconds=0.5)
_FURTHER_LOOK: Final = timedelta(seconds=5)
_LONG_LOOK: Final = timedelta(seconds=60)
_FIRST_LOOK: Final = timedelta(hours=1)
_KEPT_HEADS: Final = 10_000


class LostLease(Exception):  # noqa: N818 -- what happened, not a defect
    """Somebody else chains by now."""


class Lease(Protocol):
    """What `kernel.mongo.Lease` does."""

    ttl: float

    @property
    def left(self) -> float:
        """Return for how many seconds it is surely ours."""

    async def acquire(self) -> bool:
        """Take or renew it; whether it is ours."""

    async def release(self) -> None:
        """Let the next one have it at once."""


class Trail(Protocol):
    """Where entries and blocks lie; `kernel.mongo.trail.Trail` states the contract."""

    async def since(self, at: datetime) -> Sequence[tuple[str, str]]:
        """Return (organization, id) of entries, earliest first."""

    async def chained_since(self, at: datetime, tenant: str = "") -> set[str]:
        """Return the ids of entries in blocks, of all organizations or of one."""

    async def last_block(self, tenant: str) -> Block | None:
        """Return an organization's latest block."""

    async def documents(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Document]:
        """Return stored entries by id."""

    async def add(self, block: Block) -> bool:
        """Store a block; False where its number is taken."""


class Chainer:
    """The chaining of one service."""

    def __init__(self, trail: Trail, lease: Lease, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._trail = trail
        self._lease = lease
        self._heads: dict[str, Block] = {}
        self._done: dict[str, float] = {}
        self._looked: float | None = None
        self._looked_further = self._looked_long = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Chain whenever nobody else does. After `stop` once more, then let go."""
        while True:
            last = stop.is_set()
            try:
                led = self._lease.left > self._lease.ttl / 2 or await self._lease.acquire()
                if led:
                    await self.chain()
            except (PyMongoError, TimeoutError, LostLease) as error:
                self._forget()
                log.get_logger().warning("audit_not_chained", exc_info=error)
            else:
                if not led:
                    self._forget()
            if last:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await stop.wait()
        with suppress(PyMongoError):
            await self._lease.release()

    async def chain(self) -> int:
        """Chain what has come since; return how many entries that were."""
        began = self._now()
        look = await self._look(began)
        fresh = [
            pair for pair in await self._trail.since(datetime.now(UTC) - look) if pair[1] not in self._done
        ]
        for tenant, pairs in groupby(sorted(fresh, key=itemgetter(0)), key=itemgetter(0)):
            keys = [key for _, key in pairs]
            for start in range(0, len(keys), LONGEST_BLOCK):
                await self._add(tenant, keys[start : start + LONGEST_BLOCK])
        self._done.update((key, began) for _, key in fresh)
        return len(fresh)

    async def _look(self, began: float) -> timedelta:
        last, self._looked = self._looked, began
        if last is None:
            self._looked_further = self._looked_long = began
            known = await self._trail.chained_since(datetime.now(UTC) - _FIRST_LOOK)
            self._done = dict.fromkeys(known, began)
            return _FIRST_LOOK
        if began - self._looked_long >= _LONG_LOOK.total_seconds():
            self._looked_further = self._looked_long = began
            oldest = began - 2 * _LONG_LOOK.total_seconds()
            self._done = {key: at for key, at in self._done.items() if at > oldest}
            return _LONG_LOOK
        if began - self._looked_further >= _FURTHER_LOOK.total_seconds() - _OVERLAP.total_seconds():
            self._looked_further = began
            return _FURTHER_LOOK
        return timedelta(seconds=began - last) + _OVERLAP

    async def _add(self, tenant: str, keys: Sequence[str]) -> None:
        last = self._heads.get(tenant)
        if last is None:
            last = await self._trail.last_block(tenant)
            # Read after the head: what another process adds later collides with our block's number.
            known = await self._trail.chained_since(datetime.now(UTC) - _FIRST_LOOK, tenant)
            keys = [key for key in keys if key not in known]
        if not keys:
            return
        documents = await self._trail.documents(tenant, keys)
        block = chained(last, [documents[key] for key in keys], datetime.now(UTC))
        if not await self._trail.add(block):
            self._forget()
            raise LostLease
        if len(self._heads) >= _KEPT_HEADS:
            self._heads.clear()
        self._heads[tenant] = block
        # Noted outside of the database: who rewrites a whole chain there cannot rewrite this.
        log.write("audit_chained", {"org": tenant, "place": block.next - 1, "hash": block.hashes[-1]})

    def _forget(self) -> None:
        self._heads.clear()
        self._looked = None
