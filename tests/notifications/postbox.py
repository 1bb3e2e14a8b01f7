"""A mail server on a free port that answers as a test says."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

OK = "250 OK"


class Postbox:
    """Keeps mails; `sender`, `recipient` and `data` are what it answers to MAIL, RCPT and DATA.

    "" after DATA cuts the connection, `silent` lets it wait there for ever.

    With `tls` it encrypts, from the first byte if `implicit`; if not, it asks for a login after STARTTLS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.tls = tls
        self.implicit = implicit
        self.logins: list[tuple[str, str]] = []
        self.address = ("127.0.0.1", 0)
        self.sender = OK
        self.recipient = OK
        self.silent = False
        self.data = OK
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.open: list[SMTP] = []
        self.connections = 0

    async def handle_MAIL(  # noqa: N802 -- as below
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the sender, or not."""
        if self.sender == OK:
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the address, or not."""
        if self.recipient == OK:
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        """Keep the mail, or not."""
        if self.silent:
            await asyncio.Event().wait()
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
        server = SMTP(
            self,
            hostname="postbox.test",
            enable_SMTPUTF8=True,
            tls_context=None if self.implicit else self.tls,
            auth_required=self.tls is not None and not self.implicit,
            authenticator=self.login,
        )
        self.open.append(server)
        return server

    def login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any
    ) -> AuthResult:
        """Let everybody in and note who it was."""
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    def hang_up(self) -> None:
        """Cut every connection without a word."""
        for server in self.open:
            if server.transport is not None:
                server.transport.abort()
        self.open.clear()


P = TypeVar("P", bound=Postbox)


@asynccontextmanager
async def postbox(tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> AsyncIterator[Postbox]:
    """Listen until the block ends."""
    async with listening(Postbox(tls, implicit=implicit)) as made:
        yield made


@asynccontextmanager
async def listening(made: P) -> AsyncIterator[P]:
    """Let a postbox listen until the block ends."""
    from_first = made.tls if made.implicit else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(made.connected, "127.0.0.1", 0, ssl=from_first)
    made.address = server.sockets[0].getsockname()
    yield made
    made.hang_up()
    server.close()
    await server.wait_closed()
