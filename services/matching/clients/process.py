"""A process of its own for seconds of work that the event loop must not wait for.

It starts with the first call and ends with this process. Calls run one after another, in their order.
"""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import RawArray
from typing import Any, Final, Protocol, TypeVar

from services.kernel.errors import Unavailable
from services.matching.app.ports import Task
from services.matching.clients import worker
from services.matching.domain.cohort import Cohort
from services.matching.domain.runs import Progress

R = TypeVar("R")

READING: Final = "reading"
"""The stage in which people are read."""


class PeopleBytes(Protocol):
    """People as the profiles service sends them, undecoded."""

    def raw(self, tenant: str, people: Sequence[str], at_once: int) -> AsyncIterator[bytes]:
        """Yield BatchGetPeopleResponse messages of at most `at_once` people. NotFound, Unavailable."""


class ComputingProcess:
    """One computing process and what is shared with it."""

    def __init__(self, people: PeopleBytes, at_once: int, niceness: int = 0) -> None:
        self._people = people
        self._at_once = at_once
        self._niceness = niceness
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context(
            "spawn"
        )  # forking a process with gRPC threads is not safe
        self._counts: Any = RawArray("q", 4)
        self._stage: Any = RawArray("c", worker.STAGE_BYTES)

    async def call(self, do: Callable[..., R], *arguments: Any) -> R:
        """Have a function of `worker` called there. Unavailable when the process died."""
        if self._pool is None:
            shared = (self._counts, self._stage, self._niceness)
            self._pool = ProcessPoolExecutor(
                1, mp_context=self._context, initializer=worker.start, initargs=shared
            )
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, do, *arguments)
        except BrokenProcessPool as error:
            self._forget(pool)
            raise Unavailable("MATCHER_DIED", "the computation was cut off") from error

    async def tell(self, task: Task) -> AsyncIterator[Progress]:
        """Tell the process of a cohort; yield how far it is. NotFound, Unavailable."""
        await self.call(worker.begin, _without_people(task))
        async for entries in task.entries:
            await self.call(worker.enrol, entries)
        done = 0
        while missing := await self.call(worker.missing):
            total = done + len(missing)
            async for answer in self._people.raw(task.tenant, missing, self._at_once):
                await self.call(worker.learn, answer)
                done = min(done + self._at_once, total)
                yield Progress(READING, done, total)

    def progress(self) -> Progress:
        """Return how far the computation in hand is."""
        counts = self._counts
        return Progress(self._stage.value.decode(), counts[worker.DONE], counts[worker.TOTAL])

    def looks(self) -> int:
        """Return a number that grows while the computation in hand moves."""
        return int(self._counts[worker.LOOKS])

    def unwanted(self) -> None:
        """Stop the computation in hand within a moment."""
        self._counts[worker.UNWANTED] = 1

    def close(self) -> None:
        """End the process; work under way is finished first."""
        if self._pool is not None:
            self._forget(self._pool)

    def _forget(self, pool: ProcessPoolExecutor) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        if self._pool is pool:
            self._pool = None


def _without_people(task: Task) -> Cohort:
    return Cohort(
        entries=(),
        people=(),
        monday=task.monday,
        taken=task.taken,
        busy=task.busy,
        refused=task.refused,
        previous=task.previous,
        policy=task.policy,
        options=task.options,
    )
