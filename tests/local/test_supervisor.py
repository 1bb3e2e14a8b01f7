"""Keeping processes up: back-off, a start that fails again, and letting go."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deploy.local import supervisor
from deploy.local.process import Process, StartFailed
from deploy.local.supervisor import LONGEST_PAUSE, Supervisor, pause_before


class Life(Process):
    """A process that ends when the test says so."""

    def __init__(self) -> None:
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        return await asyncio.shield(self.code)

    def end(self, code: int) -> None:
        self.code.set_result(code)


class FakeUnit:
    """A unit whose starts are counted; `failing` of them fail first."""

    name = "fake"

    def __init__(self, failing: int = 0) -> None:
        self.process = Life()
        self.failing = failing
        self.starts = asyncio.Semaphore(0)

    async def start(self) -> None:
        self.starts.release()
        if self.failing:
            self.failing -= 1
            raise StartFailed("fake cannot start yet")
        self.process = Life()

    async def stop(self) -> int:
        return 0

    async def kill(self) -> int:
        return 0


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
async def unit_and_supervisor(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[FakeUnit, Supervisor]]:
    """Watch a unit, with pauses too short to notice."""
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.001)
    unit, keeper = FakeUnit(failing=2), Supervisor(said.append)
    keeper.watch(unit)
    yield unit, keeper
    await keeper.forget(unit)


def test_pauses_double_up_to_half_a_minute() -> None:
    assert [pause_before(n) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause_before(8) == pause_before(10_000) == LONGEST_PAUSE


async def test_a_unit_is_started_until_it_stays(
    unit_and_supervisor: tuple[FakeUnit, Supervisor], said: list[str]
) -> None:
    unit, _ = unit_and_supervisor
    unit.process.end(3)
    for _ in range(3):
        await unit.starts.acquire()
    assert said[0].startswith("fake ended by itself (code 3)")
    assert said.count("fake cannot start yet") == 2


async def test_a_forgotten_unit_is_left_down(
    unit_and_supervisor: tuple[FakeUnit, Supervisor], said: list[str]
) -> None:
    unit, keeper = unit_and_supervisor
    assert "watch fake" in {task.get_name() for task in asyncio.all_tasks()}
    await keeper.forget(unit)
    unit.process.end(0)
    assert "watch fake" not in {task.get_name() for task in asyncio.all_tasks()}
    assert said == []


async def test_forgetting_what_was_never_watched_is_harmless() -> None:
    await Supervisor(print).forget(FakeUnit())
