"""Rows of a table: whose they are, and what a member reads back of them after each rebalance."""

import asyncio
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from services.kernel.kafka import Record
from services.processor.agents.rows import Rows
from services.processor.agents.station import changelog
from tests.processor.stream import Stream


class Place(NamedTuple):
    topic: str
    partition: int


class Ends:
    """Faust's consumer, as far as it says where partitions end."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def highwaters(self, *places: Place) -> dict[Place, int]:
        ends = await self._stream.ends(places[0].topic)
        return {place: ends[place] for place in places}


class Log:
    """The change log of a group, and a table over all of its partitions."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.topic = changelog(stream.app, "pairs")
        self.rows = rows(self.topic, Ends(stream))

    async def write(self, **values: str | None) -> None:
        """Write rows as their owner does, whoever that is."""
        await self.stream.producer.publish(
            [
                Record(self.topic, key.encode(), None if value is None else value.encode())
                for key, value in values.items()
            ]
        )

    async def rebalance(self, generation: int, partitions: range = range(6)) -> int:
        """Get these partitions; return how many records were read."""
        await self.assign(generation, partitions)
        return await self.rows.restore(self.stream.producer.cluster)

    async def assign(self, generation: int, partitions: range = range(6)) -> None:
        """Get these partitions, and no time to read anything."""
        places = [Place(self.topic, number) for number in partitions]
        await self.rows.on_rebalance(places, (), (), generation)


def rows(topic: str, consumer: Any) -> Rows:
    made: Rows = Rows.__new__(Rows)
    made.table, made.app = SimpleNamespace(changelog_topic_name=topic), SimpleNamespace(consumer=consumer)
    made.__post_init__()
    return made


@pytest.fixture
async def log(stream: Stream) -> Log:
    made = Log(stream)
    await made.write(a="1", b="1", c="1", d="1")
    await made.write(a="2", b=None)
    return made


def test_what_belongs_to_others_is_forgotten_also_what_was_written_here() -> None:
    made = rows("log", None)
    made.put({b"a": b"1", b"b": b"1"}, {b"a": 0, b"b": 1})
    made.keep({1})
    assert made.data == {b"b": b"1"}
    assert made.places() == [(b"b", 1)]


@pytest.mark.servers
async def test_a_new_member_reads_all_and_the_last_row_of_a_key_counts(log: Log) -> None:
    assert await log.rebalance(1) == 6
    assert log.rows.data == {b"a": b"2", b"c": b"1", b"d": b"1"}
    assert log.rows.persisted_offset(Place(log.topic, 0)) is not None


@pytest.mark.servers
async def test_what_it_held_without_a_break_it_need_not_read_again(log: Log) -> None:
    await log.rebalance(1)
    await log.write(c="own")
    assert await log.rebalance(2) == 0


@pytest.mark.servers
async def test_after_a_generation_without_it_what_others_wrote_is_read(log: Log) -> None:
    await log.rebalance(1)
    await log.write(c="theirs")
    assert await log.rebalance(3) == 1
    assert log.rows.data[b"c"] == b"theirs"


@pytest.mark.servers
async def test_a_partition_that_comes_back_is_read_from_its_beginning(log: Log) -> None:
    await log.rebalance(1)
    before = dict(log.rows.data)
    await log.rebalance(2, range(0))
    assert log.rows.data == {}
    assert await log.rebalance(3) == 6
    assert log.rows.data == before


@pytest.mark.servers
async def test_also_when_it_left_in_a_generation_that_was_over_before_anything_was_read(log: Log) -> None:
    await log.rebalance(1)
    await log.assign(2, range(0))
    await log.write(c="theirs")
    assert await log.rebalance(3) == 7
    assert log.rows.data[b"c"] == b"theirs"


@pytest.mark.servers
async def test_what_was_read_for_a_generation_that_is_over_is_read_again(log: Log) -> None:
    await log.assign(1)
    reading = asyncio.create_task(log.rows.restore(log.stream.producer.cluster))
    await asyncio.sleep(0)
    await log.assign(3)
    await log.write(c="theirs")
    await reading
    await log.assign(4)
    await log.rows.restore(log.stream.producer.cluster)
    assert log.rows.data[b"c"] == b"theirs"
