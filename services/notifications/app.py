"""What events, timers and callers make messages do. The organization is the event's or the caller's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.errors import AlreadyExists, Conflict, Denied, NotFound
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.notifications.domain import messages, texts
from services.notifications.domain.messages import Attempt, Category, Content, Draft, Message
from services.notifications.domain.preferences import Preferences

S = TypeVar("S")

EVERYBODY = "-"
"""Stands for all people where a list asks for a person."""

_HR = "hr_admin"


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        """Return those of `ids` that are there."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person just now; never stored here."""

    greeting: str
    full_name: str
    address: str
    employed: bool


class People(Protocol):
    """What other services know about people."""

    async def find(self, tenant: str, person: str) -> Person | None:
        """Return one, None if there is no such person. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `message_id` is its Message-ID header, `cause` the event behind it, `date` is aware."""

    to: Person
    content: Content
    message_id: str
    cause: str
    date: datetime


class Mailer(Protocol):
    """Hands mails over to a mail server."""

    async def send(self, mail: Mail) -> Attempt:
        """Try once; whatever the server says is the answer, and so is its silence."""


class Post:
    """Queues and delivers messages."""

    def __init__(
        self,
        store: tuple[Aggregates[Message], Aggregates[Preferences]],
        people: People,
        mailer: Mailer,
        clock: Clock,
    ) -> None:
        self._messages, self._preferences = store
        self._people = people
        self._mailer = mailer
        self._clock = clock
        self._unrecorded: dict[str, Attempt] = {}

    async def queue(self, tenant: str, drafts: Sequence[Draft], cause: Cause) -> None:
        """Queue what one event asks for, once each, however often the event comes."""
        for draft in drafts:
            message = ids.derived_id(cause.id, draft.person, draft.category)
            await self._messages.create(
                Ref(tenant, message), *messages.queue(draft, message, cause.id), cause
            )

    async def deliver(self, ref: Ref, cause: Cause) -> None:
        """Try to send a queued message, unless it is settled or waits for its next try.

        The mail server's answer and our record of it are two writes. If this process dies in between, the
        mail goes out again with the same Message-ID, by which the receiver can drop it. Short of that, an
        answer that could not be recorded is remembered and the repeat sends nothing.
        """
        message = (await self._messages.get(ref)).state
        if message.ready:
            decide = await self._tried(ref, message)
            await self._messages.change(ref, decide, cause)
        self._unrecorded.pop(ref.key, None)

    async def _tried(self, ref: Ref, message: Message) -> Decide[Message]:
        recipient = await self._people.find(ref.tenant, message.person)
        if recipient is None:
            return lambda state: state.give_up(None, "RECIPIENT_UNKNOWN")
        content = texts.written(message, await self._names(ref.tenant, message, recipient))
        if not recipient.employed or message.category in await self._muted(ref.tenant, message.person):
            return lambda state: state.suppress(content)
        if not recipient.address:
            return lambda state: state.give_up(content, "ADDRESS_MISSING")
        now = self._clock.now()
        mail = Mail(recipient, content, message.mail_message_id, message.cause_event_id, now)
        attempt = self._unrecorded.get(ref.key) or await self._mailer.send(mail)
        self._unrecorded[ref.key] = attempt
        crash_point("after_smtp_before_record")
        return lambda state: state.settle(content, attempt, now)

    async def _names(self, tenant: str, message: Message, recipient: Person) -> texts.Names:
        other = await self._people.find(tenant, message.other) if message.other else None
        return texts.Names(recipient.greeting, other.full_name if other else "")

    async def _muted(self, tenant: str, person: str) -> Collection[Category]:
        found = await self._preferences.get_many(tenant, [person])
        return found[person].state.muted if found else ()


class Inbox:
    """What people were told: each reads their own, HR reads all."""

    def __init__(self, kept: Aggregates[Message], clock: Clock) -> None:
        self._messages = kept
        self._clock = clock

    async def get(self, caller: Caller, person: str, message: str) -> Versioned[Message]:
        """Return one message of `person`. NotFound for others than the person and HR."""
        stored = await self._messages.get(Ref(caller.org, message))
        stored.state.require_addressee(person)
        if _HR not in caller.roles:
            stored.state.require_addressee(caller.subject)
        return stored

    async def list(self, caller: Caller, person: str, page: Query) -> Page[Message]:
        """Return a page of a person's messages.

        EVERYBODY is for HR: Denied HR_ADMIN_ONLY for others. NotFound for others than the person and HR.
        """
        if _HR not in caller.roles:
            _require_self(caller, person)
        where = {} if person == EVERYBODY else {"person": person}
        return await self._messages.list(caller.org, replace(page, where=where))

    async def mark_read(self, caller: Caller, person: str, message: str, cause: Cause) -> Versioned[Message]:
        """Mark a message as read, by the one it is for."""
        if person != caller.subject:
            raise messages.message_not_found()
        now = self._clock.now()
        return await self._messages.change(
            Ref(caller.org, message), lambda state: state.read(caller.subject, now), cause
        )


class Choices:
    """Which mails people want."""

    def __init__(self, kept: Aggregates[Preferences]) -> None:
        self._preferences = kept

    async def get(self, caller: Caller, person: str) -> Versioned[Preferences] | None:
        """Return a person's preferences, None while there are none. NotFound for others than them and HR."""
        if _HR not in caller.roles:
            _require_self(caller, person)
        return (await self._preferences.get_many(caller.org, [person])).get(person)

    async def mute(
        self, caller: Caller, muted: Collection[Category], cause: Cause, *, etag: str
    ) -> Versioned[Preferences] | None:
        """Mute exactly these categories for the caller; Conflict ETAG_MISMATCH for a stale `etag`."""
        ref = Ref(caller.org, caller.subject)
        try:
            return await self._preferences.change(ref, lambda state: state.mute(muted), cause, etag=etag)
        except NotFound:
            return await self._first(ref, muted, cause, etag)

    async def _first(
        self, ref: Ref, muted: Collection[Category], cause: Cause, etag: str
    ) -> Versioned[Preferences] | None:
        if etag:
            raise Conflict("ETAG_MISMATCH", "nothing is stored yet")
        decision = Preferences().mute(muted)
        if not decision[1]:
            return None
        try:
            return await self._preferences.create(ref, *decision, cause)
        except AlreadyExists:  # another request of the same person was faster
            return await self._preferences.change(ref, lambda state: state.mute(muted), cause)


def _require_self(caller: Caller, person: str) -> None:
    if person == EVERYBODY:
        raise Denied("HR_ADMIN_ONLY", "only HR lists the messages of all people")
    if person != caller.subject:
        raise NotFound("PERSON_NOT_FOUND", "no such person")
