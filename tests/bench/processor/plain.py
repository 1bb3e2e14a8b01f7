"""The baseline: aiokafka alone consumes, folds with the same pure code and produces, in the same order.

`python -m tests.bench.processor.plain GROUP` with KAFKA_BOOTSTRAP; until it is killed.
"""

import asyncio
import os
import sys
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer

from services.kernel.host import settle
from services.kernel.kafka import Cluster, Producer, Record, consumer_options
from services.processor.__main__ import IN_A_BATCH
from services.processor.agents.batch import Pairs
from services.processor.agents.reading import Taken, read
from services.processor.agents.station import changelog
from services.processor.agents.worker import HEARD, nudges
from services.processor.domain.policy import DEFAULT

BATCH = 2_000


async def work(bootstrap: str, group: str) -> None:
    """Consume, fold, produce, commit; decisions before the change log, the change log before the offsets."""
    pairs, log, table = (
        Pairs(lambda _: DEFAULT, nudges(group)),
        changelog(group, "pairs"),
        dict[bytes, bytes](),
    )
    producer = Producer(Cluster(bootstrap), group)
    await producer.start()
    settle(IN_A_BATCH)
    async with AIOKafkaConsumer(*HEARD, **consumer_options(Cluster(bootstrap), group)) as consumer:
        while True:
            fetched = await consumer.getmany(timeout_ms=50, max_records=BATCH)
            taken = [_taken(record) for records in fetched.values() for record in records]
            if not taken:
                continue
            change = pairs.fold([read(one) for one in taken], table)
            await producer.publish(change.told)
            await producer.publish([Record(log, key, value) for key, value in change.rows.items()])
            table.update(change.rows)
            await consumer.commit()


def _taken(record: Any) -> Taken:
    place = (record.topic, record.partition, record.offset)
    return Taken(*place, record.timestamp, record.key, record.value, record.headers)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(os.environ["KAFKA_BOOTSTRAP"], sys.argv[1]))
