"""Lets many do the same thing in step, so that what all of them ask for at a moment goes in one round trip.

Each by itself, they ask the database whenever their own mail went out: at each step one command for three of
them, and a command costs the service and the database as much as all the rest of a message. In step it is one
for a whole cohort.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

SIZE: Final = 32
AT_ONCE: Final = 2
"""One talks to the mail server while the other one reads or writes."""
MOST: Final = SIZE * AT_ONCE
"""Under way at most, also while a database or a mail server hangs: so many mails at most are not recorded."""
PATIENCE_SECONDS: Final = 0.25
"""Several times what a cohort takes; who takes longer is not waited for: a mail server may hang."""
_BOARDING_TURNS: Final = 12
"""Of the event loop, in which those arrive who are on their way."""

Meet = Callable[[], Awaitable[None]]
"""Waits until all who began together are as far, have failed or take long."""


class Cohorts:
    """Cohorts of up to SIZE, AT_ONCE under way beside those that take long; a lone caller begins at once.

    The next one begins when all of one are through, not when they met: it would find half of those who come
    still busy with what they met for, and go with the rest.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._waiting: deque[asyncio.Future[_Member]] = deque()
        self._under_way: set[_Cohort] = set()
        self._inside = 0
        self._boarding = False

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Meet]:
        """Begin with all who came by now; the block gets what lets them meet, once."""
        turn: asyncio.Future[_Member] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._board()
        try:
            me = await turn
            yield lambda: me.met(self._patience)
        finally:
            if not turn.cancelled():  # else it gave up before it began
                self._inside -= 1
                turn.result().leave()
                self._board()

    def _room(self) -> int:
        """Return how many may begin now."""
        return min(SIZE, MOST - self._inside) if len(self._under_way) < AT_ONCE else 0

    def _board(self) -> None:
        if self._waiting and not self._boarding and self._room():
            self._boarding = True
            self._turn(_BOARDING_TURNS)

    def _turn(self, left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(self._turn, left - 1)
        else:
            self._boarding = False
            self._depart()

    def _depart(self) -> None:
        first = [self._waiting.popleft() for _ in range(min(self._room(), len(self._waiting)))]
        turns = [turn for turn in first if not turn.done()]  # the others gave up
        if turns:
            cohort = _Cohort(len(turns), self._over)
            self._under_way.add(cohort)
            self._inside += len(turns)
            asyncio.get_running_loop().call_later(self._patience, self._over, cohort)
            for turn in turns:
                turn.set_result(_Member(cohort))
        self._board()

    def _over(self, cohort: "_Cohort") -> None:
        self._under_way.discard(cohort)
        self._board()


class _Cohort:
    """Those who began together; `over` is told when the last of them has left."""

    def __init__(self, size: int, over: Callable[["_Cohort"], None]) -> None:
        self._missing = self._inside = size
        self._over = over
        self.complete = asyncio.Event()

    def arrive(self) -> None:
        """Count one."""
        self._missing -= 1
        if not self._missing:
            self.complete.set()

    def leave(self) -> None:
        """Count one who is through."""
        self._inside -= 1
        if not self._inside:
            self._over(self)


class _Member:
    """One of a cohort, who arrives once and leaves once."""

    def __init__(self, cohort: _Cohort) -> None:
        self._cohort = cohort
        self._is_there = False

    def arrive(self) -> None:
        """Be waited for no more."""
        if not self._is_there:
            self._is_there = True
            self._cohort.arrive()

    def leave(self) -> None:
        """Be through."""
        self.arrive()
        self._cohort.leave()

    async def met(self, patience: float) -> None:
        """Wait for the others."""
        self.arrive()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._cohort.complete.wait()
