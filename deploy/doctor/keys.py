"""Looks at the keys a service signs and seals with."""

from collections.abc import Iterator
from typing import Final

from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel.config import Settings
from services.kernel.errors import Refusal
from services.kernel.vault import Master
from services.recognition.clients import KeyFile

SIGNS_LINKS: Final = {"notifications", "scheduling"}
SIGNS_CREDENTIALS: Final = {"recognition"}


def examine(settings: Settings) -> Iterator[Finding]:
    """Read each key that this service has a use for."""
    yield _data(settings)
    if settings.service in SIGNS_LINKS:
        yield _signing(settings)
    if settings.service in SIGNS_CREDENTIALS:
        yield _credentials(settings)


def _data(settings: Settings) -> Finding:
    about, advice = "DATA_KEY_FILE", "put 32 random bytes in base64 there: openssl rand -base64 32"
    if settings.data_key_file is None:
        if settings.environment == "production":
            return wrong(about, "not set: production does not start without", advice)
        return warning(about, "not set: names and texts of people lie readable in the database", advice)
    try:
        Master.read(settings.data_key_file)
    except (OSError, ValueError) as error:
        return wrong(about, str(error), advice)
    return ok(about, "seals personal texts")


def _signing(settings: Settings) -> Finding:
    if settings.signing_key_file is None:
        advice = "put 32 or more random bytes there: openssl rand 48 > signing_key"
        return warning("SIGNING_KEY_FILE", "not set: no links in mails, no signed webhooks", advice)
    return ok("SIGNING_KEY_FILE", "signs links and webhooks")


def _credentials(settings: Settings) -> Finding:
    about, advice = "CREDENTIAL_KEY_FILE", "openssl genpkey -algorithm ed25519 -out credential_key.pem"
    if settings.credential_key_file is None:
        return warning(about, "not set: badges are awarded without a credential", advice)
    try:
        found = KeyFile(settings.credential_key_file).public_keys()
    except Refusal as refusal:
        return wrong(about, refusal.message, advice)
    return ok(about, f"signs credentials ({found[0].algorithm}), {len(found) - 1} former keys verify")
