"""One agent with its table: takes records, folds what they say, stores what follows, acknowledges."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.kernel.crash import crash_point
from services.processor.agents.batch import Change, Table
from services.processor.agents.effect import Effect
from services.processor.agents.intake import Intake
from services.processor.agents.reading import Reading, Taken
from services.processor.agents.rows import Rows
from services.processor.agents.watch import Watch


@dataclass(frozen=True, slots=True)
class Part:
    """What an agent does: the topics it hears, how it reads a record, what readings lead to."""

    name: str
    topics: tuple[str, ...]
    read: Callable[[Taken], Reading[Any]]
    fold: Callable[[Iterable[Reading[Any]], Table], Change]


def changelog(app: str, table: str) -> str:
    """Return the topic that a table is rebuilt from; Faust makes the name."""
    return f"{app}-{table}-changelog"


class Station:
    """Hosts a part in a Faust application. `stored` is called with each change and its keys' partitions."""

    def __init__(self, app: Any, part: Part, effect: Effect, watch: Watch) -> None:
        self.part = part
        self.intake = Intake(app, part.topics, part.read)
        self.stored: Callable[[Change, Mapping[bytes, int]], None] = lambda _change, _partitions: None
        self._effect = effect
        self._watch = watch
        self._lock = asyncio.Lock()
        table = app.Table(part.name, key_type=bytes, value_type=bytes, use_partitioner=True)
        self.rows: Rows = table.data

    async def run(self, queue: Any) -> None:
        """Handle what Faust fetches into `queue`, until cancelled."""
        while True:
            batch = await self.intake.take(queue)
            await self.handle([one.reading for one in batch])
            self.intake.done(batch)

    async def handle(self, readings: Sequence[Reading[Any]]) -> None:
        """Return once the effect is stored. KafkaError, TooManyDeadLetters."""
        partitions = {one.said.key: one.record.partition for one in readings if one.said is not None}
        async with self.alone() as table:
            await self._effect.bury(readings)
            await self.store(self.part.fold(readings, table), partitions)
        self._watch.handled(readings)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Table]:
        """Yield the table while nobody else changes it."""
        async with self._lock:
            yield self.rows.data

    async def store(self, change: Change, partitions: Mapping[bytes, int]) -> None:
        """Make a change happen, worked out from the table as it is; only inside of `alone`."""
        await self._effect.store(change)
        self.rows.put(change.rows, partitions)
        self.stored(change, partitions)
        crash_point("after_effect_before_commit")

    async def quiet(self) -> None:
        """Return when nothing is being stored."""
        async with self._lock:
            return
