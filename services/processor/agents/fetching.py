"""Faust's consumer, mended: what a fetch brings in the middle of a rebalance is not lost.

A fetch waits for up to a second. Faust changes the set of partitions wanted while it waits, and drops what it
brings when a rebalance has begun meanwhile; the positions stay behind what was dropped. Of a change log that
means a recovery that waits for ever for its last records, of other topics that they are skipped.
"""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.transport.drivers import aiokafka

_HAND_OVER = 2
"""Faust waits for so many things when it hands a record over, and for other numbers elsewhere."""


class Consumer(aiokafka.Consumer):  # type: ignore[misc]  # Faust has no types here
    """Fetches for the partitions that are wanted when a fetch begins, and puts back what came too late."""

    async def _getmany(self, active_partitions: set[Any] | None, timeout: float) -> Mapping[Any, Any]:  # noqa: ASYNC109
        wanted = None if active_partitions is None else frozenset(active_partitions)
        records: Mapping[Any, Sequence[Any]] = await super()._getmany(wanted, timeout)
        if self.flow_active or not records:
            return records
        for place, dropped in records.items():
            await self._put_back(place, dropped[0].offset, dropped[-1].offset)
        return {}

    async def wait_first(self, *works: Coroutine[Any, Any, Any], timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """Hand a record over, the first of two `works`, unless the flow stops, the second.

        Faust makes four tasks for every record, a third of all that it does for one. While records flow,
        handing over waits for nothing but room in the queue: that comes, or ends with the flow.
        """
        flows = self.app.flow_control.is_active() and not self.suspend_flow.is_set()
        if len(works) != _HAND_OVER or not flows:
            return await super().wait_first(*works, timeout=timeout)
        handing_over, stopped = works
        stopped.close()
        return await handing_over

    async def _put_back(self, place: Any, first: int, last: int) -> None:
        """Go back to before the records of a fetch, unless somebody else has moved the position since."""
        try:
            if await self.position(place) == last + 1:
                await self._seek(place, first)
        except (IllegalStateError, ConsumerStoppedError):
            return  # not ours any more: its next owner begins at what is committed


class Transport(aiokafka.Transport):  # type: ignore[misc]  # Faust has no types here
    """Kafka with that consumer."""

    Consumer = Consumer
