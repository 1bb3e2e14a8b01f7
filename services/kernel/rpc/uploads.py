"""What a refused client is still sending, read and dropped, so that the refusal reaches it.

A grpc.aio client that is writing when its call ends reports INTERNAL "Internal error from Core" in place of
the status it was sent (grpc/grpc#36066). One that has sent everything reads the status.
"""

import asyncio
from collections.abc import AsyncIterator

QUIET_SECONDS = 2.0
"""A client that sends nothing for so long waits for an answer before it goes on."""
WHOLE_SECONDS = 10.0
"""A client that sends for longer may not listen at all; no more is owed to it."""


async def read_out(messages: AsyncIterator[bytes], left: float | None = None) -> None:
    """Drop messages up to the client's last; for at most half of the seconds `left` of its call."""
    now = asyncio.get_running_loop().time
    end = now() + (WHOLE_SECONDS if left is None else min(WHOLE_SECONDS, left / 2))
    try:
        async with asyncio.timeout_at(min(end, now() + QUIET_SECONDS)) as limit:
            async for _ in messages:
                limit.reschedule(min(end, now() + QUIET_SECONDS))
    except TimeoutError:
        return  # the client reads what it may read now
