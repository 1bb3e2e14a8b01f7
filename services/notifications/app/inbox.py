"""What people were told: each reads their own, HR reads all."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Denied, NotFound
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.notifications.app.live import Live, Seen
from services.notifications.app.ports import HR, Aggregates
from services.notifications.domain import messages
from services.notifications.domain.messages import Message
from services.notifications.domain.preferences import EVERYBODY


class Inbox:
    """Messages as people see them."""

    def __init__(self, kept: Aggregates[Message], live: Live, clock: Clock) -> None:
        self._messages = kept
        self._live = live
        self._clock = clock

    async def get(self, caller: Caller, person: str, message: str) -> Versioned[Message]:
        """Return one message of `person`. NotFound for others than the person and HR."""
        stored = await self._messages.get(Ref(caller.org, message))
        stored.state.require_addressee(person)
        if HR not in caller.roles:
            stored.state.require_addressee(caller.subject)
        return stored

    async def list(self, caller: Caller, person: str, page: Query) -> Page[Message]:
        """Return a page of a person's messages, of those that `page` asks for.

        EVERYBODY is for HR: Denied HR_ADMIN_ONLY for others. NotFound for others than the person and HR.
        """
        if HR not in caller.roles:
            _require_self(caller, person)
        whose = {} if person == EVERYBODY else {"person": person}
        return await self._messages.list(caller.org, replace(page, where={**page.where, **whose}))

    async def stream(self, caller: Caller, person: str, latest: int) -> AsyncGenerator[Seen, None]:
        """Yield the person's latest messages, earliest first, then every change of one.

        NotFound for others than the person; Unavailable STREAM_CUT when changes may have been missed.
        """
        if person != caller.subject:
            raise NotFound("PERSON_NOT_FOUND", "no such person")
        async with self._live.of(caller.org, person) as changes:
            query = Query({"person": person}, latest, order="-create_time")
            known: dict[str, int] = {}
            for message, stored in reversed((await self._messages.list(caller.org, query)).items):
                known[message] = stored.version
                yield Ref(caller.org, message), stored
            async for ref, stored in changes:
                if known.get(ref.id, 0) < stored.version:
                    known[ref.id] = stored.version
                    yield ref, stored

    async def mark_seen(
        self, caller: Caller, person: str, some: Sequence[str], cause: Cause
    ) -> Sequence[Versioned[Message]]:
        """Mark messages as seen, by the one they are for. NotFound if one is not, before any is marked."""
        found = await self._messages.get_many(caller.org, some)
        for message in some:
            if message not in found or person != caller.subject:
                raise messages.message_not_found()
            found[message].state.require_addressee(person)
        now = self._clock.now()
        return [
            await self._messages.change(Ref(caller.org, one), lambda state: state.see(person, now), cause)
            for one in some
        ]

    async def mark_read(self, caller: Caller, person: str, message: str, cause: Cause) -> Versioned[Message]:
        """Mark a message as read, by the one it is for."""
        if person != caller.subject:
            raise messages.message_not_found()
        now = self._clock.now()
        return await self._messages.change(
            Ref(caller.org, message), lambda state: state.read(caller.subject, now), cause
        )


def _require_self(caller: Caller, person: str) -> None:
    if person == EVERYBODY:
        raise Denied("HR_ADMIN_ONLY", "only HR lists the messages of all people")
    if person != caller.subject:
        raise NotFound("PERSON_NOT_FOUND", "no such person")
