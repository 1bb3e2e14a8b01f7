"""What is still read of a stream that was refused, and when that ends."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from services.kernel.rpc import uploads

HOUR = 3600.0
Wait = Callable[[float, float], None]


async def sent(*messages: bytes) -> AsyncIterator[bytes]:
    for message in messages:
        yield message


async def silent() -> AsyncIterator[bytes]:
    yield b"first"
    await asyncio.Event().wait()


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"more"
        await asyncio.sleep(0)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Set the seconds to wait for the next message, and for all of them."""

    def setting(quiet: float, whole: float) -> None:
        monkeypatch.setattr(uploads, "QUIET_SECONDS", quiet)
        monkeypatch.setattr(uploads, "WHOLE_SECONDS", whole)

    return setting


async def test_everything_is_read_up_to_the_last_message(wait: Wait) -> None:
    wait(HOUR, HOUR)
    messages = sent(b"1", b"2", b"3")
    await uploads.read_out(messages)
    assert [message async for message in messages] == []


async def test_a_client_that_sends_no_more_is_not_waited_for(wait: Wait) -> None:
    wait(0.01, HOUR)
    await uploads.read_out(silent())


async def test_a_client_that_sends_without_end_is_left(wait: Wait) -> None:
    wait(HOUR, 0.01)
    await uploads.read_out(endless())


async def test_the_callers_deadline_leaves_time_for_the_refusal(wait: Wait) -> None:
    wait(HOUR, HOUR)
    await uploads.read_out(silent(), left=0.02)


async def test_a_call_that_is_over_is_not_read(wait: Wait) -> None:
    wait(HOUR, HOUR)
    await uploads.read_out(silent(), left=0.0)
