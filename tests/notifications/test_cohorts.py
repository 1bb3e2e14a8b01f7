"""Those who begin in step, and whom nobody waits for."""

import asyncio
from collections import defaultdict

import pytest

from services.notifications.app.cohorts import AT_ONCE, MOST, SIZE, Cohorts, Meet

FOR_EVER = 3600.0


class Crowd:
    """People who join, do what the test lets them do, and meet."""

    def __init__(self, cohorts: Cohorts) -> None:
        self.cohorts = cohorts
        self.begun: list[int] = []
        self.recorded: list[int] = []
        self.may_go = defaultdict[int, asyncio.Event](asyncio.Event)
        self._changed = asyncio.Condition()

    async def come(self, number: int) -> None:
        async with self.cohorts.joined() as meet:
            await self._note(self.begun, number)
            await self.may_go[number].wait()
            await meet()
            await self._note(self.recorded, number)

    async def until(self, several: list[int], count: int) -> list[int]:
        async with self._changed:
            await self._changed.wait_for(lambda: len(several) >= count)
        return several

    async def _note(self, several: list[int], number: int) -> None:
        async with self._changed:
            several.append(number)
            self._changed.notify_all()


async def _idle() -> None:
    """Let the loop turn often enough for all that could go on without anybody's doing."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_as_many_as_may_be_under_way_begin_in_step_and_the_next_once_all_of_one_cohort_met() -> None:
    crowd = Crowd(Cohorts(FOR_EVER))
    async with asyncio.TaskGroup() as group:
        for number in range(SIZE * AT_ONCE + 1):
            group.create_task(crowd.come(number))
        await crowd.until(crowd.begun, SIZE * AT_ONCE)
        for number in range(SIZE - 1):
            crowd.may_go[number].set()
        await _idle()
        assert (len(crowd.begun), crowd.recorded) == (SIZE * AT_ONCE, []), "the last one is waited for"
        crowd.may_go[SIZE - 1].set()
        assert sorted(await crowd.until(crowd.recorded, SIZE)) == list(range(SIZE))
        await crowd.until(crowd.begun, SIZE * AT_ONCE + 1)
        for going in crowd.may_go.values():
            going.set()
        await crowd.until(crowd.recorded, SIZE * AT_ONCE + 1)


async def test_a_lone_one_waits_for_nobody() -> None:
    crowd = Crowd(Cohorts(FOR_EVER))
    crowd.may_go[0].set()
    await crowd.come(0)
    assert crowd.recorded == [0]


async def test_who_fails_or_gives_up_is_not_waited_for() -> None:
    cohorts, met = Cohorts(FOR_EVER), list[int]()

    async def fail() -> None:
        async with cohorts.joined():
            raise LookupError

    async def give_up() -> None:
        async with cohorts.joined():
            asyncio.current_task().cancel()  # type: ignore[union-attr]  # it runs in a task
            await asyncio.sleep(FOR_EVER)

    async def come() -> None:
        async with cohorts.joined() as meet:
            await meet()
            met.append(1)

    outcomes = await asyncio.gather(fail(), give_up(), come(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError, asyncio.CancelledError, type(None)]
    assert met == [1]


async def test_who_gave_up_before_it_began_leaves_the_others_alone() -> None:
    crowd = Crowd(Cohorts(FOR_EVER))
    tasks = [asyncio.create_task(crowd.come(number)) for number in range(2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await crowd.until(crowd.begun, 1)
    crowd.may_go[1].set()
    await tasks[1]
    assert crowd.recorded == [1]


async def test_one_that_takes_long_holds_up_neither_its_cohort_nor_the_next() -> None:
    crowd = Crowd(Cohorts(patience=0.0))
    async with asyncio.TaskGroup() as group:
        for number in range(SIZE * (AT_ONCE + 1)):
            group.create_task(crowd.come(number))
            if number:
                crowd.may_go[number].set()
        await crowd.until(crowd.recorded, SIZE * (AT_ONCE + 1) - 1)
        crowd.may_go[0].set()


async def test_however_long_they_take_no_more_begin_than_may_be_under_way() -> None:
    crowd = Crowd(Cohorts(patience=0.0))
    async with asyncio.TaskGroup() as group:
        for number in range(MOST + 1):
            group.create_task(crowd.come(number))
        await crowd.until(crowd.begun, MOST)
        await _idle()
        assert len(crowd.begun) == MOST
        crowd.may_go[crowd.begun[0]].set()
        await crowd.until(crowd.begun, MOST + 1)
        for going in crowd.may_go.values():
            going.set()
        await crowd.until(crowd.recorded, MOST + 1)


async def test_who_gives_up_at_whatever_moment_keeps_no_place() -> None:
    crowd = Crowd(Cohorts(FOR_EVER))
    for turns in range(MOST):
        task = asyncio.create_task(crowd.come(-1))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    crowd.begun.clear()
    async with asyncio.TaskGroup() as group:
        for number in range(MOST):
            group.create_task(crowd.come(number))
        await crowd.until(crowd.begun, MOST)
        for going in crowd.may_go.values():
            going.set()


@pytest.mark.parametrize("again", [False, True])
async def test_to_meet_twice_counts_once(again: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    cohorts, order = Cohorts(FOR_EVER), list[str]()

    async def eager() -> None:
        async with cohorts.joined() as meet:
            await _both(meet) if again else await meet()
            order.append("eager")

    async def slow() -> None:
        async with cohorts.joined() as meet:
            await _idle()
            order.append("slow")
            await meet()

    await asyncio.gather(eager(), slow())
    assert order == ["slow", "eager"]


async def _both(meet: Meet) -> None:
    await meet()
    await meet()
