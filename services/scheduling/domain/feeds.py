"""The address under which a person's own calendar program subscribes to their meetings."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from services.kernel.errors import Denied, NotFound


class FeedEvent(StrEnum):
    """What is told of a feed."""

    OPENED = "OPENED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of one person. Its address is signed with `key`: another key, and the old address is dead."""

    key: str
    is_open: bool = True

    def signature(self, tenant: str, person: str) -> str:
        """Return what only who was given the address knows."""
        return hmac.new(self.key.encode(), f"{tenant}/{person}".encode(), hashlib.sha256).hexdigest()

    def accepts(self, tenant: str, person: str, signature: str) -> bool:
        """Whether an address is the one of this feed."""
        known = self.signature(tenant, person)
        return self.is_open and hmac.compare_digest(known.encode(), signature.encode())


NEVER_OPENED: Final = Feed("", is_open=False)

Decision = tuple[Feed, list[FeedEvent]]


def open_feed(known: Feed, key: str) -> Decision:
    """Open a feed with a new key; one that is open keeps its own."""
    if known.is_open:
        return known, []
    return Feed(key), [FeedEvent.OPENED]


def close_feed(known: Feed) -> Decision:
    """Close a feed for ever; a closed one stays so."""
    if not known.is_open:
        return known, []
    return replace(known, is_open=False), [FeedEvent.CLOSED]


def require_own(caller: str, person: str) -> None:
    """Raise Denied FEED_NOT_YOURS unless it is the caller's own."""
    if caller != person:
        raise Denied("FEED_NOT_YOURS", "only the person subscribes to their meetings")


def feed_not_found() -> NotFound:
    """Return the one answer for addresses that are wrong, closed or never were."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
