"""The rows of a Faust table in memory, read back from its change log in bulk.

Faust's own recovery makes a task for each record: minutes for a million. So this store says that it has all,
as stores on disk do, and what is missing is read before any event is handled. Nor does it, as Faust's own
memory store does, keep rows whose partition has moved to another member.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition
from faust import stores
from faust.stores.memory import Store

from services.kernel.kafka import Cluster
from services.processor.agents.history import Recorded, reader

SCHEME = "rows"


class Rows(Store):  # type: ignore[misc]  # Faust has no types here
    """Keys and values as the change log holds them, each with its partition."""

    data: dict[bytes, bytes]

    def __post_init__(self) -> None:
        self.data = {}
        self._partitions: dict[bytes, int] = {}
        self._ends: dict[Any, int] = {}
        self._read: dict[int, int] = {}
        self._sure: set[int] = set()
        self._generation = 0

    def put(self, rows: Mapping[bytes, bytes], partitions: Mapping[bytes, int]) -> None:
        """Set rows; `partitions` has the partition of each."""
        self.data.update(rows)
        self._partitions.update((key, partitions[key]) for key in rows)

    def places(self) -> list[tuple[bytes, int]]:
        """Return all keys, each with its partition."""
        return list(self._partitions.items())

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the rows of all other partitions."""
        for key in [key for key, partition in self._partitions.items() if partition not in partitions]:
            del self._partitions[key]
            del self.data[key]
        self._read = {number: offset for number, offset in self._read.items() if number in partitions}
        self._sure.intersection_update(partitions)

    async def restore(self, cluster: Cluster) -> int:
        """Read what is missing; return how many records that were. KafkaError."""
        generation = self._generation
        ends = {TopicPartition(*place): end for place, end in self._ends.items()}
        starts = {place: self._read.get(place.partition, 0) for place in ends}
        missing = {
            place: end
            for place, end in ends.items()
            if place.partition not in self._sure and starts[place] < end
        }
        if missing:
            await self._fetch(cluster, missing, starts)
        if generation == self._generation:  # else others may have written to what was read, or do
            self._read.update({place.partition: end for place, end in ends.items()})
            self._sure.update(place.partition for place in ends)
        return sum(end - starts[place] for place, end in missing.items())

    async def _fetch(
        self, cluster: Cluster, ends: Mapping[TopicPartition, int], starts: Mapping[TopicPartition, int]
    ) -> None:
        async with reader(cluster) as consumer:
            consumer.assign(list(ends))
            for place in ends:
                consumer.seek(place, starts[place])
            async for records in Recorded(consumer, ends, sum(ends.values())).batches():
                self._take(records)

    def _take(self, records: Iterable[Any]) -> None:
        for record in records:
            if record.value is None:
                self.data.pop(record.key, None)
                self._partitions.pop(record.key, None)
            else:
                self.data[record.key] = record.value
                self._partitions[record.key] = record.partition

    async def on_rebalance(
        self, assigned: Collection[Any], _revoked: Any, _newly: Any, generation_id: int = 0
    ) -> None:
        """Forget what belongs to other members now, and note where the change log of the rest ends.

        A partition held in the last generation and in this one was nobody else's in between; after a
        generation that went by without this member, others may have written.
        """
        topic = self.table.changelog_topic_name
        places = [place for place in assigned if place.topic == topic]
        if generation_id != self._generation + 1:
            self._sure.clear()
        self._generation, self._ends = generation_id, {}
        self.keep({place.partition for place in places})
        self._ends = dict(await self.app.consumer.highwaters(*places)) if places else {}

    def persisted_offset(self, tp: Any) -> int | None:
        """Say that nothing needs to be recovered."""
        end = self._ends.get(tp)
        return None if end is None else end - 1

    def apply_changelog_batch(self, batch: Iterable[Any], **_: Callable[[Any], Any]) -> None:
        """Take over what Faust reads all the same."""
        self._take([event.message for event in batch])

    async def on_recovery_completed(self, _active: Any, _standby: Any) -> None:
        """Leave all as it is: what other stores drop here was forgotten when partitions were given out."""


stores.STORES.aliases[SCHEME] = f"{__name__}:{Rows.__name__}"
