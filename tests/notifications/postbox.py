"""A mail server on a free port that answers as a test says."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


class Postbox:
    """Keeps mails; `recipient` and `data` are what it answers to RCPT and DATA, "" cuts the connection."""

    def __init__(self) -> None:
        self.address = ("127.0.0.1", 0)
        self.recipient = OK
        self.data = OK
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.open: list[SMTP] = []
        self.connections = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the address, or not."""
        if self.recipient == OK:
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        """Keep the mail, or not."""
        if self.data == "":
            self.hang_up()
            return "451 too late to be heard"
        if self.data == OK:
            assert isinstance(envelope.content, bytes)
            self.envelopes.append(envelope)
            self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return self.data

    def connected(self) -> SMTP:
        """Serve a new connection."""
        self.connections += 1
        server = SMTP(self, hostname="postbox.test", enable_SMTPUTF8=True)
        self.open.append(server)
        return server

    def hang_up(self) -> None:
        """Cut every connection without a word."""
        for server in self.open:
            if server.transport is not None:
                server.transport.abort()
        self.open.clear()


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """Listen until the block ends."""
    made = Postbox()
    server = await asyncio.get_running_loop().create_server(made.connected, "127.0.0.1", 0)
    made.address = server.sockets[0].getsockname()
    yield made
    made.hang_up()
    server.close()
    await server.wait_closed()
