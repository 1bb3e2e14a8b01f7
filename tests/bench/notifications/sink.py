"""A mail server in a process of its own that takes everything and keeps nothing.

It prints its port, then for each number N that it reads the moment when N more mails were taken.
"""

import asyncio
import sys
import time

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import LOOPBACK


class Sink:
    """Counts mails (aiosmtpd calls the method by its name)."""

    def __init__(self) -> None:
        self.taken = 0
        self.wanted = 0
        self.reached = asyncio.Event()

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        self.taken += 1
        if self.taken == self.wanted:
            self.reached.set()
        return "250 OK"

    async def until(self, more: int) -> float:
        """Return when so many more were taken, in seconds since 1970."""
        self.wanted = self.taken + more
        self.reached.clear()
        print("counting", flush=True)  # noqa: T201 -- the protocol of this program
        await self.reached.wait()
        return time.time()


async def serve() -> None:
    """Answer until the other side is through."""
    sink, loop = Sink(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="sink.localhost", enable_SMTPUTF8=True), LOOPBACK, 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- as above
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        print(await sink.until(int(line)), flush=True)  # noqa: T201 -- as above


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
