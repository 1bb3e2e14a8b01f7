"""The mail server that takes everything, and the bare client beside ours."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosmtplib

from deploy.local.ports import LOOPBACK

CONNECTIONS = 4
"""Of the bare client; ours has as many."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A running one."""

    port: int
    process: asyncio.subprocess.Process

    async def count(self, more: int) -> "asyncio.Task[float]":
        """Begin to count; the task returns when so many were taken, in seconds since 1970."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{more}\n".encode())
        await self._line()
        return asyncio.create_task(self._moment())

    async def _moment(self) -> float:
        return float(await self._line())

    async def _line(self) -> bytes:
        assert self.process.stdout is not None
        return await self.process.stdout.readline()


@asynccontextmanager
async def sinking() -> AsyncIterator[Sink]:
    """Run one until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.notifications.sink",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield Sink(int(await process.stdout.readline()), process)
    finally:
        process.terminate()
        await process.wait()


async def bare(sink: Sink, mails: Sequence[tuple[str, bytes]]) -> float:
    """Return mails (recipient, content) per second of nothing but aiosmtplib, over a few connections."""
    waiting, counted = iter(mails), await sink.count(len(mails))

    async def send() -> None:
        client = aiosmtplib.SMTP(hostname=LOOPBACK, port=sink.port, start_tls=False)
        async with client:
            for recipient, content in waiting:
                await client.sendmail("bench@acme.example", [recipient], content)

    began = time.time()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(send())
    return len(mails) / (await counted - began)
