"""Endpoints of other systems: what they want to hear, how requests to them are signed, when they are off."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from services.kernel.errors import Invalid, NotFound

MOST_WEBHOOKS: Final = 50
USUAL_OVERLAP: Final = timedelta(hours=24)


class Stage(StrEnum):
    """Whether an endpoint is called."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class Cause(StrEnum):
    """Why it is not."""

    BY_REQUEST = "BY_REQUEST"
    GONE = "GONE"
    FAILING = "FAILING"


class Event(StrEnum):
    """What happened to an endpoint; the values are the names of the contract."""

    CREATED = "WebhookCreated"
    UPDATED = "WebhookUpdated"
    ROTATED = "WebhookSecretRotated"
    DISABLED = "WebhookDisabled"
    DELETED = "WebhookDeleted"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint, made by `owner`; `types` are full names of events.

    Secrets are not kept but derived: `generation` counts them, and the one before is good until `old_until`.
    """

    url: str
    types: tuple[str, ...]
    owner: str
    stage: Stage = Stage.ENABLED
    off: str = ""
    generation: int = 1
    old_until: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Whether it is called."""
        return self.stage is Stage.ENABLED

    def generations(self, now: datetime) -> tuple[int, ...]:
        """Return the secrets that requests are signed with, the newest first."""
        old = self.old_until is not None and now < self.old_until
        return (self.generation, self.generation - 1) if old else (self.generation,)

    def adopt(self, values: "Webhook", fields: Collection[str]) -> "tuple[Webhook, list[Event]]":
        """Take `fields` over from `values`. NotFound once it was removed."""
        self.require_there()
        changed = replace(self, **{name: getattr(values, name) for name in fields})
        if changed.stage is not self.stage:
            changed = replace(changed, off="" if changed.is_on else Cause.BY_REQUEST)
        return (self, []) if changed == self else (changed, [Event.UPDATED])

    def rotate(self, now: datetime, overlap: timedelta) -> "tuple[Webhook, list[Event]]":
        """Go on to the next secret. NotFound once it was removed."""
        self.require_there()
        rotated = replace(self, generation=self.generation + 1, old_until=now + overlap)
        return rotated, [Event.ROTATED]

    def disable(self, cause: Cause) -> "tuple[Webhook, list[Event]]":
        """Switch it off because of how it answers; nothing happens if it is off."""
        if not self.is_on:
            return self, []
        return replace(self, stage=Stage.DISABLED, off=cause), [Event.DISABLED]

    def delete(self) -> "tuple[Webhook, list[Event]]":
        """Remove it. NotFound once it was."""
        self.require_there()
        return replace(self, stage=Stage.DELETED), [Event.DELETED]

    def require_there(self) -> None:
        """Raise NotFound once it was removed."""
        if self.stage is Stage.DELETED:
            raise not_found()


def require_url(url: str, *, private: bool, field: str = "webhook.url") -> None:
    """Raise Invalid URL_REFUSED unless it is https to a host of the world; `private` allows http too."""
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise _refused(field, "is no URL") from error
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise _refused(field, "must begin with https://")
    if not parts.hostname or not port_is_fine or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(field, "must name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(field, "must not hold a user name, a password or a fragment")


def require_types(types: Sequence[str], known: Collection[str]) -> None:
    """Raise Invalid UNKNOWN_EVENT_TYPE unless each is known, and there is one."""
    wrong = [one for one in types if one not in known]
    if wrong or not types:
        told = f"{wrong[0][:64]} is no event" if wrong else "must name at least one"
        raise Invalid(
            "UNKNOWN_EVENT_TYPE",
            "event types must be full names of events",
            fields=(("webhook.event_types", told),),
        )


class Secrets:
    """Derives the secrets of all endpoints from one key, so that no database holds any."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"webhook/1", hashlib.sha256)

    def shown(self, tenant: str, webhook: str, generation: int) -> str:
        """Return a secret as its owner needs it."""
        return f"whsec_{base64.b64encode(self._secret(tenant, webhook, generation)).decode()}"

    def signatures(
        self, of: tuple[str, str], generations: Collection[int], signed: tuple[str, int, bytes]
    ) -> str:
        """Return the header of (id, seconds since 1970, body) by each secret of `of` (tenant, webhook)."""
        name, seconds, body = signed
        content = f"{name}.{seconds}.".encode() + body
        macs = (hmac.digest(self._secret(*of, one), content, hashlib.sha256) for one in generations)
        return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)

    def _secret(self, tenant: str, webhook: str, generation: int) -> bytes:
        return hmac.digest(self._key, f"{tenant}/{webhook}/{generation}".encode(), hashlib.sha256)


def not_found() -> NotFound:
    """Return the one answer for absent and removed endpoints."""
    return NotFound("WEBHOOK_NOT_FOUND", "no such webhook")


def _refused(field: str, told: str) -> Invalid:
    return Invalid("URL_REFUSED", f"the URL {told}", fields=((field, told),))
