"""Where people are told in chat: the incoming webhook that a person, or an organization, set up."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from services.kernel.errors import Invalid, NotFound
from services.notifications.domain.messages import Attempt, Category
from services.notifications.domain.preferences import EVERYBODY

MOST_FAILURES: Final = 3
"""Messages given up in a row before a chat is switched off."""


class Format(StrEnum):
    """What requests carry."""

    TEXT = "TEXT"
    ADAPTIVE_CARD = "ADAPTIVE_CARD"


class Stage(StrEnum):
    """Whether a chat is used."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class Cause(StrEnum):
    """Why it is not."""

    BY_REQUEST = "BY_REQUEST"
    GONE = "GONE"
    FAILING = "FAILING"


class Event(StrEnum):
    """What happened to a chat; the values are the names of the contract."""

    UPDATED = "ChatUpdated"
    DISABLED = "ChatDisabled"
    DELETED = "ChatDeleted"


@dataclass(frozen=True, slots=True)
class Chat:
    """An incoming webhook, made by `owner`; `url` is sealed and empty until there is one.

    `categories` are of an organization's chat only: what is posted there. `failed` are the messages that were
    given up last, in a row; `test` is what asked for the latest test, and what it came to.
    """

    url: str = ""
    host: str = ""
    owner: str = ""
    format: Format = Format.TEXT
    categories: tuple[Category, ...] = ()
    stage: Stage = Stage.ENABLED
    off: str = ""
    failed: tuple[str, ...] = ()
    test: tuple[str, Attempt] | None = None

    @property
    def is_on(self) -> bool:
        """Whether it is used."""
        return self.stage is Stage.ENABLED and bool(self.url)

    def takes(self, person: str, category: Category) -> bool:
        """Whether messages of a category go there; `person` is whose chat it is."""
        return self.is_on and (person != EVERYBODY or category in self.categories)

    def adopt(self, person: str, values: "Chat", fields: Collection[str]) -> "tuple[Chat, list[Event]]":
        """Take `fields` over from `values`; `person` is whose chat it is. Another URL switches it on.

        Raises Invalid URL_MISSING or CATEGORIES_MISPLACED.
        """
        taken = {name: getattr(values, name) for name in fields}
        if "url" in taken:
            taken |= {"host": values.host, "owner": values.owner}
        changed = replace(self, **taken)
        if changed.url != self.url and "stage" not in taken:
            changed = replace(changed, stage=Stage.ENABLED)
        changed = _switched(self, changed)
        if changed == self:
            return self, []
        changed.require_valid(person)
        return changed, [Event.UPDATED]

    def require_valid(self, person: str) -> None:
        """Raise Invalid for what cannot be used."""
        if not self.url:
            raise Invalid("URL_MISSING", "a chat has a URL", fields=(("chat.url", "must be given"),))
        if (person == EVERYBODY) != bool(self.categories):
            told = (
                "must name what is posted" if person == EVERYBODY else "are of the organization's chat only"
            )
            raise Invalid("CATEGORIES_MISPLACED", f"categories {told}", fields=(("chat.categories", told),))

    def note(self, message: str, failure: str) -> "tuple[Chat, list[Event]]":
        """Note that a message was given up: as the chat is gone, or as the third in a row, it is the last."""
        if not self.is_on or message in self.failed:
            return self, []
        noted = replace(self, failed=(*self.failed, message))
        if failure in {"HTTP_404", "HTTP_410"}:
            return replace(noted, stage=Stage.DISABLED, off=Cause.GONE), [Event.DISABLED]
        if len(noted.failed) >= MOST_FAILURES:
            return replace(noted, stage=Stage.DISABLED, off=Cause.FAILING), [Event.DISABLED]
        return noted, [Event.UPDATED]

    def works(self) -> "tuple[Chat, list[Event]]":
        """Note that it took a message."""
        return (replace(self, failed=()), [Event.UPDATED]) if self.failed else (self, [])

    def tested(self, by: str, attempt: Attempt) -> "tuple[Chat, list[Event]]":
        """Note what a test came to."""
        return replace(self, test=(by, attempt)), [Event.UPDATED]

    def delete(self) -> "tuple[Chat, list[Event]]":
        """Remove it, with its URL. NotFound once it was."""
        self.require_there()
        return replace(self, url="", stage=Stage.DELETED, off="", failed=()), [Event.DELETED]

    def forget(self) -> "tuple[Chat, list[Event]]":
        """Remove it, and with it who made it and where it was."""
        return (self, []) if self == NO_CHAT else (NO_CHAT, [Event.DELETED])

    def require_there(self) -> None:
        """Raise NotFound once it was removed."""
        if self.stage is Stage.DELETED:
            raise not_found()


NO_CHAT: Final = Chat(stage=Stage.DELETED)
"""That of one who has none."""


def _switched(before: Chat, after: Chat) -> Chat:
    """Say why a chat is off; what is switched on begins without failures."""
    if after.stage is before.stage:
        return after
    if after.stage is Stage.ENABLED:
        return replace(after, off="", failed=())
    return replace(after, off=Cause.BY_REQUEST)


class Seal:
    """Keeps URLs unreadable in the database: whoever has one may post. `key` is the platform's secret."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(hmac.digest(key, b"chat/1", hashlib.sha512))

    def closed(self, tenant: str, person: str, url: str) -> str:
        """Return a URL as it is kept: the same one the same, for nobody else's chat."""
        return base64.b64encode(self._cipher.encrypt(url.encode(), _bound(tenant, person))).decode()

    def opened(self, tenant: str, person: str, kept: str) -> str | None:
        """Return what was closed, None if that was by another key or for another chat."""
        try:
            return self._cipher.decrypt(base64.b64decode(kept), _bound(tenant, person)).decode()
        except InvalidTag:
            return None


def _bound(tenant: str, person: str) -> list[bytes | bytearray | memoryview]:
    return [tenant.encode(), person.encode()]


def not_found() -> NotFound:
    """Return the one answer for absent and removed chats, and those of others."""
    return NotFound("CHAT_NOT_FOUND", "no such chat")


def sealed(seal: Seal, whose: tuple[str, str], values: Chat) -> Chat:
    """Return a chat with its URL closed and its host readable; `whose` is (tenant, person)."""
    return replace(values, url=seal.closed(*whose, values.url), host=urlsplit(values.url).hostname or "")
