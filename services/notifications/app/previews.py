"""What would happen to a message now, without sending or storing anything."""

from datetime import datetime

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound
from services.notifications.app.digests import Digests
from services.notifications.app.ports import HR, Aggregates
from services.notifications.app.post import once_id
from services.notifications.app.turns import Turns
from services.notifications.app.writing import Writer
from services.notifications.domain import messages
from services.notifications.domain.messages import Draft, Message, Reason
from services.notifications.domain.previews import Preview
from services.notifications.domain.routing import Send, Suppress
from services.notifications.domain.rules import Rule


class Previews:
    """Previews messages."""

    def __init__(self, kept: Aggregates[Message], turns: Turns, writer: Writer, clock: Clock) -> None:
        self._messages = kept
        self._turns = turns
        self._writer = writer
        self._digests = Digests(kept, writer)
        self._clock = clock

    async def preview(
        self, caller: Caller, draft: Draft, rule: Rule | None = None, cause_time: datetime | None = None
    ) -> Preview:
        """Tell what would become of a message whose cause happened at `cause_time`, under `rule` if given.

        For oneself, and as HR for all: NotFound for others.
        """
        if HR not in caller.roles and draft.person != caller.subject:
            raise NotFound("PERSON_NOT_FOUND", "no such person")
        followed = rule or (await self._turns.rules(caller.org)).of(draft.category)
        if await self._told(caller.org, draft, followed):
            return Preview(told=True)
        reader = await self._writer.reader(caller.org, draft.person)
        if reader is None:
            return Preview(failure="RECIPIENT_UNKNOWN")
        if not reader.employed:
            return Preview(Suppress(Reason.LEFT))
        message, _ = messages.queue(draft, "", "")
        now, known = self._clock.now(), await self._turns.known(caller.org, message, followed)
        explained = known.explained(cause_time or now, reader.zone, now)
        is_sent = isinstance(explained.route, Send)
        if is_sent and not reader.address:
            return Preview(explained.route, explained.steps, failure="ADDRESS_MISSING")
        waiting = await self._digests.waiting(caller.org, message, followed, now) if is_sent else ()
        return Preview(explained.route, explained.steps, gathered=len(waiting))

    async def _told(self, tenant: str, draft: Draft, rule: Rule) -> bool:
        once = once_id(draft, rule)
        return bool(once) and once in await self._messages.get_many(tenant, [once])
