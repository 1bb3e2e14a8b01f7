"""Says hello to the mail servers as the service does, and sends nothing."""

from collections.abc import AsyncIterator
from typing import Final

import aiosmtplib

from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel.config import Settings
from services.notifications.clients.smtp import Security, security_of

_SECONDS: Final = 10.0


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Connect, log in if told to, say goodbye."""
    addresses = [f"{settings.smtp_host}:{settings.smtp_port}"]
    addresses += [settings.smtp_fallback] if settings.smtp_fallback else []
    for address in addresses:
        yield await _one(address, security_of(settings))


async def _one(address: str, how: Security) -> Finding:
    about = f"mail server {address}"
    host, _, port = address.rpartition(":")
    name, password = how.login or (None, None)
    server = aiosmtplib.SMTP(
        hostname=host.strip("[]"),
        port=int(port),
        timeout=_SECONDS,
        use_tls=how.tls,
        start_tls=how.starttls,
        tls_context=how.context,
        username=name,
        password=password,
    )
    try:
        await server.connect()
        encrypted = server.get_transport_info("sslcontext") is not None
        await server.quit()
    except aiosmtplib.SMTPAuthenticationError as error:
        advice = "compare SMTP_USERNAME and the file SMTP_PASSWORD_FILE with the server's account"
        return wrong(about, f"refuses the login ({error.code})", advice)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        advice = "check SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_CA_FILE and network policies"
        return wrong(about, f"cannot be used: {error}", advice)
    if not encrypted:
        advice = "set SMTP_SECURITY=starttls where the server offers it: mails carry names"
        return warning(about, "answers, in the clear", advice)
    return ok(about, "answers, encrypted")
