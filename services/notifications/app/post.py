"""Queues messages, and delivers each by mail when its turn has come."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.errors import AlreadyExists
from services.kernel.mongo import Cause, Decide, Query, Ref, Versioned
from services.notifications.app.choices import Choices
from services.notifications.app.ports import Aggregates, Channel, Mail, Person
from services.notifications.app.writing import Writer
from services.notifications.domain import messages
from services.notifications.domain.hours import zone_of
from services.notifications.domain.messages import Content, Draft, Message, Reason, Stage
from services.notifications.domain.routing import WEEK, Hold, Sent, Suppress, Turn, counts, route
from services.notifications.domain.rules import rule_of

_MOST_DIGESTED = 50
_MOST_COUNTED = 200


@dataclass(frozen=True, slots=True)
class _Job:
    """A message whose turn it is, who it is for, and what it says."""

    ref: Ref
    message: Message
    recipient: Person
    content: Content


class Post:
    """Queues and delivers messages."""

    def __init__(
        self,
        kept: Aggregates[Message],
        choices: Choices,
        writer: Writer,
        mailer: Channel[Mail],
        clock: Clock,
    ) -> None:
        self._messages = kept
        self._choices = choices
        self._writer = writer
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
        turn = await self._turn(ref.tenant, stored, recipient)
        match route(turn, rule_of(message.category), self._clock.now()):
            case Hold(reason, until):
                return lambda state: state.hold(content, reason, until)
            case Suppress(reason):
                return lambda state: state.suppress(content, reason)
            case send:
                return await self._sent(_Job(ref, message, recipient, content), send.reason)

    async def _sent(self, job: _Job, reason: Reason) -> Decide[Message]:
        message, content = job.message, job.content
        if not job.recipient.address:
            return lambda state: state.give_up(content, "ADDRESS_MISSING")
        shown = await self._digested(job) if rule_of(message.category).digest else content
        now = self._clock.now()
        mail = Mail(
            to=job.recipient,
            content=shown,
            message_id=message.mail_message_id,
            cause=message.cause_event_id,
            date=now,
            unsubscribe=self._writer.unsubscribe(job.ref.tenant, message),
            invitation=await self._writer.invitation(job.ref.tenant, message),
        )
        attempt = await self._mailer.send(mail)

        def decide(state: Message) -> messages.Change:
            return state.settle(content, attempt, now, reason)

        self._unrecorded[job.ref.key] = decide
        crash_point("after_smtp_before_record")
        return decide

    async def _turn(self, tenant: str, stored: Versioned[Message], recipient: Person) -> Turn:
        message = stored.state
        counted = counts(rule_of(message.category))
        return Turn(
            category=message.category,
            since=stored.create_time,
            zone=zone_of(recipient.zone),
            levels=await self._choices.levels(tenant, message.person),
            sent=await self._lately(tenant, message.person) if counted else (),
        )

    async def _lately(self, tenant: str, person: str) -> Sequence[Sent]:
        """Return the mails of the past week; one person's messages are delivered one after another."""
        where = {"person": person, "send_time": {"$gt": self._clock.now() - WEEK}}
        query = Query(where, _MOST_COUNTED, order="-create_time", without=("content",))
        states = (stored.state for _, stored in (await self._messages.list(tenant, query)).items)
        return [Sent(state.category, state.send_time) for state in states if state.send_time]

    async def _digested(self, job: _Job) -> Content:
        """Let this mail tell what else waits of its category, and return what it says then.

        The others are marked first: after a crash they are found by that mark, so none is lost or told twice.
        """
        tenant, message = job.ref.tenant, job.message
        waiting = {"person": message.person, "category": message.category, "attempts": 0}
        stages = {"stage": {"$in": [Stage.QUEUED, Stage.HELD]}}
        found = await self._messages.list(tenant, Query({**waiting, **stages}, _MOST_DIGESTED))
        for other, stored in found.items:
            if other != job.ref.id:
                await self._fold(Ref(tenant, other), stored.state, job)
        where = {"person": message.person, "digest": job.ref.id}
        told = (await self._messages.list(tenant, Query(where, _MOST_DIGESTED))).items
        contents = [stored.state.content for _, stored in told if stored.state.content]
        return self._writer.digest([job.content, *contents], job.recipient) if contents else job.content

    async def _fold(self, ref: Ref, message: Message, job: _Job) -> None:
        content = await self._writer.written(ref.tenant, message, job.recipient)
        cause = Cause(ids.derived_id("fold", ref.key, job.ref.id))
        await self._messages.change(ref, lambda state: state.fold(job.ref.id, content), cause)
