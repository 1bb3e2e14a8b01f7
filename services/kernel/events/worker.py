"""One assigned partition: its batches one after another, its offset after their effects."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from aiokafka.errors import KafkaError

from services.kernel import log
from services.kernel.crash import crash_point
from services.kernel.events.delivery import Delivery, Stopping
from services.kernel.events.progress import Partition
from services.kernel.kafka import Received

BATCH: Final = 500
"""Records that a partition has in hand at most, and that it may have waiting beside them."""
LONG_AT_ONCE: Final = 8
"""Chains of one partition in hand at once with a record that takes long."""
_RETRY_SECONDS: Final = 1.0

Done = Callable[[Partition, int], None]
"""Told the offset before which all effects are stored."""


class Worker:
    """Handles what `take` gives it. Records of one key go in order, those of other keys beside them.

    Records that come while it is busy wait here, not in the client: one partition's records that nobody takes
    there hold back those of all others by up to 0.1 s, and then by as long as a broker lets a fetch wait.

    `slots` bounds how many are handled at once, in this process and of all partitions that share them. What
    takes long holds one of the partition's own few instead, or many of those would hold up all the others.
    """

    def __init__(
        self, partition: Partition, delivery: Delivery, done: Done, slots: asyncio.Semaphore
    ) -> None:
        self.partition = partition
        self.next: int | None = None
        """Offset of the first record that is not done, None before any came."""
        self.done = 0
        self.in_hand: Received | None = None
        self._delivery = delivery
        self._tell_done = done
        self._slots = slots
        self._long_slots = asyncio.Semaphore(LONG_AT_ONCE)
        self._waiting: list[Received] = []
        self._stop = asyncio.Event()
        self._log = log.get_logger(topic=partition.topic, partition=str(partition.partition))

    @property
    def is_stopping(self) -> bool:
        """Whether it takes no more."""
        return self._stop.is_set()

    @property
    def has_room(self) -> bool:
        """Whether more may wait here."""
        return len(self._waiting) < BATCH

    def put(self, records: Sequence[Received]) -> None:
        """Let records wait behind those that came before."""
        self._waiting += records

    def next_batch(self) -> Sequence[Received]:
        """Return what is to be taken next; nothing when nothing waits or it was told to stop."""
        if self.is_stopping:
            return ()
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        return batch

    def stop(self) -> None:
        """Finish what is in hand, cut waits for dependencies, take no more."""
        self._stop.set()

    async def take(self, records: Sequence[Received]) -> None:
        """Return when all are done and their offset may be committed, or when stopped while one waits."""
        self.in_hand, self.next = records[0], records[0].offset
        try:
            while not await self._handled(records) and not self._stop.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_RETRY_SECONDS):
                        await self._stop.wait()
        finally:
            self.in_hand = None

    async def _handled(self, records: Sequence[Received]) -> bool:
        """Whether all are done; if not, all may be handled again: repeats have no second effect."""
        through, heard = False, self._delivery.heard(records)
        try:
            async with asyncio.TaskGroup() as together:
                for chain in chains(heard):
                    together.create_task(self._in_order(chain))
            through = True
        except* Stopping:
            self._log.info("batch_cut_short")
        except* KafkaError as errors:
            self._log.warning("dead_letter_failed", exc_info=errors.exceptions[0])
        if through:
            crash_point("after_effect_before_commit")
            self.next = records[-1].offset + 1
            self._tell_done(self.partition, self.next)
        return through

    async def _in_order(self, chain: Sequence[Received]) -> None:
        takes_long = any(map(self._delivery.takes_long, chain))
        async with self._long_slots if takes_long else self._slots:
            for record in chain:
                await self._delivery.deliver(record, self._stop, self._note)

    def _note(self) -> None:
        self.done += 1


def chains(records: Sequence[Received]) -> list[list[Received]]:
    """Group records by key, each group in the order they came."""
    groups: dict[bytes | None, list[Received]] = {}
    for record in records:
        groups.setdefault(record.key, []).append(record)
    return list(groups.values())
