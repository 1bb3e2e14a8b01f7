"""A fetch that a rebalance overtakes; Faust around it is left out."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP

from services.processor.agents.fetching import Consumer

PLACE = TP("pairs-changelog", 3)
RECORDS: dict[Any, list[Any]] = {PLACE: [SimpleNamespace(offset=offset) for offset in (4, 5, 6)]}


@dataclass
class Thread:
    """The thread in which Faust runs the client: what it fetches and where it stands."""

    at: int = 7
    assigned: bool = True
    wanted: Any = None
    sought: list[tuple[Any, int]] = field(default_factory=list)
    fetched: dict[Any, list[Any]] = field(default_factory=lambda: RECORDS)

    async def getmany(self, wanted: Any, timeout: float) -> Any:  # noqa: ASYNC109
        del timeout
        self.wanted = wanted
        return self.fetched

    async def position(self, place: Any) -> int:
        del place
        if not self.assigned:
            raise IllegalStateError
        return self.at

    def seek(self, place: Any, offset: int) -> None:
        self.sought.append((place, offset))


@pytest.fixture
def consumer() -> Any:
    made = Consumer.__new__(Consumer)
    made._thread = Thread()
    made.flow_active = True
    made.app = SimpleNamespace(consumer_generation_id=7)
    made.transport = SimpleNamespace(takers={})
    made.stored, made._unacked_messages = {}, WeakSet()
    made._committed_offset = defaultdict(lambda: None)
    return made


async def test_what_comes_in_time_is_handed_on(consumer: Any) -> None:
    assert await consumer._getmany({PLACE}, 1.0) == RECORDS
    assert consumer._thread.sought == []


async def test_what_a_rebalance_overtakes_is_put_back(consumer: Any) -> None:
    consumer.flow_active = False
    assert await consumer._getmany({PLACE}, 1.0) == {}
    assert consumer._thread.sought == [(PLACE, 4)]


async def test_a_position_that_somebody_moved_since_is_left_alone(consumer: Any) -> None:
    consumer.flow_active = False
    consumer._thread.at = 0
    await consumer._getmany({PLACE}, 1.0)
    assert consumer._thread.sought == []


async def test_of_a_partition_that_is_gone_nothing_is_put_back(consumer: Any) -> None:
    consumer.flow_active = False
    consumer._thread.assigned = False
    assert await consumer._getmany({PLACE}, 1.0) == {}


async def test_partitions_wanted_later_are_not_part_of_a_fetch(consumer: Any) -> None:
    wanted = {PLACE}
    await consumer._getmany(wanted, 1.0)
    wanted.clear()
    assert consumer._thread.wanted == {PLACE}


async def test_a_topic_that_somebody_takes_is_handed_over_whole_and_the_rest_left_to_faust(
    consumer: Any,
) -> None:
    taken: list[Any] = []

    async def take(records: Any, generation: int) -> None:
        taken.append((records, generation))

    consumer.transport.takers["told"] = take
    told = [SimpleNamespace(offset=offset) for offset in (1, 2)]
    consumer._thread.fetched = {TP("told", 0): told, PLACE: RECORDS[PLACE]}
    assert await consumer._getmany({PLACE}, 1.0) == RECORDS
    assert taken == [(told, 7)]


async def test_what_is_stored_is_committed_once_and_held_a_rebalance_up_before(consumer: Any) -> None:
    work = Work()
    consumer.begun(work)
    assert set(consumer.unacked) == {work}
    assert _to_commit(consumer) == {}
    waiting = consumer._waiting_for_ack = asyncio.get_running_loop().create_future()
    consumer.finished(work, {PLACE: 9})
    assert set(consumer.unacked) == set()
    assert waiting.done()
    assert _to_commit(consumer) == {PLACE: 9}
    consumer._committed_offset[PLACE] = 9
    assert _to_commit(consumer) == {}


class Work:
    """Something in hand."""


def _to_commit(consumer: Any) -> Any:
    return consumer._filter_committable_offsets(consumer._filter_tps_with_pending_acks())
