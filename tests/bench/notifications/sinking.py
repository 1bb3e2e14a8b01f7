"""The mail server that takes everything, and the bare clients beside ours."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP

import aiosmtplib

from deploy.local.ports import LOOPBACK

CONNECTIONS = 4
"""As many as ours has."""
SENDER = "bench@acme.example"
Mails = Sequence[tuple[str, bytes]]
"""Recipient and content of each."""


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


async def loop(sink: Sink, mails: Mails) -> float:
    """Return mails per second of a plain loop over messages, as aiosmtplib's manual shows it."""
    messages = [(recipient, message_from_bytes(content, policy=SMTP)) for recipient, content in mails]
    counted, began = await sink.count(len(messages)), time.time()
    async with _client(sink) as client:
        for recipient, message in messages:
            await client.send_message(message, sender=SENDER, recipients=[recipient])
    return len(messages) / (await counted - began)


async def ready(sink: Sink, mails: Mails, connections: int) -> float:
    """Return mails per second of nothing but aiosmtplib, handing over bytes that are ready to be sent."""
    waiting, counted = iter(mails), await sink.count(len(mails))

    async def send() -> None:
        async with _client(sink) as client:
            for recipient, content in waiting:
                await client.sendmail(SENDER, [recipient], content)

    began = time.time()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(send())
    return len(mails) / (await counted - began)


def _client(sink: Sink) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname=LOOPBACK, port=sink.port, start_tls=False)
