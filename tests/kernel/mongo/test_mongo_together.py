"""Many callers, few round trips; and what each of them learns."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pymongo import InsertOne, UpdateOne, _csot
from pymongo.errors import BulkWriteError

from services.kernel.mongo import Aggregates, together
from services.kernel.mongo.attempts import Unsure
from services.kernel.mongo.together import Together
from services.kernel.mongo.trips import Duplicate, duplicates, write_together
from tests.kernel.mongo.test_mongo_store import deadline_in
from tests.kernel.tally import Tally


class Doubling:
    """Doubles numbers, a batch at a time, when let through; negative ones are refused."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(numbers))
        await self.open.wait()
        if 13 in numbers:
            raise ConnectionError
        return [number * 2 if number >= 0 else ValueError(number) for number in numbers]


async def test_questions_of_one_moment_and_those_that_had_to_wait_go_together() -> None:
    doubling = Doubling()
    ask = Together(doubling)
    first = [asyncio.create_task(ask(number)) for number in (1, 2)]
    await _settled()
    waiting = [asyncio.create_task(ask(number)) for number in (3, 4)]
    await _settled()
    waiting.append(asyncio.create_task(ask(5)))
    assert doubling.batches == [[1, 2]]
    doubling.open.set()
    assert await asyncio.gather(*first, *waiting) == [2, 4, 6, 8, 10]
    assert doubling.batches == [[1, 2], [3, 4, 5]]


async def test_who_comes_within_a_few_turns_of_the_loop_goes_along() -> None:
    """As callers do whose requests lie in one packet: each is a task that gets its turn a little later."""
    doubling = Doubling()
    ask = Together(doubling)
    answers = []
    for number in range(1, 4):
        answers.append(asyncio.create_task(ask(number)))
        await asyncio.sleep(0)
    assert doubling.batches == []
    await _settled()
    late = asyncio.create_task(ask(4))
    doubling.open.set()
    assert await asyncio.gather(*answers, late) == [2, 4, 6, 8]
    assert doubling.batches == [[1, 2, 3], [4]]


async def test_an_overdue_batch_does_not_hold_back_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the connection of the first is dead: those who come later get through beside it."""
    monkeypatch.setattr(together, "OVERDUE_SECONDS", 0)
    doubling = Doubling()
    ask = Together(doubling)
    answers = []
    for number in range(1, 6):
        answers.append(asyncio.create_task(ask(number)))
        await _settled()
    assert doubling.batches == [[1], [2], [3], [4]]
    doubling.open.set()
    assert await asyncio.gather(*answers) == [2, 4, 6, 8, 10]


async def test_a_flight_takes_only_so_many() -> None:
    doubling = Doubling()
    doubling.open.set()
    ask = Together(doubling)
    count = together.LARGEST_FLIGHT * 2 + 1
    assert await asyncio.gather(*(ask(number) for number in range(100, 100 + count)))
    assert [len(batch) for batch in doubling.batches] == [100, 100, 1]


async def test_a_refusal_is_for_its_caller_and_a_failure_for_all() -> None:
    doubling = Doubling()
    doubling.open.set()
    ask = Together(doubling)
    told = await asyncio.gather(ask(1), ask(-1), ask(2), return_exceptions=True)
    assert [told[0], told[2]] == [2, 4]
    assert isinstance(told[1], ValueError)
    failed = await asyncio.gather(ask(1), ask(13), return_exceptions=True)
    assert all(isinstance(answer, ConnectionError) for answer in failed)
    assert await ask(3) == 6


async def test_who_gives_up_leaves_the_others_alone() -> None:
    doubling = Doubling()
    ask = Together(doubling)
    cancelled, stays = asyncio.create_task(ask(1)), asyncio.create_task(ask(2))
    await _settled()
    cancelled.cancel()
    doubling.open.set()
    assert await stays == 4
    assert cancelled.cancelled()


async def test_the_latest_deadline_of_those_together_counts() -> None:
    """Nobody is cut off because another has less time; the flight knows how much it has."""
    budgets: list[float | None] = []

    async def ask(numbers: Sequence[int]) -> Sequence[int | Exception]:
        budgets.append(_csot.remaining())
        return numbers

    together_ = Together(ask)
    with deadline_in(1):
        short = asyncio.create_task(together_(1))
    with deadline_in(100):
        long = asyncio.create_task(together_(2))
    assert (await short, await long) == (1, 2)
    assert budgets[0] is not None
    assert 50 < budgets[0] <= 100


async def _settled() -> None:
    """Let every task that can run do so."""
    for _ in range(5 + together.BOARDING_TURNS):
        await asyncio.sleep(0)


def insert(key: str, slots: Sequence[str] = ()) -> InsertOne[Any]:
    document = {"_id": key, "tenant_id": "acme", "version": 1, "state": {"slots": list(slots)}}
    return InsertOne(document)


def update(key: str, version: int, slots: Sequence[str] = ()) -> UpdateOne:
    return UpdateOne(
        {"_id": key, "version": version}, {"$set": {"version": version + 1, "state": {"slots": list(slots)}}}
    )


@pytest.mark.servers
async def test_each_learns_what_became_of_its_write(stored_tallies: Aggregates[Tally]) -> None:
    collection = stored_tallies.collection
    assert await write_together(collection, [insert("a", ["x"]), insert("b"), insert("c")]) == [True] * 3
    assert await write_together(collection, [update("a", 1, ["x"]), update("b", 1)]) == [True, True]
    assert await write_together(collection, [update("a", 1), update("b", 1)]) == [False, False]
    told = await write_together(
        collection, [insert("a"), insert("d"), update("a", 2, ["x"]), insert("e", ["x"])]
    )
    assert [told[1], told[2]] == [True, True]
    assert [answer.is_id for answer in told if isinstance(answer, Duplicate)] == [True, False]
    told = await write_together(collection, [update("b", 2, ["x"]), update("a", 3, ["x"])])
    assert isinstance(told[0], Duplicate)
    assert told[1] is True


@pytest.mark.servers
async def test_when_some_of_several_lost_their_race_all_have_to_look(
    stored_tallies: Aggregates[Tally],
) -> None:
    """The server tells how many matched, not which."""
    collection = stored_tallies.collection
    await write_together(collection, [insert("a"), insert("b")])
    told = await write_together(collection, [update("a", 1), update("b", 7), insert("c")])
    assert [type(answer) for answer in told] == [Unsure, Unsure, bool]


def test_without_the_majority_nothing_is_sure() -> None:
    problem = {"index": 0, "code": 11_000, "keyPattern": {"_id": 1}}
    with pytest.raises(Unsure):
        duplicates(BulkWriteError({"writeErrors": [problem], "writeConcernErrors": [{"code": 64}]}))
    with pytest.raises(BulkWriteError):
        duplicates(BulkWriteError({"writeErrors": [{**problem, "code": 121}], "writeConcernErrors": []}))
    assert duplicates(BulkWriteError({"writeErrors": [problem], "writeConcernErrors": []})) == {0: problem}
