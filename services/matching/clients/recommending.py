"""Pools of participants kept in a process of their own, and recommendations from them."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from services.kernel import log
from services.kernel.clock import Clock
from services.kernel.mongo import Ref
from services.matching.app.ports import Renew
from services.matching.clients import worker
from services.matching.clients.process import ComputingProcess, PeopleBytes
from services.matching.domain.recommending import Asked, Recommended

FRESH: Final = timedelta(minutes=1)
"""How old a pool may be before it is looked at anew, while it goes on answering."""

MOST_POOLS: Final = 32
"""Pools kept: those of programs asked for last."""

PEOPLE_AT_ONCE: Final = 200
"""Few, since recommendations wait while the process reads them."""


class RecommenderProcess:
    """Recommends; `app.ports.Recommender` states the contract."""

    def __init__(self, people: PeopleBytes, clock: Clock) -> None:
        self._process = ComputingProcess(people, PEOPLE_AT_ONCE)
        self._clock = clock
        self._as_of: OrderedDict[str, datetime] = OrderedDict()
        self._renewals: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def recommend(self, pool: Ref, asked: Asked, renew: Renew) -> Recommended:
        """Return the best partners; who asks before there is a pool waits for it, and may ask again."""
        as_of = await self._fresh(pool.key, renew)
        call = (asked.person, asked.role, asked.limit, asked.include_full)
        found = await self._process.call(worker.recommend, pool.key, *call)
        if found is None:  # the process died since: the pool is gone with it
            self._as_of.pop(pool.key, None)
            return await self.recommend(pool, asked, renew)
        return Recommended(found, as_of)

    async def close(self) -> None:
        """End the process; renewals under way are given up."""
        for renewal in self._renewals.values():
            renewal.cancel()
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)
        self._process.close()

    async def _fresh(self, key: str, renew: Renew) -> datetime:
        """Return when the pool was looked at; an old one goes on answering while it is looked at anew."""
        as_of = self._as_of.get(key)
        if as_of is None:
            # Shielded: a large pool takes longer than one caller waits, and the next must find it further on.
            await asyncio.shield(self._renewal(key, renew))
            return self._as_of[key]
        self._as_of.move_to_end(key)
        if self._clock.now() - as_of > FRESH:
            self._renewal(key, renew)
        return as_of

    def _renewal(self, key: str, renew: Renew) -> asyncio.Task[None]:
        """Return the renewal of a pool that is under way, or begin one."""
        if key not in self._renewals:
            self._renewals[key] = asyncio.create_task(self._renew(key, renew), name=f"pool {key}")
            self._renewals[key].add_done_callback(lambda done: self._renewed(key, done))
        return self._renewals[key]

    def _renewed(self, key: str, done: asyncio.Task[None]) -> None:
        del self._renewals[key]
        if not done.cancelled() and (problem := done.exception()) is not None:
            log.get_logger().warning("pool_not_renewed", exc_info=problem)

    async def _renew(self, key: str, renew: Renew) -> None:
        async with self._turn:
            as_of = self._clock.now()
            async for _ in self._process.tell(await renew()):
                pass
            await self._process.call(worker.pool, key)
            self._as_of[key] = as_of
            while len(self._as_of) > MOST_POOLS:
                oldest, _ = self._as_of.popitem(last=False)
                await self._process.call(worker.forget, oldest)
