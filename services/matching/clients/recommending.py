"""Pools of participants kept in a process of their own, and recommendations from them."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.kernel.clock import Clock
from services.kernel.mongo import Ref
from services.matching.app.ports import Asked, Recommended, Renew
from services.matching.clients import worker
from services.matching.clients.process import ComputingProcess, PeopleBytes

FRESH: Final = timedelta(minutes=1)
"""How old a pool may be before it is looked at anew, while it goes on answering."""

MOST_POOLS: Final = 32
"""Pools kept: those of programs asked for last."""

PEOPLE_AT_ONCE: Final = 200
"""Few, since recommendations wait while the process reads them."""


@dataclass
class _Kept:
    as_of: datetime
    renewal: asyncio.Task[None] | None = None


class RecommenderProcess:
    """Recommends; `app.ports.Recommender` states the contract."""

    def __init__(self, people: PeopleBytes, clock: Clock) -> None:
        self._process = ComputingProcess(people, PEOPLE_AT_ONCE)
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._turn = asyncio.Lock()

    async def recommend(self, pool: Ref, asked: Asked, renew: Renew) -> Recommended:
        """Return the best partners; the first to ask for a program waits until its pool is there."""
        kept = await self._pool(pool.key, renew)
        call = (asked.person, asked.role, asked.limit, asked.include_full)
        found = await self._process.call(worker.recommend, pool.key, *call)
        if found is None:  # the process died since: the pool is gone with it
            self._kept.pop(pool.key, None)
            return await self.recommend(pool, asked, renew)
        return Recommended(found, kept.as_of)

    async def close(self) -> None:
        """End the process."""
        for kept in self._kept.values():
            if kept.renewal is not None:
                kept.renewal.cancel()
        self._process.close()

    async def _pool(self, key: str, renew: Renew) -> _Kept:
        kept = self._kept.get(key)
        if kept is None:
            await self._renewed(key, renew)
            return self._kept[key]
        self._kept.move_to_end(key)
        if self._clock.now() - kept.as_of > FRESH and (kept.renewal is None or kept.renewal.done()):
            kept.renewal = asyncio.create_task(self._renewed(key, renew))
        return kept

    async def _renewed(self, key: str, renew: Renew) -> None:
        async with self._turn:
            known = self._kept.get(key)
            if known is not None and self._clock.now() - known.as_of <= FRESH:
                return  # somebody else's turn was for the same pool
            as_of = self._clock.now()
            async for _ in self._process.tell(await renew()):
                pass
            await self._process.call(worker.pool, key)
            self._kept[key] = _Kept(as_of)
            while len(self._kept) > MOST_POOLS:
                oldest, _ = self._kept.popitem(last=False)
                await self._process.call(worker.forget, oldest)
