"""A fetch that a rebalance overtakes; Faust around it is left out."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError
from mode.utils.locks import Event
from mode.utils.queues import FlowControlEvent

from services.processor.agents.fetching import Consumer

PLACE = ("pairs-changelog", 3)
RECORDS = {PLACE: [SimpleNamespace(offset=offset) for offset in (4, 5, 6)]}


@dataclass
class Thread:
    """The thread in which Faust runs the client: what it fetches and where it stands."""

    at: int = 7
    assigned: bool = True
    wanted: Any = None
    sought: list[tuple[Any, int]] = field(default_factory=list)

    async def getmany(self, wanted: Any, timeout: float) -> Any:  # noqa: ASYNC109
        del timeout
        self.wanted = wanted
        return RECORDS

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
    made.app = SimpleNamespace(flow_control=FlowControlEvent(initially_suspended=False))
    made.suspend_flow, made.loop = Event(), None
    made._stopped, made._crashed = Event(), Event()
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


async def test_while_records_flow_one_is_handed_over_without_a_task(consumer: Any) -> None:
    async def handing_over() -> None:
        tasks.append(asyncio.current_task())

    tasks: list[Any] = []
    await consumer.wait_first(handing_over(), consumer.suspend_flow.wait())
    assert tasks == [asyncio.current_task()]


async def test_when_the_flow_has_stopped_handing_over_is_given_up(consumer: Any) -> None:
    consumer.app.flow_control.suspend()
    consumer.suspend_flow.set()
    handing_over = asyncio.create_task(consumer.app.flow_control.acquire())
    waited = await consumer.wait_first(handing_over, consumer.suspend_flow.wait())
    assert len(waited.done) == 1
    await asyncio.wait([handing_over])
    assert handing_over.cancelled()


async def test_what_else_is_waited_for_is_waited_for_as_ever(consumer: Any) -> None:
    assert (await consumer.wait_first(asyncio.sleep(0, "slept"))).results == ["slept"]
