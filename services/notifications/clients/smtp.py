"""Mails over SMTP: few connections, kept open between mails, and no answer waited for longer than 10 s."""

import asyncio
import re
import ssl
import time
from dataclasses import dataclass
from email.utils import format_datetime, parseaddr

import aiosmtplib

from services.kernel import log
from services.kernel.config import Settings
from services.notifications.app.ports import Mail
from services.notifications.clients import mime
from services.notifications.domain.messages import Attempt, Verdict

_TIMEOUT_SECONDS = 10.0
_CONNECTIONS = 4
_FRESH_SECONDS = 1.0
_CLOSING = 421
"""The server ends the connection, whatever was asked (RFC 5321, 3.8)."""
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+")
_ACCEPTED = Attempt(Verdict.ACCEPTED)
UNREACHABLE = Attempt(Verdict.TEMPORARY, "SMTP_UNREACHABLE")
"""Nothing was said to the server yet."""


@dataclass(frozen=True, slots=True)
class Security:
    """How to speak to a mail server.

    tls       True: from the first byte
    starttls  True: or not at all; None: where the server offers it
    context   whom to trust; None: the system's authorities
    login     user name and password, None for none
    """

    tls: bool = False
    starttls: bool | None = None
    context: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None


def security_of(settings: Settings) -> Security:
    """Read how to speak to the mail server. OSError for unreadable files."""
    authorities = settings.smtp_ca_file
    password = settings.smtp_password_file.read_text().strip() if settings.smtp_password_file else ""
    return Security(
        tls=settings.smtp_security == "tls",
        starttls={"starttls": True, "opportunistic": None}.get(settings.smtp_security, False),
        context=ssl.create_default_context(cafile=authorities) if authorities else None,
        login=(settings.smtp_username, password) if settings.smtp_username else None,
    )


class Smtp:
    """One mail server, by default with STARTTLS where the server offers it."""

    def __init__(
        self,
        address: tuple[str, int],
        sender: str,
        security: Security | None = None,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._address = address
        self._sender = sender
        self._envelope = parseaddr(sender)[1]
        self._security = security or Security()
        self._timeout = timeout_seconds
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, mail: Mail) -> Attempt:
        """Try once. A silent or absent server is a failure for now, as is everything before the envelope."""
        try:
            message = composed(self._sender, mail)
        except ValueError:
            return Attempt(Verdict.PERMANENT, "ADDRESS_MALFORMED")
        async with self._slots:
            return await self._tried(mail.to.address, message)

    async def _tried(self, address: str, message: bytes) -> Attempt:
        """Hand over on a connection that works: of an idle one only trying tells."""
        while True:
            is_known = bool(self._idle)
            try:
                connection = await self._connection()
            except (aiosmtplib.SMTPException, OSError):
                return UNREACHABLE
            try:
                return await self._deliver(connection, address, message)
            except _Lost as lost:
                if not is_known:
                    return lost.attempt

    async def close(self) -> None:
        """Say goodbye on idle connections."""
        while self._idle:
            connection, _ = self._idle.pop()
            try:
                await connection.quit()
            except (aiosmtplib.SMTPException, OSError):
                connection.close()

    async def _deliver(self, connection: aiosmtplib.SMTP, address: str, message: bytes) -> Attempt:
        try:
            answer = await _handed_over(connection, (self._envelope, address), message)
        except BaseException:  # cancelled half-way: what comes next on this connection is not known
            connection.close()
            raise
        if connection.is_connected:
            self._idle.append((connection, time.monotonic()))
        return answer

    async def _connection(self) -> aiosmtplib.SMTP:
        """Return an idle connection that still answers, or a new one.

        One that was used just now is not asked whether it answers: that is a fifth of a mail's round trips.
        """
        while self._idle:
            known, since = self._idle.pop()
            if known.is_connected and time.monotonic() < since + _FRESH_SECONDS:
                return known
            try:
                await known.noop()
            except (aiosmtplib.SMTPException, OSError):
                known.close()
                log.get_logger().debug("smtp_connection_lost")
            else:
                return known
        host, port = self._address
        how = self._security
        name, password = how.login or (None, None)
        fresh = aiosmtplib.SMTP(
            hostname=host,
            port=port,
            timeout=self._timeout,
            use_tls=how.tls,
            start_tls=how.starttls,
            tls_context=how.context,
            username=name,
            password=password,
        )
        await fresh.connect()
        await fresh.ehlo()  # what it can is asked by connecting only where STARTTLS or a login need it
        return fresh


class Failover:
    """Several mail servers: the next one takes what the one before surely did not, as it was not there."""

    def __init__(self, *servers: Smtp) -> None:
        self._servers = servers

    async def send(self, mail: Mail) -> Attempt:
        """Try once, on the first server that is there."""
        attempt = UNREACHABLE
        for server in self._servers:
            attempt = await server.send(mail)
            if attempt != UNREACHABLE:
                break
        return attempt

    async def close(self) -> None:
        """Say goodbye on idle connections."""
        for server in self._servers:
            await server.close()


def mailer_of(settings: Settings) -> Failover:
    """Return the mail servers that the settings name."""
    addresses = [(settings.smtp_host, settings.smtp_port)]
    if settings.smtp_fallback:
        host, _, port = settings.smtp_fallback.rpartition(":")
        addresses.append((host.strip("[]"), int(port)))
    security = security_of(settings)
    return Failover(*(Smtp(address, settings.mail_from, security) for address in addresses))


class _Lost(Exception):  # noqa: N818 -- what happened
    """The connection ended before the server got anything of the mail; `attempt` says how."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self.attempt = attempt


async def _handed_over(connection: aiosmtplib.SMTP, envelope: tuple[str, str], message: bytes) -> Attempt:
    """Name both ends, then hand the mail over. Raises _Lost."""
    sender, recipient = envelope
    is_plain = recipient.isascii()
    if not is_plain and not connection.supports_extension("smtputf8"):
        return Attempt(Verdict.PERMANENT, "SMTP_NOT_SUPPORTED")
    options, encoding = ([], "ascii") if is_plain else (["SMTPUTF8"], "utf-8")
    try:
        await connection.mail(sender, options=options, encoding=encoding)
        await connection.rcpt(recipient, encoding=encoding)
    except aiosmtplib.SMTPResponseException as refused:
        if refused.code == _CLOSING:
            raise _Lost(_refused(refused.code)) from refused
        return await _reset(connection, refused.code)
    except aiosmtplib.SMTPTimeoutError:
        return _cut(connection, "SMTP_TIMEOUT")
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _Lost(_cut(connection, "SMTP_DISCONNECTED")) from error
    return await _content(connection, message)


async def _content(connection: aiosmtplib.SMTP, message: bytes) -> Attempt:
    """Hand the mail itself over: if there is no answer now, the server may have it or not."""
    try:
        await connection.data(message)
    except aiosmtplib.SMTPResponseException as refused:
        return await _reset(connection, refused.code)
    except aiosmtplib.SMTPTimeoutError:
        return _cut(connection, "SMTP_TIMEOUT")
    except (aiosmtplib.SMTPException, OSError):
        return _cut(connection, "SMTP_DISCONNECTED")
    return _ACCEPTED


async def _reset(connection: aiosmtplib.SMTP, code: int) -> Attempt:
    """Let the connection serve the next mail after a refusal."""
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError):
        connection.close()
    return _refused(code)


def _cut(connection: aiosmtplib.SMTP, reason: str) -> Attempt:
    connection.close()
    return Attempt(Verdict.TEMPORARY, reason)


def _refused(code: int) -> Attempt:
    """Read a reply code: RFC 5321 calls 4yz a failure for now and 5yz one for ever."""
    return Attempt(Verdict.PERMANENT if code >= 500 else Verdict.TEMPORARY, f"SMTP_{code}")


def composed(sender: str, mail: Mail) -> bytes:
    """Return the mail as it goes out. ValueError for an address that is none."""
    headers = [
        ("From", sender),
        ("To", mime.mailbox(mail.to.full_name, _plain(mail.to.address))),
        ("Subject", mail.content.subject),
        ("Date", format_datetime(mail.date)),
        ("Message-ID", mail.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Mentoring-Event", mail.cause),
    ]
    if mail.unsubscribe:
        headers.append(("List-Unsubscribe", f"<{mail.unsubscribe}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return mime.message(headers, mail.content.text, mail.content.html, mail.invitation)


def _plain(address: str) -> str:
    """Return an address that cannot break out of its header or name a second recipient; else ValueError."""
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError("not an address")
    return address
