"""Links in messages that need no sign-in: a token says what they do, and a MAC that we wrote it.

One-click unsubscribing (RFC 8058): the link acts on POST only, for as long as the mail is kept. A link that
answers does so too, and only for its person, about its one thing, and until it expires.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.kernel.errors import NotFound
from services.notifications.domain.messages import Category, Message

_MAC_BYTES: Final = 20
USUAL: Final = timedelta(days=14)
"""For so long a link answers what tells no end of its own, as long as a match request usually waits."""
CHECK_INS: Final = "checkIns"
MATCH_REQUESTS: Final = "matchRequests"
OFFERS: Final = "meetings"
"""Collections of what a link can answer."""
_ASKING: Final = (
    Category.MATCH_REQUESTED,
    Category.MATCH_REQUEST_REMINDER,
    Category.MATCH_REQUEST_ANSWER,
    Category.MATCH_REQUEST_PROMOTED,
)


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Who wants no more mails of which category."""

    tenant: str
    person: str
    category: Category


@dataclass(frozen=True, slots=True)
class Action:
    """What a person may answer until `expire_time`: `resource` is its name within the organization."""

    tenant: str
    person: str
    resource: str
    expire_time: datetime

    @property
    def collection(self) -> str:
        """Of which kind it is: CHECK_INS, MATCH_REQUESTS or OFFERS."""
        return self.resource.split("/")[-2]


@dataclass(frozen=True, slots=True)
class Button:
    """A link as people see it."""

    label: str
    url: str


def action_of(tenant: str, message: Message, now: datetime) -> Action | None:
    """Return what a message lets its person answer, None if it asks nothing that a page can take."""
    facts = message.facts
    if message.category is Category.CHECK_IN and facts.check_in and facts.moment:
        resource = f"mentorships/{facts.mentorship}/{CHECK_INS}/{facts.check_in}"
        return Action(tenant, message.person, resource, facts.moment.replace(microsecond=0))
    if _offers(message) and facts.mentorship and facts.meeting and facts.moment:
        resource = f"mentorships/{facts.mentorship}/{OFFERS}/{facts.meeting}"
        return Action(tenant, message.person, resource, facts.moment.replace(microsecond=0))
    if message.category in _ASKING and facts.program and message.person == facts.recipient:
        resource = f"programs/{facts.program}/{MATCH_REQUESTS}/{facts.request}"
        return Action(tenant, message.person, resource, (now + USUAL).replace(microsecond=0))
    return None


def _offers(message: Message) -> bool:
    held = message.category is Category.MEETING_COUNTERED and message.facts.code == "HELD"
    return held or message.category is Category.MEETING_PROPOSED


class Links:
    """Writes and reads links below `base`, such as https://mentoring.example; `key` is secret.

    `answers` are the collections of what its links answer: each needs somebody to take the answers.
    """

    def __init__(self, key: bytes, base: str, answers: Collection[str] = ()) -> None:
        self._unsubscribing = _Seal(key, b"unsubscribe/1")
        self._answering = _Seal(key, b"answer/1")
        self._base = base.rstrip("/")
        self.answers = answers

    def unsubscribe(self, wish: Unsubscription) -> str:
        """Return the address that takes the wish."""
        return f"{self._base}/unsubscribe/{self.token(wish)}"

    def token(self, wish: Unsubscription) -> str:
        """Return the last part of that address."""
        return self._unsubscribing.token(f"{wish.tenant}/{wish.person}/{wish.category}")

    def read(self, token: str) -> Unsubscription:
        """Return what a token says. NotFound for one that was not written here."""
        tenant, person, category = self._unsubscribing.read(token).split("/")
        return Unsubscription(tenant, person, Category(category))

    def answer(self, action: Action) -> str:
        """Return the address of the page that answers."""
        expires = int(action.expire_time.timestamp())
        body = f"{expires}/{action.tenant}/{action.person}/{action.resource}"
        return f"{self._base}/answer/{self._answering.token(body)}"

    def action(self, token: str, now: datetime) -> Action:
        """Return what the last part of such an address allows.

        NotFound for one that was not written here, for something else, or that is expired at `now`.
        """
        expires, tenant, person, resource = self._answering.read(token).split("/", 3)
        action = Action(tenant, person, resource, datetime.fromtimestamp(int(expires), UTC))
        if now >= action.expire_time:
            raise _unknown()
        return action


class _Seal:
    """Tokens of one purpose: those of another do not fit."""

    def __init__(self, key: bytes, purpose: bytes) -> None:
        self._key = hmac.digest(key, purpose, hashlib.sha256)

    def token(self, text: str) -> str:
        body = text.encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, token: str) -> str:
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (binascii.Error, UnicodeEncodeError) as error:
            raise _unknown() from error
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise _unknown()
        return body.decode()

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MAC_BYTES]


def _unknown() -> NotFound:
    return NotFound("LINK_UNKNOWN", "no such link")
