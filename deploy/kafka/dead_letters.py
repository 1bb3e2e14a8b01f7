"""Shows what was set aside of a topic, and puts it back: `python -m deploy.kafka.dead_letters --help`.

A record put back is the original one, with its key and ids: whoever has seen it does nothing again. It comes
after what was written meanwhile, so a reader that keeps the order of one thing may still pass over it.
Encryption and login come from the environment: use those of the topic's writer.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from deploy.kafka.topics import TopicsError, cluster, partitions
from services.kernel.events.dead_letters import SUFFIX
from services.kernel.kafka import Cluster, Producer, Record

MARK: Final = "dlq_"
"""How the headers begin that tell why a record was set aside."""
CLIENT: Final = "dead-letters"
BATCH: Final = 500


class DeadLettersError(Exception):
    """Why nothing can be shown or put back."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are meant: those of a reason and of a reader, any where it is empty."""

    reason: str = ""
    group: str = ""

    def takes(self, record: ConsumerRecord) -> bool:
        """Whether the record is one of them."""
        told = told_of(record)
        return self.reason in {"", told.get("reason")} and self.group in {"", told.get("group")}


def told_of(record: ConsumerRecord) -> dict[str, str]:
    """Return what is said about a dead letter: reason, group, first_try, …."""
    return {
        name.removeprefix(MARK): value.decode(errors="replace")
        for name, value in record.headers
        if name.startswith(MARK) and value is not None
    }


def original(record: ConsumerRecord, topic: str) -> Record:
    """Return the record as it was before it was set aside."""
    headers = [(name, value) for name, value in record.headers if not name.startswith(MARK)]
    return Record(topic, record.key, record.value, headers)


async def kept(brokers: Cluster, topic: str, wanted: Wanted) -> AsyncIterator[ConsumerRecord]:
    """Yield what is set aside of a topic now. KafkaError; DeadLettersError if it has no such topic."""
    count = await partitions(brokers, topic + SUFFIX)
    if not count:
        raise DeadLettersError(f"there is no topic {topic}{SUFFIX}")
    places = [TopicPartition(topic + SUFFIX, number) for number in range(count)]
    consumer = AIOKafkaConsumer(**brokers.options(), enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await consumer.start()
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=1_000)).items():
                for record in records:
                    if record.offset < ends[place] and wanted.takes(record):
                        yield record
    finally:
        await consumer.stop()


async def replay(brokers: Cluster, topic: str, wanted: Wanted) -> int:
    """Put the meant records back; return how many. Done twice, they come twice, under the same ids."""
    producer, count = Producer(brokers, CLIENT), 0
    try:
        await producer.start()
        batch: list[Record] = []
        async for record in kept(brokers, topic, wanted):
            batch.append(original(record, topic))
            if len(batch) == BATCH:
                await producer.publish(batch)
                count, batch = count + len(batch), []
        await producer.publish(batch)
        return count + len(batch)
    finally:
        await producer.stop()


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What dead letters have in common; `stack` is the same for the same place in the code."""

    group: str
    reason: str
    stack: str


async def kinds(brokers: Cluster, topic: str, wanted: Wanted) -> Counter[Kind]:
    """Count the meant records by their kind."""
    found: Counter[Kind] = Counter()
    async for record in kept(brokers, topic, wanted):
        told = told_of(record)
        found[Kind(told.get("group", ""), told.get("reason", ""), told.get("stack", ""))] += 1
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kafka.dead_letters",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("list", "replay"), help="count them by reason, or put them back")
    parser.add_argument("--bootstrap", required=True, help="the broker's host:port")
    parser.add_argument("--topic", required=True, help=f"the topic they came from, without {SUFFIX}")
    parser.add_argument("--reason", default="", help="only those set aside for this reason")
    parser.add_argument("--group", default="", help="only those that this reader set aside")
    return parser


async def _main(chosen: argparse.Namespace) -> None:
    brokers, wanted = cluster(chosen.bootstrap), Wanted(chosen.reason, chosen.group)
    if chosen.what == "list":
        found = await kinds(brokers, chosen.topic, wanted)
        for kind, count in found.most_common():
            print(f"{count:>8}  reader {kind.group}  reason {kind.reason}  stack {kind.stack or '-'}")
        print(f"{found.total():>8}  in {chosen.topic}{SUFFIX}")
        return
    print(f"{await replay(brokers, chosen.topic, wanted)} records put back into {chosen.topic}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command; exit code 1 when nothing could be done."""
    try:
        asyncio.run(_main(_parser().parse_args(arguments)))
    except (DeadLettersError, TopicsError, KafkaError, OSError) as error:
        raise SystemExit(f"dead letters: {error or type(error).__name__}") from None


if __name__ == "__main__":
    main()
