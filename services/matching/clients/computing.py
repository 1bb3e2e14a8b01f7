"""Cohorts computed in a process of their own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from services.kernel.events import sign
from services.kernel.events.life import Sign
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

    def __init__(self, process: ComputingProcess, answer: tuple[Report, int] | None, moved: Sign) -> None:
        self.report = answer[0] if answer else None
        self.leftovers = answer[1] if answer else 0
        self._process = process
        self._moved = moved

    async def parts(self, run: str) -> AsyncIterator[Part]:
        """Yield the result in parts. Unavailable when the process died."""
        number = 0
        while part := await self._process.call(worker.result, run, number):
            yield part
            self._moved()
            number += 1


class MatcherProcess:
    """Computes cohorts one after the other; `app.ports.Matcher` states the contract."""

    def __init__(self, people: PeopleBytes) -> None:
        self._process = ComputingProcess(people, PEOPLE_AT_ONCE, NICENESS)
        self._turn = asyncio.Lock()
        self._signs: list[Sign] = []
        self._looks = 0

    @asynccontextmanager
    async def matched(self, task: Task, goes_on: GoesOn) -> AsyncIterator[Computed]:
        """Match a cohort. What moves one is a sign of life of those as well that wait for their turn."""
        with self._seen_moving():
            async with self._turn:
                yield Computed(self._process, await self._answer(task, goes_on), self._moved)

    @contextmanager
    def _seen_moving(self) -> Iterator[None]:
        mine = sign()
        self._signs.append(mine)
        try:
            yield
        finally:
            self._signs.remove(mine)

    def _moved(self) -> None:
        for one in self._signs:
            one()

    def _look(self) -> None:
        before, self._looks = self._looks, self._process.looks()
        if self._looks != before:
            self._moved()

    async def _answer(self, task: Task, goes_on: GoesOn) -> tuple[Report, int] | None:
        async for progress in self._process.tell(task):
            self._moved()
            if not await goes_on(progress):
                return None
        return await self._followed(goes_on)

    async def _followed(self, goes_on: GoesOn) -> tuple[Report, int] | None:
        computation = asyncio.ensure_future(self._process.call(worker.match))
        try:
            while not (await asyncio.wait({computation}, timeout=LOOK_SECONDS))[0]:
                self._look()
                if not await goes_on(self._process.progress()):
                    self._process.unwanted()
            self._look()
            return await computation
        except asyncio.CancelledError:
            self._process.unwanted()  # nobody is left to take the answer
            raise

    async def close(self) -> None:
        """End the process."""
        self._process.close()
