"""What the use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.notifications.domain.chats import Format
from services.notifications.domain.links import Action, Button
from services.notifications.domain.messages import Attempt, Content, Message
from services.notifications.domain.pages import About

S = TypeVar("S")
P_contra = TypeVar("P_contra", contravariant=True)

HR = "hr_admin"


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        """Return those of `ids` that are there."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause."""

    async def change(
        self,
        ref: Ref,
        decide: Decide[S],
        cause: Cause,
        *,
        etag: str = "",
        known: Versioned[S] | None = None,
    ) -> Versioned[S]:
        """Store what `decide` makes of one, once per cause; `known` is what was read of it just now."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""

    async def values(self, tenant: str, query: Query, paths: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        """Return what state paths lead to in a page, None where one leads nowhere."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person just now; never stored here. Zone and languages in order of preference."""

    greeting: str
    full_name: str
    address: str
    employed: bool
    zone: str = ""
    languages: tuple[str, ...] = ()


class People(Protocol):
    """What other services know about people."""

    async def find(self, tenant: str, person: str) -> Person | None:
        """Return one, None if there is no such person. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What calendars make of a mail: an iCalendar document, and its iTIP method ("REQUEST" or "CANCEL")."""

    method: str
    document: str


class Invitations(Protocol):
    """What other services know about meetings."""

    async def find(self, tenant: str, message: Message, *, whole: bool = False) -> Invitation | None:
        """Return the invitation to the meeting that a message is about, as it stands now for its person.

        None if there is no such meeting. `whole`: that of its series, if it is one of a series. Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `message_id` is its Message-ID header, `cause` the event behind it, `date` is aware.

    `unsubscribe` is the address that takes one-click requests for its category, empty if there is none.
    """

    to: Person
    content: Content
    message_id: str
    cause: str
    date: datetime
    unsubscribe: str = ""
    invitation: Invitation | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One HTTP request to an endpoint of an organization; `headers` sign `body`."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Posting:
    """A text, and a link if any, for the chat behind an incoming webhook; `url` is a secret."""

    url: str
    format: Format
    text: str
    button: Button | None = None


class Answerable(Protocol):
    """What another service asks people, answered for whom a link was written for."""

    async def get(self, action: Action) -> About:
        """Return what is asked. NotFound, Unavailable."""

    async def answer(self, action: Action, form: Mapping[str, str]) -> About:
        """Answer as a page's form says, once however often the same comes; return how it stands then.

        NotFound, Refused or Denied for what takes no answer any more, Invalid for what is none, Conflict if
        something else is asked by now, Unavailable.
        """


class Channel(Protocol[P_contra]):
    """A way out of the platform, for parcels of its kind: mails, postings to chats, webhook requests."""

    async def send(self, parcel: P_contra, /) -> Attempt:
        """Try once; whatever the other side says is the answer, and so is its silence."""
