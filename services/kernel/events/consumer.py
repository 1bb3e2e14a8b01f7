"""The group member: fetches for the partitions it was given, hands batches to their workers."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from services.kernel import kafka, log, metrics
from services.kernel.events.commits import Commits
from services.kernel.events.dead_letters import DeadLetters
from services.kernel.events.delivery import Delivery, Patience
from services.kernel.events.handlers import Handlers
from services.kernel.events.progress import Partition, Progress, Seen
from services.kernel.events.worker import BATCH, Worker

AT_ONCE: Final = 64
"""Records of one topic handled at once: enough to fill the round trips of those who ask together.

Each topic has its own, so that records that take long, or a backlog of them, hold up no other topic's.
"""
_FETCH_MS: Final = 5_000
_RETRY_SECONDS: Final = 1.0
_WATCH_SECONDS: Final = 15.0
_ASK_SECONDS: Final = 5.0
_DRAIN_SECONDS: Final = 15.0
"""Given to records in hand when partitions are taken away; below the group's rebalance timeout."""


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # the client is not typed
    """Hears for one service. The group is its name, so all its processes share the work.

    Every record is handled at least once; effects are exactly once because handlers make repeats harmless.
    """

    def __init__(
        self,
        handlers: Handlers,
        cluster: kafka.Cluster,
        group: str,
        *,
        patience: Patience | None = None,
        dead_letter_limit: int = 100,
    ) -> None:
        self._topics = handlers.topics
        self._cluster = cluster
        self._group = group
        dead_letters = DeadLetters(self._publish, group, limit=dead_letter_limit)
        self._delivery = Delivery(handlers, dead_letters, group, patience=patience)
        self._slots = {topic: asyncio.Semaphore(AT_ONCE) for topic in handlers.topics}
        self._commits = Commits(self._commit, self._beside)
        self._progress = Progress()
        self._workers: dict[Partition, Worker] = {}
        self._tasks: dict[Partition, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()
        self._client: Any = None
        self._producer: kafka.Producer | None = None
        self._together: asyncio.TaskGroup | None = None
        self._log = log.get_logger(group=group)

    def healthy(self) -> bool:
        """Whether no partition is stuck: behind, reachable and without any outcome for three minutes."""
        return not self._progress.stuck()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish what is in hand.

        Raises TooManyDeadLetters, which is for people to look at: a restart goes on at the same record.
        """
        if not self._topics:
            await stop.wait()
            return
        try:
            async with asyncio.TaskGroup() as self._together:
                if await self._connected(stop):
                    beside = [self._together.create_task(loop) for loop in (self._fetch(), self._watch())]
                    await stop.wait()
                    await self._release(tuple(self._workers))
                    for task in beside:
                        task.cancel()
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors
        finally:
            await self._disconnect()

    async def _connected(self, stop: asyncio.Event) -> bool:
        """Join the group once a broker answers; False when told to stop before."""
        while not stop.is_set():
            self._producer = kafka.Producer(self._cluster, f"{self._group}-dead-letters")
            self._client = AIOKafkaConsumer(**kafka.consumer_options(self._cluster, self._group))
            self._client.subscribe(self._topics, listener=self)
            try:
                await self._producer.start()
                await self._client.start()
            except KafkaError as error:
                self._log.warning("broker_unreachable", exc_info=error)
                await self._disconnect()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_RETRY_SECONDS):
                        await stop.wait()
            else:
                return True
        return False

    async def _disconnect(self) -> None:
        """Leave the group, so that others need not wait for us to be missed."""
        client, producer, self._client, self._producer = self._client, self._producer, None, None
        if client is not None:
            await client.stop()
        if producer is not None:
            await producer.stop()

    async def _publish(self, records: Sequence[kafka.Record]) -> None:
        if self._producer is None:
            raise KafkaConnectionError
        await self._producer.publish(records)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Finish what is in hand before another member may have the partitions."""
        await self._release([Partition(*partition) for partition in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Take over partitions."""
        metrics.CONSUMER_REBALANCES.inc()
        metrics.CONSUMER_PARTITIONS.set(len(assigned))
        self._workers = {
            partition: Worker(partition, self._delivery, self._commits.note, self._slots[partition.topic])
            for partition in (Partition(*given) for given in assigned)
        }
        self._log.info("partitions_assigned", count=len(assigned))
        self._freed.set()

    async def _release(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            if partition in self._workers:
                self._workers.pop(partition).stop()
        if busy := list(self._tasks.values()):
            _, late = await asyncio.wait(busy, timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()  # another member will do it again
            await asyncio.gather(*late, return_exceptions=True)
        with suppress(TimeoutError):  # what is not committed is done again too
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._commits.settled()

    async def _commit(self, done: Mapping[Partition, int]) -> None:
        await self._client.commit({TopicPartition(*each): offset for each, offset in done.items()})

    def _beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._together is None:
            raise RuntimeError("nothing is heard before it runs")
        return self._together.create_task(work)

    async def _fetch(self) -> None:
        """Give every worker that has room what comes for it, for ever."""
        while True:
            self._freed.clear()
            wanted = [TopicPartition(*each) for each, worker in self._workers.items() if worker.has_room]
            if not wanted:
                await self._freed.wait()
                continue
            try:
                batches = await self._fetched(wanted)
            except KafkaError as error:
                self._log.warning("fetch_failed", exc_info=error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            for partition, records in batches.items():
                self._begin(Partition(*partition), records)

    async def _fetched(self, wanted: Collection[TopicPartition]) -> dict[TopicPartition, list[Any]]:
        """Return what came for `wanted`; nothing as soon as another worker has room too.

        Cancelling a fetch loses nothing: positions move only when records are handed out.
        """
        fetch = asyncio.ensure_future(self._client.getmany(*wanted, timeout_ms=_FETCH_MS, max_records=BATCH))
        freed = asyncio.ensure_future(self._freed.wait())
        try:
            await asyncio.wait((fetch, freed), return_when=asyncio.FIRST_COMPLETED)
            return dict(fetch.result()) if fetch.done() else {}
        finally:
            fetch.cancel()
            freed.cancel()
            await asyncio.gather(fetch, freed, return_exceptions=True)

    def _begin(self, partition: Partition, records: Sequence[Any]) -> None:
        worker = self._workers.get(partition)
        if worker is None or self._together is None:
            return  # taken away meanwhile; its next owner begins at the committed offset
        worker.put(records)
        if partition not in self._tasks:
            self._tasks[partition] = self._together.create_task(self._work_off(worker))

    async def _work_off(self, worker: Worker) -> None:
        """Take what waits until nothing does; who comes after that finds no task, and begins a new one."""
        try:
            had_room = worker.has_room
            while batch := worker.next_batch():
                if not had_room:
                    self._freed.set()
                await worker.take(batch)
                had_room = worker.has_room
        finally:
            del self._tasks[worker.partition]

    async def _watch(self) -> None:
        """Measure lag and movement, for ever. A broker that does not answer is nobody's fault here."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    self._progress.observe(await self._seen())
            except (KafkaError, TimeoutError) as error:
                self._log.warning("lag_unknown", exc_info=error)

    async def _seen(self) -> dict[Partition, Seen]:
        asked = [(worker, TopicPartition(*partition)) for partition, worker in self._workers.items()]
        ends = await self._client.end_offsets([partition for _, partition in asked])
        seen = {}
        for worker, partition in asked:
            following = worker.next
            if following is None:
                following = await self._client.position(partition)
            written = worker.in_hand.timestamp / 1000 if worker.in_hand else None
            seen[worker.partition] = Seen(ends[partition], following, worker.done, written)
        return seen


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = errors.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
