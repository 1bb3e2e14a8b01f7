"""Queues messages, and delivers each by mail and towards chat when its turn has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.errors import AlreadyExists
from services.kernel.mongo import Cause, Decide, Query, Ref, Versioned
from services.notifications.app.chats import Chats
from services.notifications.app.choices import Choices
from services.notifications.app.digests import Digests
from services.notifications.app.ports import Aggregates, Channel, Mail, Person
from services.notifications.app.writing import Writer
from services.notifications.domain import messages, posting
from services.notifications.domain.hours import zone_of
from services.notifications.domain.messages import Content, Draft, Message, Reason
from services.notifications.domain.routing import WEEK, Hold, Send, Sent, Suppress, Turn, counts, route
from services.notifications.domain.rules import rule_of

_MOST_COUNTED = 200


@dataclass(frozen=True, slots=True)
class _Job:
    """A message whose turn it is, who it is for, what it says, and whose chat takes it (empty: none)."""

    ref: Ref
    message: Message
    recipient: Person
    content: Content
    chat: str


class Post:
    """Queues and delivers messages."""

    def __init__(
        self,
        kept: Aggregates[Message],
        chosen: tuple[Choices, Chats],
        writer: Writer,
        mailer: Channel[Mail],
        clock: Clock,
    ) -> None:
        self._messages = kept
        self._choices, self._chats = chosen
        self._writer = writer
        self._digests = Digests(kept, writer)
        self._mailer = mailer
        self._clock = clock
        self._unrecorded: dict[str, Decide[Message]] = {}

    async def queue(self, tenant: str, drafts: Sequence[Draft], cause: Cause) -> None:
        """Queue what one event asks for, once each, however often the event comes.

        What a person is told of only once has an id that says so: a second cause finds it taken.
        """
        for draft in drafts:
            key = rule_of(draft.category).key(draft.facts)
            once = ("once", draft.person, draft.category, *key)
            message = ids.derived_id(*(once if key else (cause.id, draft.person, draft.category)))
            state, events = messages.queue(draft, message, cause.id)
            try:
                await self._messages.create(Ref(tenant, message), state, events, cause)
            except AlreadyExists:
                if not key:
                    raise

    async def deliver(self, ref: Ref, cause: Cause) -> None:
        """Try to send a queued message, unless it is settled or waits.

        The mail server's answer and our record of it are two writes. If this process dies in between, the
        mail goes out again with the same Message-ID, by which the receiver can drop it. Short of that, an
        answer that could not be recorded is remembered and the repeat sends nothing.

        What is recorded belongs to the turn, not to the event that led here: an old event that comes once
        more may take a turn of its own, and what it does then must count.
        """
        stored = await self._messages.get(ref)
        if stored.state.ready:
            decide = self._unrecorded.get(ref.key) or await self._decided(ref, stored)
            turn = ids.derived_id("turn", ref.key, str(stored.version))
            await self._messages.change(ref, decide, Cause(turn, trace=cause.trace))
        self._unrecorded.pop(ref.key, None)

    async def _decided(self, ref: Ref, stored: Versioned[Message]) -> Decide[Message]:
        message = stored.state
        recipient = await self._writer.reader(ref.tenant, message.person)
        if recipient is None:
            return lambda state: state.give_up(None, "RECIPIENT_UNKNOWN")
        content = await self._writer.written(ref.tenant, message, recipient)
        if not recipient.employed:
            return lambda state: state.suppress(content, Reason.LEFT)
        chat = await self._chats.whose(ref.tenant, message)
        turn = await self._turn(ref.tenant, stored, recipient, chat)
        match route(turn, rule_of(message.category), self._clock.now()):
            case Hold(reason, until):
                return lambda state: state.hold(content, reason, until)
            case Suppress(reason):
                return lambda state: state.suppress(content, reason)
            case send:
                job = _Job(ref, message, recipient, content, chat if send.chat else "")
                return await self._told(job, send)

    async def _told(self, job: _Job, send: Send) -> Decide[Message]:
        content, now = job.content, self._clock.now()
        shown = content
        if rule_of(job.message.category).digest:
            shown = await self._digests.gathered(job.ref, job.message, content, job.recipient)
        if not send.mail:
            return lambda state: self._beside(job, state.suppress(content, send.reason), now)
        if not job.recipient.address:
            return lambda state: self._beside(job, state.give_up(content, "ADDRESS_MISSING"), now)
        attempt = await self._mailer.send(await self._mail(job, shown, now))

        def decide(state: Message) -> posting.Change:
            return self._beside(job, state.settle(content, attempt, now, send.reason), now)

        self._unrecorded[job.ref.key] = decide
        crash_point("after_smtp_before_record")
        return decide

    @staticmethod
    def _beside(job: _Job, change: messages.Change, now: datetime) -> posting.Change:
        """Let the message go to chat too, if one takes it, whatever its mail comes to."""
        return posting.beside(change, job.chat, now) if job.chat else change

    async def _mail(self, job: _Job, content: Content, now: datetime) -> Mail:
        return Mail(
            to=job.recipient,
            content=content,
            message_id=job.message.mail_message_id,
            cause=job.message.cause_event_id,
            date=now,
            unsubscribe=self._writer.unsubscribe(job.ref.tenant, job.message),
            invitation=await self._writer.invitation(job.ref.tenant, job.message),
        )

    async def _turn(self, tenant: str, stored: Versioned[Message], recipient: Person, chat: str) -> Turn:
        message = stored.state
        counted = counts(rule_of(message.category))
        return Turn(
            category=message.category,
            since=stored.create_time,
            zone=zone_of(recipient.zone),
            levels=await self._choices.levels(tenant, message.person),
            sent=await self._lately(tenant, message.person) if counted else (),
            chat=bool(chat),
        )

    async def _lately(self, tenant: str, person: str) -> Sequence[Sent]:
        """Return what went out in the past week; one person's messages are delivered one after another."""
        since = {"$gt": self._clock.now() - WEEK}
        query = Query(
            {"person": person},
            _MOST_COUNTED,
            order="-create_time",
            without=("content",),
            either=({"send_time": since}, {"chat.time": since}),
        )
        states = (stored.state for _, stored in (await self._messages.list(tenant, query)).items)
        times = ((one.category, one.send_time or (one.chat.time if one.chat else None)) for one in states)
        return [Sent(category, time) for category, time in times if time]
