"""What Faust has fetched for one agent, handed out as it was written and acknowledged when it is done.

Faust's own stream costs more per record than a fold does, and knows no order between topics. So records are
taken straight from the queue that it fetches into, and what the stream did for them is done here: those of an
assignment that is over are dropped, those in hand are tracked, and each is acknowledged after those before it
in its partition (Faust would commit past a single one that is missing).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from services.processor.agents.merge import Merge
from services.processor.agents.reading import Reading, Taken

MANY, GATHER_SECONDS = 500, 0.05
"""With more records than that to come, some are gathered first: rows are written once per batch."""
FETCHED = 2_000
"""Records looked at before any is handed out."""
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


@dataclass(slots=True)
class InHand:
    """A record with what it says, and Faust's event for it."""

    reading: Reading[Any]
    event: Any


class Intake:
    """The records of `topics`, which have equal partition counts and meet partition by partition."""

    def __init__(self, app: Any, topics: Sequence[str], read: Callable[[Taken], Reading[Any]]) -> None:
        self._app = app
        self._topics = topics
        self._read = read
        self._merges: dict[int, Merge[InHand]] = {}
        self._next: dict[Place, int] = {}
        self._since: dict[int, float] = {}
        self._full: set[Any] = set()
        self._missing: dict[Any, int] = {}
        self._asked: dict[Any, int] = {}
        self._in_hand = 0

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Begin anew at the offsets where the partitions held from now on begin."""
        self._next = dict(starts)
        self._merges = {number: Merge(self._topics) for _, number in starts}
        self._full.clear()
        self._missing.clear()

    async def take(self, queue: Any) -> list[InHand]:
        """Wait for records whose turn has come; `queue` is the one that Faust fetches into."""
        while True:
            for event in await self._fetched(queue):
                self._put(event)
            await self._fetch_again()
            if batch := self._ready():
                return batch

    def done(self, batch: Iterable[InHand]) -> None:
        """Acknowledge records whose effect is stored."""
        for one in batch:
            one.event.ack()
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

    async def _fetched(self, queue: Any) -> list[Any]:
        try:
            async with asyncio.timeout(LOOK_SECONDS if any(self._merges.values()) else None):
                events = [await queue.get()]
        except TimeoutError:
            return []
        if self._behind() > MANY:
            await asyncio.sleep(GATHER_SECONDS)
        while len(events) < FETCHED and not queue.empty():
            events.append(queue.get_nowait())
        return events

    def _behind(self) -> int:
        """Return how many records the broker still has, as far as it told."""
        ends = ((self._end(*place), start) for place, start in self._next.items())
        return sum(max(0, end - start) for end, start in ends if end is not None)

    def _put(self, event: Any) -> None:
        message = event.message
        if message.generation_id != self._app.consumer_generation_id or message.partition not in self._merges:
            return
        place = (message.topic, message.partition)
        if message.offset != self._next[place] and not self._follows(message):
            return
        self._next[place] = message.offset + 1
        reading = self._read(_taken(message))
        merge = self._merges[message.partition]
        if not merge:
            self._since[message.partition] = time.monotonic()
        merge.put(message.topic, reading.moment, InHand(reading, event))
        if merge.waiting(message.topic) >= FULL:
            self._full.add(message.tp)
            self._app.consumer.on_buffer_full(message.tp)

    def _follows(self, message: Any) -> bool:
        """Whether a record is the next one of its partition although its offset is not the next one.

        Faust may have lost those before it in a rebalance, so they are asked for again, once: they may have
        left the log as well.
        """
        expected = self._next[message.topic, message.partition]
        if message.offset < expected:
            return False
        if self._asked.get(message.tp) != expected:
            self._asked[message.tp] = self._missing[message.tp] = expected
        return message.tp not in self._missing

    async def _fetch_again(self) -> None:
        """Go back to records that are missing."""
        for place, offset in self._missing.items():
            await self._app.consumer.seek(place, offset)
        self._missing.clear()

    def _ready(self) -> list[InHand]:
        if not self._app.flow_control.is_active():
            return []
        batch: list[InHand] = []
        settled = time.monotonic() - SETTLE_SECONDS
        for number, merge in self._merges.items():
            if merge and (len(self._topics) == 1 or self._since[number] <= settled):
                batch += islice(merge.ready(partial(self._ended, number)), SHARE)
        self._track(batch)
        self._resume()
        return batch

    def _track(self, batch: Sequence[InHand]) -> None:
        """Let Faust wait for these before it gives their partitions up."""
        self._in_hand += bool(batch)
        for one in batch:
            one.event.message.tracked = True
            self._app.consumer.unacked.add(one.event.message)

    def _resume(self) -> None:
        for place in [
            one for one in self._full if self._merges[one.partition].waiting(one.topic) < FULL // 2
        ]:
            self._full.discard(place)
            self._app.consumer.on_buffer_drop(place)

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


def _taken(message: Any) -> Taken:
    milliseconds = int(message.timestamp * 1000)
    place = (message.topic, message.partition, message.offset)
    return Taken(*place, milliseconds, message.key, message.value, message.headers or ())
