"""Records on their way from a fetch into a batch: order, assignments, acknowledgement, pressure."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from services.processor.agents import intake as module
from services.processor.agents.intake import Batch, Intake
from services.processor.agents.reading import Reading, Taken

MADE, MET = "made", "met"


@dataclass
class Faust:
    """The parts of an application and its consumer that an intake asks."""

    consumer_generation_id: int = 1
    active: bool = True
    highwaters: dict[tuple[str, int], int | None] = field(default_factory=dict)
    unacked: set[object] = field(default_factory=set)
    stored: dict[Any, int] = field(default_factory=dict)
    paused: set[Any] = field(default_factory=set)
    sought: list[tuple[Any, int]] = field(default_factory=list)

    @property
    def consumer(self) -> "Faust":
        return self

    @property
    def flow_control(self) -> Any:
        return SimpleNamespace(is_active=lambda: self.active)

    def highwater(self, place: tuple[str, int]) -> int | None:
        return self.highwaters.get(place)

    def begun(self, work: object) -> None:
        self.unacked.add(work)

    def finished(self, work: object, ends: Mapping[Any, int]) -> None:
        self.unacked.discard(work)
        self.stored.update(ends)

    async def seek(self, place: Any, offset: int) -> None:
        self.sought.append((place, offset))

    def on_buffer_full(self, place: Any) -> None:
        self.paused.add(place)

    def on_buffer_drop(self, place: Any) -> None:
        self.paused.discard(place)


class Desk:
    """An intake over two topics with one partition, both at their beginning."""

    def __init__(self) -> None:
        self.faust = Faust()
        self.intake = Intake(self.faust, (MADE, MET), Reading)
        self.intake.begin({(MADE, 0): 0, (MET, 0): 0})

    async def fetched(self, topic: str, offset: int, on: float, generation: int = 1) -> None:
        """Let Faust fetch a record written at that second."""
        record = Taken(topic, 0, offset, int(on * 1000), b"k", b"v", ())
        await self.intake.put([record], generation)

    def ends(self, made: int | None, met: int | None) -> None:
        """Let the broker say where the topics end."""
        self.faust.highwaters = {(MADE, 0): made, (MET, 0): met}

    async def take(self) -> Batch:
        return await asyncio.wait_for(self.intake.take(), 60)


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def waits(taking: asyncio.Task[Any]) -> bool:
    """Whether it still waits after it has looked again."""
    done, _ = await asyncio.wait([taking], timeout=3 * module.LOOK_SECONDS)
    return not done


def days(batch: Batch) -> list[float]:
    return [one.record.timestamp / 1000 for one in batch.readings]


async def test_records_of_two_topics_come_in_the_order_in_which_they_were_written(desk: Desk) -> None:
    desk.ends(2, 1)
    for topic, offset, on in ((MADE, 0, 3), (MADE, 1, 9), (MET, 0, 5)):
        await desk.fetched(topic, offset, on)
    assert days(await desk.take()) == [3, 5, 9]


async def test_while_the_other_topic_is_not_known_to_be_at_its_end_records_wait(desk: Desk) -> None:
    desk.ends(1, None)
    await desk.fetched(MADE, 0, 9)
    taking = asyncio.create_task(desk.take())
    assert await waits(taking)
    assert desk.intake.caught_up() == []
    desk.ends(1, 1)
    await desk.fetched(MET, 0, 2)
    assert days(await taking) == [2, 9]


async def test_what_the_other_topic_was_told_just_before_has_time_to_come(desk: Desk) -> None:
    desk.ends(1, 0)
    await desk.fetched(MADE, 0, 9)
    taking = asyncio.create_task(desk.take())
    await asyncio.wait([taking], timeout=module.SETTLE_SECONDS / 2)
    desk.ends(1, 1)
    await desk.fetched(MET, 0, 8)
    assert days(await taking) == [8, 9]


async def test_a_topic_without_anything_new_is_not_waited_for(desk: Desk) -> None:
    desk.ends(1, 0)
    await desk.fetched(MADE, 0, 9)
    assert days(await desk.take()) == [9]


async def test_it_is_caught_up_when_nothing_waits_and_nothing_is_in_hand(desk: Desk) -> None:
    desk.ends(1, 0)
    assert desk.intake.caught_up() == []
    await desk.fetched(MADE, 0, 9)
    batch = await desk.take()
    assert desk.intake.caught_up() == []
    desk.intake.done(batch)
    assert desk.intake.caught_up() == [0]
    desk.faust.active = False
    assert desk.intake.caught_up() == []


async def test_what_is_in_hand_is_tracked_and_acknowledged_when_done(desk: Desk) -> None:
    desk.ends(2, 0)
    for offset in range(2):
        await desk.fetched(MADE, offset, 9 - offset)
    batch = await desk.take()
    assert desk.faust.unacked == {batch}
    assert desk.faust.stored == {}
    desk.intake.done(batch)
    assert desk.faust.unacked == set()
    assert desk.faust.stored == {(MADE, 0): 2}


async def test_records_of_an_assignment_that_is_over_are_dropped(desk: Desk) -> None:
    desk.ends(1, 0)
    await desk.fetched(MADE, 0, 1, generation=0)
    await desk.fetched(MADE, 0, 2, generation=1)
    assert days(await desk.take()) == [2]
    assert len(desk.faust.unacked) == 1


async def test_a_record_that_was_fetched_twice_comes_once(desk: Desk) -> None:
    desk.ends(2, 0)
    for offset in (0, 0, 1, 1):
        await desk.fetched(MADE, offset, offset)
    assert days(await desk.take()) == [0, 1]


async def test_a_record_that_got_lost_on_the_way_is_fetched_again(desk: Desk) -> None:
    desk.ends(3, 0)
    for offset in (0, 2):
        await desk.fetched(MADE, offset, offset)
    assert days(await desk.take()) == [0]
    assert desk.faust.sought == [(TP(MADE, 0), 1)]
    for offset in (1, 2):
        await desk.fetched(MADE, offset, offset)
    assert days(await desk.take()) == [1, 2]


async def test_a_record_that_is_gone_from_the_log_is_asked_for_only_once(desk: Desk) -> None:
    desk.ends(4, 0)
    await desk.fetched(MADE, 2, 2)
    taking = asyncio.create_task(desk.take())
    assert await waits(taking)
    for offset in (2, 3):
        await desk.fetched(MADE, offset, offset)
    assert days(await taking) == [2, 3]
    assert desk.faust.sought == [(TP(MADE, 0), 0)]


async def test_when_partitions_are_given_up_what_waits_is_forgotten(desk: Desk) -> None:
    desk.ends(1, None)
    await desk.fetched(MADE, 0, 9)
    taking = asyncio.create_task(desk.take())
    assert await waits(taking)
    desk.intake.begin({})
    await desk.fetched(MADE, 0, 9)
    assert await waits(taking)
    desk.ends(1, 0)
    desk.intake.begin({(MADE, 0): 0, (MET, 0): 0})
    await desk.fetched(MADE, 0, 9)
    assert days(await taking) == [9]


async def test_a_topic_that_is_far_ahead_is_not_fetched_until_the_other_has_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FULL", 4)
    desk.ends(4, None)
    for offset in range(4):
        await desk.fetched(MADE, offset, offset)
    taking = asyncio.create_task(desk.take())
    assert await waits(taking)
    assert desk.faust.paused == {TP(MADE, 0)}
    desk.ends(4, 0)
    assert days(await taking) == [0, 1, 2, 3]
    assert desk.faust.paused == set()


async def test_one_partitions_backlog_leaves_room_for_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARE", 2)
    desk.ends(3, 0)
    for offset in range(3):
        await desk.fetched(MADE, offset, offset)
    assert days(await desk.take()) == [0, 1]
    assert days(await desk.take()) == [2]


async def test_a_long_fetch_waits_before_the_door_until_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    desk.ends(99, 0)
    records = [Taken(MADE, 0, offset, offset, b"k", b"v", ()) for offset in range(2 * module.PORTIONS + 1)]
    putting = asyncio.create_task(desk.intake.put(records, 1))
    await asyncio.sleep(0)
    assert not putting.done()
    taken = [len((await desk.take()).readings)]
    await putting
    while sum(taken) < len(records):
        taken.append(len((await desk.take()).readings))
    assert desk.faust.unacked
