"""Queues messages, and delivers each by mail and towards chat when its turn has come."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.errors import AlreadyExists
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.notifications.app.cohorts import Cohorts
from services.notifications.app.digests import Digests, Job
from services.notifications.app.ports import Aggregates, Channel, Mail
from services.notifications.app.turns import Known, Turns
from services.notifications.app.writing import Writer
from services.notifications.domain import messages, posting, texts
from services.notifications.domain.messages import Content, Draft, Message, Reason
from services.notifications.domain.routing import Hold, Send, Suppress
from services.notifications.domain.rules import Rule


class Post:
    """Queues and delivers messages."""

    def __init__(
        self,
        kept: Aggregates[Message],
        turns: Turns,
        writer: Writer,
        mailer: Channel[Mail],
        clock: Clock,
    ) -> None:
        self._messages = kept
        self._turns = turns
        self._writer = writer
        self._digests = Digests(kept, writer)
        self._mailer = mailer
        self._clock = clock
        self._unrecorded: dict[str, Decide[Message]] = {}
        self._cohorts = Cohorts()

    async def queue(self, tenant: str, drafts: Sequence[Draft], cause: Cause) -> None:
        """Queue what one event asks for, once each, however often the event comes.

        What a person is told of only once has an id that says so: a second cause finds it taken.
        """
        rules = await self._turns.rules(tenant)
        queued = (self._queued(tenant, draft, rules.of(draft.category), cause) for draft in drafts)
        for outcome in await asyncio.gather(*queued, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _queued(self, tenant: str, draft: Draft, rule: Rule, cause: Cause) -> None:
        once = once_id(draft, rule)
        message = once or ids.derived_id(cause.id, draft.person, draft.category)
        state, events = messages.queue(draft, message, cause.id)
        try:
            await self._messages.create(Ref(tenant, message), state, events, cause)
        except AlreadyExists:
            if not once:
                raise

    async def deliver(self, ref: Ref, cause: Cause) -> None:
        """Try to send a queued message, unless it is settled or waits.

        The mail server's answer and our record of it are two writes. If this process dies in between, the
        mail goes out again with the same Message-ID, by which the receiver can drop it. Short of that, an
        answer that could not be recorded is remembered and the repeat sends nothing.

        What is recorded belongs to the turn, not to the event that led here: an old event that comes once
        more may take a turn of its own, and what it does then must count.
        """
        async with self._cohorts.joined() as meet:
            stored = await self._messages.get(ref)
            if stored.state.ready:
                decide = self._unrecorded.get(ref.key) or await self._decided(ref, stored)
                await meet()
                turn = ids.derived_id("turn", ref.key, str(stored.version))
                await self._messages.change(ref, decide, Cause(turn, trace=cause.trace), known=stored)
        self._unrecorded.pop(ref.key, None)

    async def _decided(self, ref: Ref, stored: Versioned[Message]) -> Decide[Message]:
        message = stored.state
        recipient, known = await asyncio.gather(
            self._writer.reader(ref.tenant, message.person, message.other),
            self._turns.known(ref.tenant, message),
        )
        if recipient is None:
            return lambda state: state.give_up(None, "RECIPIENT_UNKNOWN")
        content = await self._writer.written(ref.tenant, message, recipient)
        if not recipient.employed:
            return lambda state: state.suppress(content, Reason.LEFT)
        match known.explained(stored.create_time, recipient.zone, self._clock.now()).route:
            case Hold(reason, until):
                return lambda state: state.hold(content, reason, until)
            case Suppress(reason):
                return lambda state: state.suppress(content, reason)
            case send:
                return await self._told(Job(ref, stored, recipient, content), known, send)

    async def _told(self, job: Job, known: Known, send: Send) -> Decide[Message]:
        content, now, chat = job.content, self._clock.now(), known.chat if send.chat else ""
        shown = await self._digests.gathered(job, known.rule) if known.rule.digest else content
        if not send.mail:
            return lambda state: _beside(state.suppress(content, send.reason), chat, now)
        if not job.reader.address:
            return lambda state: _beside(state.give_up(content, "ADDRESS_MISSING"), chat, now)
        attempt = await self._mailer.send(await self._mail(job, shown, known.rule, now))

        def decide(state: Message) -> posting.Change:
            return _beside(state.settle(content, attempt, now, send.reason), chat, now)

        self._unrecorded[job.ref.key] = decide
        crash_point("after_smtp_before_record")
        return decide

    async def _mail(self, job: Job, content: Content, rule: Rule, now: datetime) -> Mail:
        tenant, message = job.ref.tenant, job.message
        alone = content is job.content
        button = self._writer.answering(tenant, message, job.reader, now) if alone else None
        return Mail(
            to=job.reader,
            content=content if button is None else texts.linked(content, button),
            message_id=message.mail_message_id,
            cause=message.cause_event_id,
            date=now,
            unsubscribe=self._writer.unsubscribe(tenant, message, rule),
            invitation=await self._writer.invitation(tenant, message, rule),
        )


def once_id(draft: Draft, rule: Rule) -> str:
    """Return the id of what a person is told of only once, empty for all else."""
    key = rule.key(draft.facts)
    return ids.derived_id("once", draft.person, draft.category, *key) if key else ""


def _beside(change: messages.Change, chat: str, now: datetime) -> posting.Change:
    """Let a message go to chat too, if one takes it, whatever its mail comes to."""
    return posting.beside(change, chat, now) if chat else change
