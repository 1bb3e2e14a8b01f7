"""Lets a consumer group read again what came since a moment: `python -m deploy.kafka.rewind --help`.

After a restore of MongoDB the groups' offsets are ahead of the data. Positions only ever move back, to the
first record of `--to` less `--margin`; what a reader has seen before has no second effect. The group's
processes must be stopped. Encryption and login come from the environment: use those of the group's service.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError

from deploy.kafka.topics import TopicsError, admin, cluster
from services.kernel.kafka import Cluster

MARGIN = timedelta(minutes=10)
"""Clocks differ, and a backup is not taken in an instant."""


class RewindError(Exception):
    """Why positions stay where they are."""


@dataclass(frozen=True, slots=True)
class Move:
    """That a group goes back in one partition, from offset `old` to offset `new`."""

    topic: str
    partition: int
    old: int
    new: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}: {self.old} -> {self.new} ({self.old - self.new} again)"


async def rewind(brokers: Cluster, group: str, moment: datetime, *, dry_run: bool = False) -> list[Move]:
    """Move a group back to the first records of `moment` or later; return how, or how it would.

    Raises RewindError when the group is not known or has members, KafkaError.
    """
    committed = await _committed(brokers, group)
    if not committed:
        raise RewindError(f"group {group} has no positions: it would begin at the oldest records anyway")
    async with _member(brokers, group, list(committed)) as consumer:
        stamp = int(moment.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(committed, stamp))
        moves = [
            Move(place.topic, place.partition, old, first.offset)
            for place, old in sorted(committed.items())
            if (first := found.get(place)) is not None and first.offset < old
        ]
        if moves and not dry_run:
            await _commit(consumer, group, moves)
    return moves


async def _commit(consumer: AIOKafkaConsumer, group: str, moves: Sequence[Move]) -> None:
    offsets = {TopicPartition(move.topic, move.partition): move.new for move in moves}
    try:
        await consumer.commit(offsets)
    except CommitFailedError as error:
        raise RewindError(f"group {group} has members: stop its processes first") from error


async def _committed(brokers: Cluster, group: str) -> Mapping[TopicPartition, int]:
    async with admin(brokers) as client:
        offsets = await client.list_consumer_group_offsets(group)
    return {place: found.offset for place, found in offsets.items() if found.offset >= 0}


@asynccontextmanager
async def _member(
    brokers: Cluster, group: str, places: Sequence[TopicPartition]
) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer that may commit for the group without joining it; brokers allow that to empty ones."""
    consumer = AIOKafkaConsumer(**brokers.options(), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(places)
        yield consumer
    finally:
        await consumer.stop()


def moment(text: str) -> datetime:
    """Read a time with its zone, such as 2026-03-02T12:00:00Z. ArgumentTypeError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 2026-03-02T12:00:00Z") from error
    if read.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} says no zone: end it with Z or +02:00")
    return read.astimezone(UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kafka.rewind",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bootstrap", required=True, help="the broker's host:port")
    parser.add_argument("--group", required=True, help="the consumer group: the service's name")
    parser.add_argument("--to", required=True, type=moment, help="when the backup was taken, with zone")
    parser.add_argument(
        "--margin", type=int, default=MARGIN.seconds, help="seconds to go further back (%(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be read again")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command; exit code 1 when nothing could be moved."""
    chosen = _parser().parse_args(arguments)
    to = chosen.to - timedelta(seconds=chosen.margin)
    try:
        moves = asyncio.run(rewind(cluster(chosen.bootstrap), chosen.group, to, dry_run=chosen.dry_run))
    except (RewindError, TopicsError, KafkaError, OSError) as error:
        raise SystemExit(f"rewind: {error or type(error).__name__}") from None
    print("\n".join(map(str, moves)) or "nothing came since: positions stay")
    if chosen.dry_run:
        print("dry run: nothing was moved")


if __name__ == "__main__":
    main()
