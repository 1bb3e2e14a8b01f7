import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import msgspec
import pytest

from services.kernel import log
from tests.kernel.issuer import Issuer

PATIENCE = 60.0


class Lines(io.BytesIO):
    """A destination of log lines that can be read back; `written` is set by the first flush."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    def write(self, data: Any) -> int:
        self.written.set()
        return super().write(data)

    def parsed(self) -> list[dict[str, Any]]:
        log.flush()
        return [msgspec.json.decode(line) for line in self.getvalue().splitlines()]

    async def of(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the lines of an event once there are so many, also those written late. TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while len(found := [line for line in self.parsed() if line["event"] == event]) < count:
                self.written.clear()
                await self.written.wait()
        return found


@pytest.fixture(scope="session", autouse=True)
def _plain_log_lines() -> None:
    """Log as services do; the library's own default draws a whole page per error, in a second."""
    log.configure("tests")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Send this process's log lines here for one test."""
    stream = Lines()
    handlers, level = logging.root.handlers[:], logging.root.level
    log.configure("matching", "info", stream)
    yield stream
    log.configure("tests")
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


class Seconds:
    """A clock of seconds under the test's hand; starts at the real time when told so."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def oidc() -> AsyncIterator[Issuer]:
    """Serve a fresh issuer for each test."""
    server = Issuer()
    await server.start()
    yield server
    await server.stop()
