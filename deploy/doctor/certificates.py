"""Looks at certificates before somebody refuses them: end, chain, names, purpose, who may read the key."""

import itertools
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel.config import Process, Settings
from services.kernel.tls import certificates

SOON: Final = timedelta(days=14)
RENEW = "renew it; the process takes over the new files by itself"
_BOTH = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def examine(settings: Process, now: datetime | None = None) -> Iterator[Finding]:
    """Look at every certificate that the settings name."""
    at = now or datetime.now(UTC)
    for name in type(settings).model_fields:
        file = getattr(settings, name)
        if isinstance(file, Path) and name.endswith(("cert_file", "cert_key_file", "ca_file")):
            yield _end(name.upper(), certificates(file.read_bytes()), at)
    if isinstance(settings, Settings) and settings.grpc_tls_cert_file is not None:
        own = certificates(settings.grpc_tls_cert_file.read_bytes())
        yield _names(own[0], settings.service)
        yield _purpose(own[0])
        if settings.grpc_tls_ca_file is not None:
            yield _chain(own, certificates(settings.grpc_tls_ca_file.read_bytes()))


def readable(settings: Process) -> Iterator[Finding]:
    """Warn of secrets that every user of the machine may read."""
    for name in type(settings).model_fields:
        file = getattr(settings, name)
        secret = name.endswith(("key_file", "password_file", "secret_file"))
        if secret and isinstance(file, Path) and file.stat().st_mode & stat.S_IROTH:
            advice = f"chmod o-r {file}, or a mode such as 0440 for the mounted secret"
            yield warning(name.upper(), "every user of the machine may read this secret", advice)


def _end(name: str, found: Sequence[x509.Certificate], now: datetime) -> Finding:
    first = min(found, key=lambda one: one.not_valid_after_utc)
    ends = f"{first.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if first.not_valid_after_utc <= now:
        return wrong(name, f"expired on {ends}: connections are refused", RENEW)
    if first.not_valid_before_utc > now:
        begins = f"{first.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        return wrong(name, f"is valid from {begins} on only", "check the clock, or wait")
    if first.not_valid_after_utc - now < SOON:
        return warning(name, f"expires on {ends}", RENEW)
    return ok(name, f"valid until {ends}")


def _names(own: x509.Certificate, service: str) -> Finding:
    about = "names in GRPC_TLS_CERT_FILE"
    try:
        extension = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        advice = f"issue it with the DNS names by which {service} is called"
        return wrong(about, "none: nobody can call this service", advice)
    names = [str(each.value) for each in extension]
    if any(name.split(".")[0] == service for name in names):
        return ok(about, ", ".join(names))
    advice = f"add the host of {service.upper()}_ADDRESS as callers set it, such as {service}.<namespace>.svc"
    return warning(about, f"none begins with {service}: {', '.join(names)}", advice)


def _purpose(own: x509.Certificate) -> Finding:
    about = "purpose of GRPC_TLS_CERT_FILE"
    try:
        stated = set(own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return ok(about, "any")
    if stated >= _BOTH:
        return ok(about, "to serve and to call")
    advice = "issue it with the usages `server auth` and `client auth`: it is shown both ways"
    return wrong(about, "not both to serve and to call", advice)


def _chain(own: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]) -> Finding:
    about = "chain of GRPC_TLS_CERT_FILE"
    for child, parent in itertools.pairwise(own):
        if not _issued(child, parent):
            return wrong(
                about, "its certificates do not follow one another", "put leaf, then issuers, in order"
            )
    if any(_issued(own[-1], root) or own[-1] == root for root in trusted):
        return ok(about, "leads to GRPC_TLS_CA_FILE")
    advice = "issue it by an authority in GRPC_TLS_CA_FILE, and add intermediate certificates to the file"
    return wrong(about, "does not lead to GRPC_TLS_CA_FILE: the other services refuse it", advice)


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
