"""Offsets are committed beside the work: one request at a time, for all partitions that went on meanwhile."""

import asyncio
from collections.abc import Mapping

from aiokafka.errors import KafkaConnectionError

from services.kernel.events.commits import Commits
from services.kernel.events.progress import Partition
from tests.kernel.tally import TOPIC

HERE, THERE = Partition(TOPIC, 0), Partition(TOPIC, 1)


class Group:
    """Takes one commit at a time, when the test lets it; the first `failures` are refused."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = asyncio.Queue[Mapping[Partition, int]]()
        self.answers = asyncio.Semaphore(0)
        self.commits = Commits(self._commit, asyncio.create_task)
        self._failures = failures

    async def _commit(self, done: Mapping[Partition, int]) -> None:
        self.asked.put_nowait(done)
        await self.answers.acquire()
        if self._failures:
            self._failures -= 1
            raise KafkaConnectionError


async def test_what_is_done_while_a_commit_is_on_its_way_goes_with_the_next_in_one_request() -> None:
    group = Group()
    group.commits.note(HERE, 1)
    assert await group.asked.get() == {HERE: 1}
    group.commits.note(HERE, 2)
    group.commits.note(THERE, 7)
    group.commits.note(HERE, 3)
    assert group.asked.empty()
    group.answers.release()
    assert await group.asked.get() == {HERE: 3, THERE: 7}
    group.answers.release()
    await group.commits.settled()
    assert group.asked.empty()


async def test_partitions_are_given_away_only_when_all_is_committed() -> None:
    group = Group()
    await group.commits.settled()
    group.commits.note(HERE, 1)
    await group.asked.get()
    group.commits.note(THERE, 2)
    settled = asyncio.create_task(group.commits.settled())
    group.answers.release()
    assert await group.asked.get() == {THERE: 2}
    assert not settled.done()
    group.answers.release()
    await settled


async def test_a_failed_commit_is_made_good_by_the_next() -> None:
    group = Group(failures=1)
    for offset in (1, 2):
        group.commits.note(HERE, offset)
        group.answers.release()
        await group.commits.settled()
    assert [await group.asked.get() for _ in range(2)] == [{HERE: 1}, {HERE: 2}]
