"""Keeps processes running: what ends by itself is started again, ever later if it keeps ending."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from deploy.local.process import Process, StartFailed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0


class Unit(Protocol):
    """A part of the platform that is one process."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def process(self) -> Process:
        """What runs."""

    async def start(self) -> None:
        """Start and wait until it serves. Raises StartFailed."""

    async def stop(self) -> int:
        """Stop in order."""

    async def kill(self) -> int:
        """SIGKILL."""


def pause_before(attempt: int) -> float:
    """Return the seconds before the n-th start in a row (from 1): 0.5 doubling up to 30."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(1 << min(attempt - 1, 16)))


class Supervisor:
    """Watches units one by one. `say` prints a line for people."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._watches: dict[str, asyncio.Task[None]] = {}

    def watch(self, unit: Unit) -> None:
        """Start the unit again whenever it ends, until `forget`."""
        self._watches[unit.name] = asyncio.create_task(self._keep(unit), name=f"watch {unit.name}")

    async def forget(self, unit: Unit) -> None:
        """Leave the unit to itself, so that it can be stopped; a start under way is given up."""
        watch = self._watches.pop(unit.name, None)
        if watch is None:
            return
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    async def _keep(self, unit: Unit) -> None:
        attempt, since = 0, time.monotonic()
        while True:
            code = await unit.process.wait()
            attempt = 1 if time.monotonic() - since > STEADY_SECONDS else attempt + 1
            pause = pause_before(attempt)
            self._say(f"{unit.name} ended by itself (code {code}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            try:
                await unit.start()
            except StartFailed as failed:
                self._say(str(failed))
                continue
            since = time.monotonic()
            self._say(f"{unit.name} is back")
