"""How far partitions are done, told to the group beside the work: nobody waits for a commit."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from aiokafka.errors import KafkaError

from services.kernel import log
from services.kernel.events.progress import Partition

Commit = Callable[[Mapping[Partition, int]], Awaitable[None]]
Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Commits:
    """Commits offsets, one request at a time: what is done meanwhile goes with the next, of all partitions.

    A failure costs a repeat only: the next commit covers it or another member starts there.
    """

    def __init__(self, commit: Commit, spawn: Spawn) -> None:
        self._commit = commit
        self._spawn = spawn
        self._done: dict[Partition, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._log = log.get_logger()

    def note(self, partition: Partition, offset: int) -> None:
        """Take over that the effects of all records before `offset` are stored."""
        self._done[partition] = offset
        if self._task is None:
            self._task = self._spawn(self._run())

    async def settled(self) -> None:
        """Return when all that was noted is committed, or could not be."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            while self._done:
                done, self._done = self._done, {}
                await self._committed(done)
        finally:
            self._task = None

    async def _committed(self, done: Mapping[Partition, int]) -> None:
        try:
            await self._commit(done)
        except KafkaError as error:
            self._log.warning("commit_failed", exc_info=error)
