import asyncio
import io
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from services.kernel import log


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
