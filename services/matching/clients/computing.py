"""Cohorts computed in a process of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from services.matching.app.ports import GoesOn, Task
from services.matching.clients import worker
from services.matching.clients.process import ComputingProcess, PeopleBytes
from services.matching.domain.plan import Report
from services.matching.domain.runs import Part

LOOK_SECONDS: Final = 0.25
"""How often the computation is looked at."""

PEOPLE_AT_ONCE: Final = 500

NICENESS: Final = 10
"""Whoever waits for a call comes before a computation."""


class Computed:
    """What the process holds after a computation."""

    def __init__(self, process: ComputingProcess, answer: tuple[Report, int] | None) -> None:
        self.report = answer[0] if answer else None
        self.leftovers = answer[1] if answer else 0
        self._process = process

    async def parts(self, run: str) -> AsyncIterator[Part]:
        """Yield the result in parts. Unavailable when the process died."""
        number = 0
        while part := await self._process.call(worker.result, run, number):
            yield part
            number += 1


class MatcherProcess:
    """Computes cohorts one after the other; `app.ports.Matcher` states the contract."""

    def __init__(self, people: PeopleBytes) -> None:
        self._process = ComputingProcess(people, PEOPLE_AT_ONCE, NICENESS)
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def matched(self, task: Task, goes_on: GoesOn) -> AsyncIterator[Computed]:
        """Match a cohort."""
        async with self._turn:
            async for progress in self._process.tell(task):
                if not await goes_on(progress):
                    yield Computed(self._process, None)
                    return
            yield Computed(self._process, await self._followed(goes_on))

    async def _followed(self, goes_on: GoesOn) -> tuple[Report, int] | None:
        computation = asyncio.ensure_future(self._process.call(worker.match))
        try:
            while not (await asyncio.wait({computation}, timeout=LOOK_SECONDS))[0]:
                if not await goes_on(self._process.progress()):
                    self._process.unwanted()
            return await computation
        except asyncio.CancelledError:
            self._process.unwanted()  # nobody is left to take the answer
            raise

    async def close(self) -> None:
        """End the process."""
        self._process.close()
