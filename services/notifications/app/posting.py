"""Carries messages to chats, beside each other: one after another for one chat, which is what they allow."""

from typing import Final

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.hands import Hands
from services.kernel.mongo import Cause, Ref, Versioned
from services.notifications.app.chats import Chats
from services.notifications.app.digests import Digests, Job
from services.notifications.app.ports import Aggregates
from services.notifications.app.writing import Writer
from services.notifications.domain import posting, texts
from services.notifications.domain.links import Button
from services.notifications.domain.messages import Message, Verdict
from services.notifications.domain.preferences import EVERYBODY

_AT_ONCE_PER_CHAT: Final = 1


class Posts:
    """Posts the messages of all organizations."""

    def __init__(self, kept: Aggregates[Message], chats: Chats, writer: Writer, clock: Clock) -> None:
        self._messages = kept
        self._chats = chats
        self._writer = writer
        self._digests = Digests(kept, writer)
        self._clock = clock
        self.hands = Hands(self.deliver, _AT_ONCE_PER_CHAT)

    async def deliver(self, ref: Ref) -> None:
        """Make one try, unless it is settled or waits. A crash before the record posts it again."""
        message = (await self._messages.get(ref)).state
        if message.chat is not None and posting.is_ready(message):
            async with self.hands.turn(f"{ref.tenant}/{message.chat.owner}"):
                await self._posted(ref, message.chat.owner)

    async def failed(self, ref: Ref, failure: str, cause: Cause) -> None:
        """Note with its chat that a message was given up."""
        message = (await self._messages.get(ref)).state
        if message.chat is not None and failure != posting.OFF:
            await self._chats.failed(Ref(ref.tenant, message.chat.owner), ref.id, failure, cause)

    async def _posted(self, ref: Ref, owner: str) -> None:
        stored = await self._messages.get(ref)  # again: it may have waited long for its turn
        if not posting.is_ready(stored.state):
            return
        turn = Cause(ids.derived_id("post", ref.key, str(stored.version)))
        (text, button), chat = await self._said(ref, stored, owner), Ref(ref.tenant, owner)
        attempt = await self._chats.post(chat, text, button) if text else None
        if attempt is None:
            await self._messages.change(ref, posting.discard, turn)
            return
        now = self._clock.now()
        await self._messages.change(ref, lambda state: posting.settle(state, attempt, now), turn)
        if attempt.verdict is Verdict.ACCEPTED:
            await self._chats.works(chat, turn)

    async def _said(self, ref: Ref, stored: Versioned[Message], owner: str) -> tuple[str, Button | None]:
        """Return what to post, empty if there is nobody to tell any more.

        A link that answers stays out of sight of others, as it needs no sign-in.
        """
        message = stored.state
        reader = await self._writer.reader(ref.tenant, message.person)
        if reader is None or not reader.employed:
            return "", None
        content = await self._writer.written(ref.tenant, message, reader)
        told = await self._digests.told(Job(ref, stored, reader, content))
        if owner == EVERYBODY:
            return texts.posted(told, reader.full_name), None
        if told is not content:
            return texts.posted(told), None
        return texts.posted(told), self._writer.answering(ref.tenant, message, reader, self._clock.now())
