"""Mails over SMTP: few connections, kept open between mails, and no answer waited for longer than 10 s."""

import asyncio
import re
import ssl
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
        self._idle: list[aiosmtplib.SMTP] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, mail: Mail) -> Attempt:
        """Try once. A silent or absent server is a failure for now, as is everything before the envelope."""
        try:
            message = composed(self._sender, mail)
        except ValueError:
            return Attempt(Verdict.PERMANENT, "ADDRESS_MALFORMED")
        async with self._slots:
            try:
                connection = await self._connection()
            except (aiosmtplib.SMTPException, OSError):
                return UNREACHABLE
            return await self._deliver(connection, mail.to.address, message)

    async def close(self) -> None:
        """Say goodbye on idle connections."""
        while self._idle:
            connection = self._idle.pop()
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
            self._idle.append(connection)
        return answer

    async def _connection(self) -> aiosmtplib.SMTP:
        """Return an idle connection that still answers, or a new one."""
        while self._idle:
            known = self._idle.pop()
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


async def _handed_over(connection: aiosmtplib.SMTP, envelope: tuple[str, str], message: bytes) -> Attempt:
    sender, recipient = envelope
    try:
        if recipient.isascii():
            await connection.sendmail(sender, [recipient], message)
        elif connection.supports_extension("smtputf8"):
            await connection.sendmail(sender, [recipient], message, mail_options=["SMTPUTF8"])
        else:
            return Attempt(Verdict.PERMANENT, "SMTP_NOT_SUPPORTED")
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return _refused(refused.recipients[0].code)
    except aiosmtplib.SMTPResponseException as refused:
        return _refused(refused.code)
    except aiosmtplib.SMTPTimeoutError:
        connection.close()
        return Attempt(Verdict.TEMPORARY, "SMTP_TIMEOUT")
    except (aiosmtplib.SMTPException, OSError):
        connection.close()
        return Attempt(Verdict.TEMPORARY, "SMTP_DISCONNECTED")
    return _ACCEPTED


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
