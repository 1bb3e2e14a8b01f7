"""Where people are told in chat: set up by each for themselves, by HR for the organization."""

import asyncio
from collections.abc import Collection

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from services.notifications.app.ports import HR, Aggregates, Channel, Posting
from services.notifications.app.remembered import Remembered
from services.notifications.domain import chats
from services.notifications.domain.chats import NO_CHAT, Chat, Seal, Stage
from services.notifications.domain.links import Button
from services.notifications.domain.messages import Attempt, Message, Verdict
from services.notifications.domain.preferences import EVERYBODY
from services.notifications.domain.webhooks import require_url


class Chats:
    """Chats; that of EVERYBODY is the organization's. Without a `seal` there are none.

    The first one of an organization is used after 5 seconds at most.

    `private` lets their URLs be http and of any host, for development.
    """

    def __init__(
        self, kept: Aggregates[Chat], way: Channel[Posting], seal: Seal | None, *, private: bool
    ) -> None:
        self._chats = kept
        self._way = way
        self._seal = seal
        self._private = private
        self._there = Remembered(self._any)

    async def whose(self, tenant: str, message: Message) -> str:
        """Return whose chat takes a message: its person's, else the organization's; empty: none does."""
        if self._seal is None or not await self._there.of(tenant):
            return ""
        owners = (message.person, EVERYBODY)
        known = await asyncio.gather(*(self._present(Ref(tenant, owner)) for owner in owners))
        for owner, chat in zip(owners, known, strict=True):
            if chat.is_on:
                return owner if chat.takes(owner, message.category) else ""
        return ""

    async def _any(self, tenant: str) -> bool:
        return bool((await self._chats.list(tenant, Query({"stage": Stage.ENABLED}, 1))).items)

    async def post(self, ref: Ref, text: str, button: Button | None = None) -> Attempt | None:
        """Try once to post to a chat, with a link if given; None if it is off or removed."""
        chat = await self._present(ref)
        if not chat.is_on or self._seal is None:
            return None
        url = self._seal.opened(ref.tenant, ref.id, chat.url)
        if url is None:  # sealed before the platform's key changed: nobody can post there
            return Attempt(Verdict.PERMANENT, "URL_UNREADABLE")
        return await self._way.send(Posting(url, chat.format, text, button))

    async def works(self, ref: Ref, cause: Cause) -> None:
        """Note that a chat took a message."""
        if (await self._present(ref)).failed:
            await self._chats.change(ref, Chat.works, cause)

    async def failed(self, ref: Ref, message: str, failure: str, cause: Cause) -> None:
        """Note that a message was given up for a chat; that may switch it off."""
        await put(self._chats, (ref, NO_CHAT), lambda state: state.note(message, failure), ("", cause))

    async def get(self, caller: Caller, person: str) -> Versioned[Chat]:
        """Return one's own, or the organization's as HR. NotFound for all others."""
        _require_own(caller, person)
        known = await present(self._chats, Ref(caller.org, person), NO_CHAT)
        known.state.require_there()
        return known

    async def update(
        self, caller: Caller, person: str, change: tuple[Chat, Collection[str]], cause: Cause, etag: str
    ) -> Versioned[Chat]:
        """Take the fields named over, sealing the URL.

        NotFound, Denied HR_ADMIN_ONLY, Conflict ETAG_MISMATCH, Refused SIGNING_KEY_MISSING, Invalid
        URL_REFUSED, URL_MISSING or CATEGORIES_MISPLACED.
        """
        _require_own(caller, person)
        values, fields = change
        closed = self._closed(caller.org, person, values) if "url" in fields else values
        first = Ref(caller.org, person), Chat()
        made = await put(self._chats, first, lambda state: state.adopt(person, closed, fields), (etag, cause))
        self._there.forget(caller.org)
        if not made.version:  # nothing there, and nothing asked for
            raise chats.not_found()
        return made

    async def delete(self, caller: Caller, person: str, cause: Cause, etag: str) -> Versioned[Chat]:
        """Remove one. NotFound, Denied HR_ADMIN_ONLY, Conflict ETAG_MISMATCH."""
        _require_own(caller, person)
        ref = Ref(caller.org, person)
        if not (await present(self._chats, ref, NO_CHAT)).version:
            raise chats.not_found()
        return await self._chats.change(ref, Chat.delete, cause, etag=etag)

    async def test(self, caller: Caller, person: str, text: str, cause: Cause) -> Attempt:
        """Post a text now, once per cause. NotFound, Denied HR_ADMIN_ONLY, Refused CHAT_OFF."""
        ref, known = Ref(caller.org, person), (await self.get(caller, person)).state.test
        if known is not None and known[0] == cause.id:
            return known[1]
        attempt = await self.post(ref, text)
        if attempt is None:
            raise Refused("CHAT_OFF", "the chat is switched off: switch it on first")
        await self._chats.change(ref, lambda state: state.tested(cause.id, attempt), cause)
        return attempt

    async def _present(self, ref: Ref) -> Chat:
        return (await present(self._chats, ref, NO_CHAT)).state

    def _closed(self, tenant: str, person: str, values: Chat) -> Chat:
        if self._seal is None:
            raise Refused("SIGNING_KEY_MISSING", "this platform has no key to keep the URLs of chats with")
        require_url(values.url, private=self._private, field="chat.url")
        return chats.sealed(self._seal, (tenant, person), values)


def _require_own(caller: Caller, person: str) -> None:
    if person == EVERYBODY and HR not in caller.roles:
        raise Denied("HR_ADMIN_ONLY", "only HR sets up the organization's chat")
    if person not in {caller.subject, EVERYBODY}:
        raise chats.not_found()
