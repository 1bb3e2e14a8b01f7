"""What every message asks for is read once for all who ask, and again after a few seconds."""

import asyncio

import pytest

from services.notifications.app import remembered
from services.notifications.app.remembered import REMEMBERED_SECONDS, Remembered


class Source:
    """Answers with how often it was asked; `held` keeps answers back until a test lets them go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: asyncio.Event | None = None
        self.failures: list[Exception] = []

    async def read(self, key: str) -> int:
        self.asked.append(key)
        count = len(self.asked)
        if self.held is not None:
            await self.held.wait()
        if self.failures:
            raise self.failures.pop(0)
        return count


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_it_is_read_again_after_a_few_seconds() -> None:
    source, seconds = Source(), Seconds()
    known = Remembered(source.read, seconds)
    assert [await known.of("a"), await known.of("a"), await known.of("b")] == [1, 1, 2]
    seconds.now = REMEMBERED_SECONDS
    assert [await known.of("a"), await known.of("a")] == [3, 3]


async def test_who_asks_at_the_same_time_waits_for_one_answer() -> None:
    source = Source()
    known = Remembered(source.read)
    assert await asyncio.gather(*(known.of("a") for _ in range(20))) == [1] * 20


async def test_who_gives_up_leaves_the_others_alone() -> None:
    source = Source()
    source.held = asyncio.Event()
    known = Remembered(source.read)
    first, second = (asyncio.create_task(known.of("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.held.set()
    assert await second == 1
    assert first.cancelled()


async def test_a_failure_reaches_all_and_is_not_remembered() -> None:
    source = Source()
    source.failures = [OSError()]
    known = Remembered(source.read)
    found = await asyncio.gather(*(known.of("a") for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in found] == [OSError, OSError]
    assert await known.of("a") == 2


async def test_what_is_forgotten_while_it_is_read_is_read_again() -> None:
    """The answer on its way may be older than what it is forgotten for."""
    source = Source()
    source.held = asyncio.Event()
    known = Remembered(source.read)
    first = asyncio.create_task(known.of("a"))
    await asyncio.sleep(0)
    known.forget("a")
    source.held.set()
    assert (await first, await known.of("a"), await known.of("a")) == (1, 2, 2)


async def test_of_very_many_the_longest_known_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    source = Source()
    known = Remembered(source.read)
    for key in ("a", "b", "c", "b", "a"):
        await known.of(key)
    assert source.asked == ["a", "b", "c", "a"]
