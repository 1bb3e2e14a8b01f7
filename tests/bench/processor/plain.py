"""The baseline: aiokafka alone consumes, folds with the same pure code and produces, in the same order.

`python -m tests.bench.processor.plain GROUP` with KAFKA_BOOTSTRAP; until it is killed.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer

from services.kernel.host import settle
from services.kernel.kafka import Cluster, Producer, Received, Record, consumer_options
from services.processor.__main__ import IN_A_BATCH
from services.processor.agents.batch import Change, Pairs, People
from services.processor.agents.reading import Reading, read, read_waiting
from services.processor.agents.station import changelog
from services.processor.agents.worker import HEARD, verdicts, waiting
from services.processor.domain.policy import DEFAULT

BATCH = 2_000

Read = Callable[[Received], Reading[Any]]
Fold = Callable[[Iterable[Reading[Any]], Mapping[bytes, bytes]], Change]


class Part:
    """A fold with its table and the topic that this is rebuilt from."""

    def __init__(self, name: str, group: str, read: Read, fold: Fold) -> None:
        self._log = changelog(group, name)
        self._read, self._fold = read, fold
        self._table = dict[bytes, bytes]()

    async def handle(self, taken: Sequence[Received], producer: Producer) -> None:
        """Publish what records lead to: decisions before the change log."""
        change = self._fold([self._read(one) for one in taken], self._table)
        await producer.publish(change.told)
        await producer.publish([Record(self._log, key, value) for key, value in change.rows.items()])
        self._table.update(change.rows)


async def work(bootstrap: str, group: str) -> None:
    """Consume, fold, produce, commit: the offsets after the change log."""
    held = waiting(group)
    pairs = Part("pairs", group, read, Pairs(lambda _: DEFAULT, held).fold)
    people = Part("people", group, read_waiting, People(lambda _: DEFAULT, verdicts(group)).fold)
    producer = Producer(Cluster(bootstrap), group)
    await producer.start()
    settle(IN_A_BATCH)
    async with AIOKafkaConsumer(*HEARD, held, **consumer_options(Cluster(bootstrap), group)) as consumer:
        while True:
            fetched = await consumer.getmany(timeout_ms=50, max_records=BATCH)
            taken = [record for records in fetched.values() for record in records]
            if not taken:
                continue
            await pairs.handle([one for one in taken if one.topic != held], producer)
            await people.handle([one for one in taken if one.topic == held], producer)
            await consumer.commit()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(os.environ["KAFKA_BOOTSTRAP"], sys.argv[1]))
