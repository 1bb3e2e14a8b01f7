"""Lets time pass for pairs of which nothing is heard.

A timer fires a minute after its time, and only for partitions that are read to their end: an event that was
told before that time, and is still on its way, must count first, or a replay of the same log would decide
otherwise. Of partitions that are behind, the events bring the time with them.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from services.kernel.clock import Clock
from services.processor.agents.batch import Change, Pairs, Table
from services.processor.agents.station import Station
from services.processor.agents.timers import Timers

TICK_SECONDS = 1.0
LATENESS = timedelta(seconds=60)
"""Time given to an event from its commit until it is read here: outboxes are emptied within seconds."""
AT_ONCE = 500
"""Pairs whose time passes in one batch."""
BREATH = 1_000
"""Rows looked through before others get a turn."""


class Timekeeper:
    """The timers of a station that folds pairs."""

    def __init__(self, station: Station, pairs: Pairs, clock: Clock) -> None:
        self._station = station
        self._pairs = pairs
        self._clock = clock
        self._timers = Timers()
        self._stale = False
        # A clock that jumps, as in development, passes the events on their way: so the time of the last tick
        # counts, since when they have come.
        self._read: deque[datetime] = deque(maxlen=2)
        station.decided = self._note

    def doubt(self) -> None:
        """Work all timers out again at the next tick: what they depend on has changed."""
        self._stale = True

    async def rebuild(self) -> None:
        """Work all timers out from the table."""
        self._stale = False
        self._timers.clear()
        for place, (key, partition) in enumerate(self._station.rows.places(), 1):
            if (value := self._station.rows.data.get(key)) is not None:
                self._timers.set(partition, key, self._pairs.due(value))
            if place % BREATH == 0:
                await asyncio.sleep(0)

    async def tick(self) -> None:
        """Do what is due. KafkaError."""
        self._read.append(self._clock.now())
        if len(self._read) < 2:
            return
        until = self._read[0] - LATENESS
        if self._stale:
            await self.rebuild()
        for number in self._station.intake.caught_up():
            while await self._station.change(partial(self._due, number, until), number):
                pass

    def _due(self, number: int, until: datetime, table: Table) -> Change | None:
        """Let time pass for some pairs of a partition; None when none is due or it is not read to its end."""
        if number not in self._station.intake.caught_up():
            return None
        keys = self._timers.take(number, until, AT_ONCE)
        return self._pairs.advance(keys, until, table) if keys else None

    def _note(self, change: Change, partitions: Mapping[bytes, int]) -> None:
        for key, due in change.due.items():
            self._timers.set(partitions[key], key, due)
