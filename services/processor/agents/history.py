"""Reads topics from their beginning to where they end now, without a consumer group."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.kernel.kafka import Cluster, Received
from services.processor.agents.merge import Merge
from services.processor.agents.reading import Reading

S = TypeVar("S")

ANSWER_MS = 500
AT_ONCE = 5_000
"""Records unpacked together: what a fetch brings is many times as large as it was on its way."""
FULL = 20_000
"""Records of one partition that may wait for another topic; then no more of it are fetched."""


@asynccontextmanager
async def reader(cluster: Cluster, *topics: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer of all partitions of `topics`, at their beginning, or of none. KafkaError."""
    consumer = AIOKafkaConsumer(
        *topics, **cluster.options(), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


class Recorded:
    """What the partitions of a reader hold now: `left` are those not read to their end yet."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], total: int) -> None:
        self.total = total
        self.left = set(ends)
        self._consumer = consumer
        self._ends = ends

    @classmethod
    async def of(cls, consumer: AIOKafkaConsumer) -> "Recorded":
        """Look where the partitions begin and end."""
        begins = await consumer.beginning_offsets(consumer.assignment())
        ends = await consumer.end_offsets(consumer.assignment())
        filled = {place: end for place, end in ends.items() if end > begins[place]}
        return cls(consumer, filled, sum(end - begins[place] for place, end in filled.items()))

    async def batches(self) -> AsyncIterator[Sequence[Any]]:
        """Go through the records, each partition in its order; `left` is up to date at each batch."""
        while self.left:
            fetched = await self._consumer.getmany(*self.left, timeout_ms=ANSWER_MS, max_records=AT_ONCE)
            if not fetched:
                await self._look()
            for place, records in fetched.items():
                end = self._ends[place]
                if records[-1].offset + 1 >= end:
                    self.left.discard(place)
                if known := [record for record in records if record.offset < end]:
                    yield known

    async def _look(self) -> None:
        """Give up partitions whose last records were compacted away."""
        for place in list(self.left):
            if await self._consumer.position(place) >= self._ends[place]:
                self.left.discard(place)

    async def in_order(
        self, topics: Sequence[str], read: Callable[[Received], Reading[S]]
    ) -> AsyncIterator[Reading[S]]:
        """Go through what the records say as a worker does: in each partition as they were written."""
        merges: dict[int, Merge[Reading[S]]] = {}
        async for records in self.batches():
            number, topic = records[0].partition, records[0].topic
            merge = merges.setdefault(number, Merge(topics))
            for record in records:
                reading = read(record)
                merge.put(topic, reading.moment, reading)
            for reading in merge.ready(partial(self._ended, number)):
                yield reading
            self._throttle(merge, number, topics)
        for merge in merges.values():
            for reading in merge.ready(lambda _topic: True):
                yield reading

    def _ended(self, number: int, topic: str) -> bool:
        return TopicPartition(topic, number) not in self.left

    def _throttle(self, merge: Merge[Reading[S]], number: int, topics: Sequence[str]) -> None:
        for topic in topics:
            place = TopicPartition(topic, number)
            (self._consumer.pause if merge.waiting(topic) > FULL else self._consumer.resume)(place)
