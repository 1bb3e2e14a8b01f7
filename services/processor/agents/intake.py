"""What Faust has fetched for one agent, handed out as it was written and acknowledged when it is done.

Faust's own stream costs more per record than a fold does, and knows no order between topics. So fetches are
taken whole (`fetching`), and what the stream did for their records is done here: those of an assignment that
is over are dropped, those in hand hold a rebalance up, and what is missing of a partition is fetched again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from faust.types import TP

from services.kernel.kafka import Received
from services.processor.agents.merge import Merge
from services.processor.agents.reading import Reading

MANY, GATHER_SECONDS = 500, 0.05
"""With more records than that to come, some are gathered first: rows are written once per batch."""
FETCHED = 2_000
"""Records looked at before any is handed out."""
PORTION, PORTIONS = 500, 16
"""Records of one partition that are looked at together; how many such portions may lie before the door."""
SHARE = 1_000
"""Records of one partition handed out at once, so that none waits for another's backlog."""
LOOK_SECONDS = 0.02
"""How often records that wait for another topic are looked at."""
SETTLE_SECONDS = 0.05
"""What another topic was told just before has come by then: topics are fetched one after another."""
FULL = 8_000
"""Records of one partition that may wait for another topic; then no more of it are fetched."""

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(slots=True, eq=False, repr=False, weakref_slot=True)
class Batch:
    """Readings in hand, and the offsets at which their partitions go on after them.

    Faust asks all that a rebalance waits for whether it is acknowledged, and how often it must be.
    """

    readings: Sequence[Reading[Any]]
    ends: Mapping[Place, int]
    acked: bool = False
    refcount: int = 1


@dataclass(frozen=True, slots=True)
class Portion:
    """Records of one partition, and in which generation of the group they were fetched."""

    records: Sequence[Received]
    generation: int


class Intake:
    """The records of `topics`, which have equal partition counts and meet partition by partition."""

    def __init__(self, app: Any, topics: Sequence[str], read: Callable[[Received], Reading[Any]]) -> None:
        self._app = app
        self._topics = topics
        self._read = read
        self._door: asyncio.Queue[Portion] = asyncio.Queue(PORTIONS)
        self._merges: dict[int, Merge[Reading[Any]]] = {}
        self._next: dict[Place, int] = {}
        self._since: dict[int, float] = {}
        self._full: set[Place] = set()
        self._missing: dict[Place, int] = {}
        self._asked: dict[Place, int] = {}
        self._in_hand = 0

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Begin anew at the offsets where the partitions held from now on begin."""
        self._next = dict(starts)
        self._merges = {number: Merge(self._topics) for _, number in starts}
        self._full.clear()
        self._missing.clear()

    async def put(self, records: Sequence[Received], generation: int) -> None:
        """Lay records of one partition before the door; wait while too many lie there."""
        for start in range(0, len(records), PORTION):
            await self._door.put(Portion(records[start : start + PORTION], generation))

    async def take(self) -> Batch:
        """Wait for records whose turn has come."""
        while True:
            for portion in await self._fetched():
                self._let_in(portion)
            await self._fetch_again()
            if batch := self._ready():
                return batch

    def done(self, batch: Batch) -> None:
        """Acknowledge records whose effect is stored."""
        self._app.consumer.finished(batch, batch.ends)
        self._in_hand -= 1

    def caught_up(self) -> list[int]:
        """Return the partitions of which nothing waits and nothing is in hand, as far as the broker told."""
        if self._in_hand or not self._app.flow_control.is_active():
            return []
        return [
            number
            for number, merge in self._merges.items()
            if not merge and all(self._ended(number, topic) for topic in self._topics)
        ]

    async def _fetched(self) -> list[Portion]:
        try:
            async with asyncio.timeout(LOOK_SECONDS if any(self._merges.values()) else None):
                portions = [await self._door.get()]
        except TimeoutError:
            return []
        if self._behind() > MANY:
            await asyncio.sleep(GATHER_SECONDS)
        while sum(len(one.records) for one in portions) < FETCHED and not self._door.empty():
            portions.append(self._door.get_nowait())
        return portions

    def _behind(self) -> int:
        """Return how many records the broker still has, as far as it told."""
        ends = ((self._end(*place), start) for place, start in self._next.items())
        return sum(max(0, end - start) for end, start in ends if end is not None)

    def _let_in(self, portion: Portion) -> None:
        place = (portion.records[0].topic, portion.records[0].partition)
        merge = self._merges.get(place[1])
        if portion.generation != self._app.consumer_generation_id or merge is None:
            return
        if not merge:
            self._since[place[1]] = time.monotonic()
        for record in portion.records:
            if record.offset != self._next[place] and not self._follows(place, record.offset):
                continue
            self._next[place] = record.offset + 1
            reading = self._read(record)
            merge.put(place[0], reading.moment, reading)
        if merge.waiting(place[0]) >= FULL:
            self._full.add(place)
            self._app.consumer.on_buffer_full(TP(*place))

    def _follows(self, place: Place, offset: int) -> bool:
        """Whether a record is the next one of its partition although its offset is not the next one.

        Faust may have lost those before it in a rebalance, so they are asked for again, once: they may have
        left the log as well.
        """
        expected = self._next[place]
        if offset < expected:
            return False
        if self._asked.get(place) != expected:
            self._asked[place] = self._missing[place] = expected
        return place not in self._missing

    async def _fetch_again(self) -> None:
        """Go back to records that are missing."""
        for place, offset in self._missing.items():
            await self._app.consumer.seek(TP(*place), offset)
        self._missing.clear()

    def _ready(self) -> Batch | None:
        if not self._app.flow_control.is_active():
            return None
        readings: list[Reading[Any]] = []
        settled = time.monotonic() - SETTLE_SECONDS
        for number, merge in self._merges.items():
            if merge and (len(self._topics) == 1 or self._since[number] <= settled):
                readings += islice(merge.ready(partial(self._ended, number)), SHARE)
        self._resume()
        return self._taken(readings) if readings else None

    def _taken(self, readings: Sequence[Reading[Any]]) -> Batch:
        """Return a batch that Faust waits for before it gives its partitions up."""
        records = (reading.record for reading in readings)
        batch = Batch(readings, {(one.topic, one.partition): one.offset + 1 for one in records})
        self._in_hand += 1
        self._app.consumer.begun(batch)
        return batch

    def _resume(self) -> None:
        for place in [one for one in self._full if self._merges[one[1]].waiting(one[0]) < FULL // 2]:
            self._full.discard(place)
            self._app.consumer.on_buffer_drop(TP(*place))

    def _ended(self, number: int, topic: str) -> bool:
        """Whether all that the broker had at its last answer has been seen."""
        end = self._end(topic, number)
        return end is not None and self._next[topic, number] >= end

    def _end(self, topic: str, number: int) -> int | None:
        try:
            end: int | None = self._app.consumer.highwater((topic, number))
        except AssertionError:  # what aiokafka raises for a partition that is not, or no more, assigned
            return None
        return end
