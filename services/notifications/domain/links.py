"""Links in mails that need no sign-in: a token says what they do, and a MAC that we wrote it.

One-click unsubscribing (RFC 8058): the link acts on POST only, for as long as the mail is kept.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from services.kernel.errors import NotFound
from services.notifications.domain.messages import Category

_PURPOSE: Final = b"unsubscribe/1"
_MAC_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Who wants no more mails of which category."""

    tenant: str
    person: str
    category: Category


class Links:
    """Writes and reads links below `base`, such as https://mentoring.example; `key` is secret."""

    def __init__(self, key: bytes, base: str) -> None:
        self._key = hmac.digest(key, _PURPOSE, hashlib.sha256)
        self._base = base.rstrip("/")

    def unsubscribe(self, wish: Unsubscription) -> str:
        """Return the address that takes the wish."""
        return f"{self._base}/unsubscribe/{self.token(wish)}"

    def token(self, wish: Unsubscription) -> str:
        """Return the last part of that address."""
        body = f"{wish.tenant}/{wish.person}/{wish.category}".encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, token: str) -> Unsubscription:
        """Return what a token says. NotFound for one that was not written here."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (binascii.Error, UnicodeEncodeError) as error:
            raise _unknown() from error
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise _unknown()
        tenant, person, category = body.decode().split("/")
        return Unsubscription(tenant, person, Category(category))

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MAC_BYTES]


def _unknown() -> NotFound:
    return NotFound("LINK_UNKNOWN", "no such link")
