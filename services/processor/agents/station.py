"""One agent with its table: takes records, folds what they say, stores what follows, acknowledges."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.kernel.kafka import Received
from services.processor.agents.batch import Change, Table
from services.processor.agents.effect import Effect
from services.processor.agents.intake import Batch, Intake
from services.processor.agents.reading import Reading
from services.processor.agents.rows import Rows
from services.processor.agents.spans import folded
from services.processor.agents.watch import Watch


@dataclass(frozen=True, slots=True)
class Part:
    """What an agent does: the topics it hears, how it reads a record, what readings lead to."""

    name: str
    topics: tuple[str, ...]
    read: Callable[[Received], Reading[Any]]
    fold: Callable[[Iterable[Reading[Any]], Table], Change]


def changelog(app: str, table: str) -> str:
    """Return the topic that a table is rebuilt from; Faust makes the name."""
    return f"{app}-{table}-changelog"


class Station:
    """Hosts a part in a Faust application. `decided` is called with each change and its keys' partitions.

    While one batch is being stored the next is worked out, from a table that is ahead of its change log by
    that one: batches are stored in turn, and when one cannot be, none after it is.
    """

    def __init__(self, app: Any, part: Part, effect: Effect, watch: Watch) -> None:
        self.part = part
        self.intake = Intake(app, part.topics, part.read)
        self.decided: Callable[[Change, Mapping[bytes, int]], None] = lambda _change, _partitions: None
        self._effect = effect
        self._watch = watch
        self._group: str = app.conf.id
        self._deciding, self._turn = asyncio.Lock(), asyncio.Lock()
        table = app.Table(part.name, key_type=bytes, value_type=bytes, use_partitioner=True)
        self.rows: Rows = table.data

    async def run(self) -> None:
        """Handle what Faust fetches, until cancelled. Raises what `handle` does, in a group."""
        async with asyncio.TaskGroup() as storing:
            while True:
                batch = await self.intake.take()
                began = time.perf_counter_ns()
                change = await self._decide(batch.readings)
                storing.create_task(self._finish(batch, change, began))

    async def _finish(self, batch: Batch, change: Change, began: int) -> None:
        await self._store(batch.readings, change, began)
        self.intake.done(batch)

    async def handle(self, readings: Sequence[Reading[Any]]) -> None:
        """Return once the effect is stored. KafkaError, TooManyDeadLetters."""
        began = time.perf_counter_ns()
        await self._store(readings, await self._decide(readings), began)

    async def _decide(self, readings: Sequence[Reading[Any]]) -> Change:
        """Return what readings lead to when it is its turn to be stored."""
        partitions = {one.said.key: one.record.partition for one in readings if one.said is not None}
        async with self._deciding:
            change = self.part.fold(readings, self.rows.data)
            self._adopt(change, partitions)
            await self._turn.acquire()
        return change

    async def _store(self, readings: Sequence[Reading[Any]], change: Change, began: int) -> None:
        """Make it happen, then pass the turn on; after an error nobody gets it."""
        await self._effect.bury(readings)
        await self._effect.store(change)
        self._turn.release()
        self._watch.handled(readings)
        folded(readings, self._group, time.perf_counter_ns() - began)

    def _adopt(self, change: Change, partitions: Mapping[bytes, int]) -> None:
        self.rows.put(change.rows, partitions)
        self.decided(change, partitions)

    async def change(self, work: Callable[[Table], Change | None], partition: int) -> bool:
        """Do `work` on the table of a partition while nothing else happens; whether it led to a change."""
        async with self._deciding:
            await self._turn.acquire()
            change = work(self.rows.data)
            if change is not None:
                self._adopt(change, dict.fromkeys(change.due, partition))
                await self._effect.store(change)
            self._turn.release()
        return change is not None

    async def quiet(self) -> None:
        """Return when nothing is being stored."""
        async with self._deciding, self._turn:
            return
