"""Faust's consumer, mended: fetches are handed over whole, and what a rebalance overtakes is not lost.

Faust makes a message, an event and tasks for every record and keeps every offset that was acknowledged: that
costs more than a fold. So whoever takes a topic gets what a fetch brings of a partition, and says up to
where its effect is stored; when that is committed, and that a rebalance waits for it, stays Faust's part.

A fetch waits for up to a second. Faust changes the set of partitions wanted while it waits, and drops what it
brings when a rebalance has begun meanwhile; the positions stay behind what was dropped. Of a change log that
means a recovery that waits for ever for its last records, of other topics that they are skipped.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.transport.drivers import aiokafka
from faust.types import TP

Take = Callable[[Sequence[Any], int], Awaitable[None]]
"""Takes records of one partition, fetched in a generation of the group; returns when more may come."""


class Consumer(aiokafka.Consumer):  # type: ignore[misc]  # Faust has no types here
    """Fetches for the partitions that are wanted when a fetch begins, and puts back what came too late.

    `stored` is up to where the effect of each partition is stored; the next commit takes it over.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored: dict[TP, int] = {}

    def begun(self, work: object) -> None:
        """Let a rebalance wait for `work`."""
        self.unacked.add(work)

    def finished(self, work: object, ends: Mapping[tuple[str, int], int]) -> None:
        """Wait no more, and commit up to `ends`."""
        self.stored.update((TP(*place), end) for place, end in ends.items())
        self.unacked.discard(work)
        if self._waiting_for_ack is not None and not self._waiting_for_ack.done():
            self._waiting_for_ack.set_result(None)

    async def _getmany(self, active_partitions: set[Any] | None, timeout: float) -> Mapping[Any, Any]:  # noqa: ASYNC109
        wanted = None if active_partitions is None else frozenset(active_partitions)
        records: Mapping[Any, Sequence[Any]] = await super()._getmany(wanted, timeout)
        if self.flow_active:
            return await self._handed_over(records)
        for place, dropped in records.items():
            await self._put_back(place, dropped[0].offset, dropped[-1].offset)
        return {}

    async def _handed_over(self, records: Mapping[Any, Sequence[Any]]) -> Mapping[Any, Any]:
        """Return what is left for Faust: its change logs."""
        takers: Mapping[str, Take] = self.transport.takers
        generation = self.app.consumer_generation_id
        for place, fetched in records.items():
            if (take := takers.get(place.topic)) is not None:
                await take(fetched, generation)
        return {place: fetched for place, fetched in records.items() if place.topic not in takers}

    async def _put_back(self, place: Any, first: int, last: int) -> None:
        """Go back to before the records of a fetch, unless somebody else has moved the position since."""
        try:
            if await self.position(place) == last + 1:
                await self._seek(place, first)
        except (IllegalStateError, ConsumerStoppedError):
            return  # not ours any more: its next owner begins at what is committed

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self.stored if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self.stored.get(tp)


class Transport(aiokafka.Transport):  # type: ignore[misc]  # Faust has no types here
    """Kafka with that consumer; `takers` has by topic who takes its records."""

    Consumer = Consumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.takers: dict[str, Take] = {}
