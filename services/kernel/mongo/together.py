"""Asks together what is asked at the same time: one round trip for many callers.

A driver call costs the same thread hop, message and commit for one document as for fifty: measured with 16
callers, commands take a quarter of the client's and a third of the server's time, and reads a tenth. While
a batch is on its way, further questions wait and then go as one; a lone caller goes after a few turns of the
loop: microseconds while it is idle, and in a busy one the time in which those arrive who are on their way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from typing import Final, Generic, NamedTuple, TypeVar

from services.kernel.mongo.attempts import budget, deadline_or_default
from services.kernel.tracing import UNMEASURED, Outcome

Q = TypeVar("Q")
R = TypeVar("R")

OVERDUE_SECONDS: Final = 0.05
"""A batch that takes longer no longer holds back the next: its connection may be dead."""
FLIGHTS: Final = 4
BOARDING_TURNS: Final = 12
"""Of the event loop, from the first question of a batch until it goes."""
LARGEST_FLIGHT: Final = 100


Spans = Callable[[], AbstractContextManager[Outcome]]


def _unmeasured() -> AbstractContextManager[Outcome]:
    return UNMEASURED


class _Asked(NamedTuple, Generic[Q, R]):
    question: Q
    answer: asyncio.Future[R]
    end: float


class Together(Generic[Q, R]):
    """Answers questions by `ask`, which gets many and returns their answers in order.

    An answer that is an exception is raised to its caller, an exception of `ask` to all of them. Who gives up
    leaves the others alone. `span` measures what a caller waits.
    """

    def __init__(
        self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[R | Exception]]], span: Spans = _unmeasured
    ) -> None:
        self._ask = ask
        self._span = span
        self._waiting: deque[_Asked[Q, R]] = deque()
        self._flying: set[asyncio.Task[None]] = set()
        self._departed = 0.0

    async def __call__(self, question: Q) -> R:
        """Return the answer, or raise a timeout by the latest deadline of those who ask together."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append(_Asked(question, answer, deadline_or_default()))
        if len(self._waiting) == 1 and not self._held():
            self._board(BOARDING_TURNS)
        with self._span():
            return await answer

    def _board(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._board, turns - 1)
        else:
            self._depart()

    def _held(self) -> bool:
        """Whether the next batch has to wait for one that is on its way."""
        if not self._flying:
            return False
        overdue = asyncio.get_running_loop().time() >= self._departed + OVERDUE_SECONDS
        return len(self._flying) >= FLIGHTS or not overdue

    def _depart(self) -> None:
        if not self._waiting or self._held():
            return
        loop = asyncio.get_running_loop()
        size = min(len(self._waiting), LARGEST_FLIGHT)
        batch = [self._waiting.popleft() for _ in range(size)]
        # A context of its own: the first caller's deadline is not that of the others.
        flight = loop.create_task(self._fly(batch), context=Context())
        self._flying.add(flight)
        flight.add_done_callback(self._landed)
        self._departed = loop.time()
        loop.call_later(OVERDUE_SECONDS, self._depart)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flying.discard(flight)
        if self._waiting and not self._held():
            self._board(BOARDING_TURNS)

    async def _fly(self, batch: Sequence[_Asked[Q, R]]) -> None:
        try:
            with budget(max(asked.end for asked in batch)):
                answers = await self._ask([asked.question for asked in batch])
        except Exception as error:  # noqa: BLE001 -- raised to every caller
            answers = [error] * len(batch)
        for asked, answer in zip(batch, answers, strict=True):
            _tell(asked.answer, answer)


def _tell(future: asyncio.Future[R], answer: R | Exception) -> None:
    if future.done():
        return  # the caller gave up
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
