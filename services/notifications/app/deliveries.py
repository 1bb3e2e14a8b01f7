"""How the delivery of messages goes, for those who see to it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Invalid, NotFound
from services.kernel.mongo import Cause, Ref, Versioned
from services.notifications.app.ports import Aggregates
from services.notifications.domain import bounces, posting
from services.notifications.domain.messages import Message

USUAL_SPAN: Final = timedelta(days=30)
LONGEST_SPAN: Final = timedelta(days=92)

Count = Callable[[str, tuple[datetime, datetime]], Awaitable[Mapping[tuple[Any, ...], int]]]
"""Counts an organization's messages created within a span, by (category, stage, reason, stage in chat)."""


class Deliveries:
    """Sends again, takes in what came back, counts."""

    def __init__(self, kept: Aggregates[Message], count: Count, clock: Clock) -> None:
        self._messages = kept
        self._count = count
        self._clock = clock

    async def resend(
        self, caller: Caller, person: str, message: str, cause: Cause, etag: str
    ) -> Versioned[Message]:
        """Send what failed of a message again. NotFound, Refused NOT_FAILED, Conflict ETAG_MISMATCH."""
        ref, now = Ref(caller.org, message), self._clock.now()
        (await self._messages.get(ref)).state.require_addressee(person)
        return await self._messages.change(ref, lambda state: posting.resend(state, now), cause, etag=etag)

    async def bounced(self, caller: Caller, mail: bytes, cause: Cause) -> tuple[Ref, Message] | None:
        """Mark the message whose mail came back; None if the report is of none, or of an earlier mail."""
        bounce = bounces.read(mail)
        if bounce is None:
            return None
        ref = Ref(caller.org, bounce.message)
        try:
            known = (await self._messages.get(ref)).state
        except NotFound:
            return None
        if known.mail_message_id != bounce.mail_message_id:
            return None
        stored = await self._messages.change(ref, lambda state: state.bounce(bounce.failure), cause)
        return ref, stored.state

    async def count(
        self, caller: Caller, start: datetime | None, end: datetime | None
    ) -> Mapping[tuple[Any, ...], int]:
        """Count messages by (category, stage, reason, stage in chat). Invalid SPAN_TOO_LONG, SPAN_EMPTY."""
        until = end or self._clock.now()
        since = start or until - USUAL_SPAN
        if since >= until:
            raise _wrong("SPAN_EMPTY", "must be after start_time")
        if until - since > LONGEST_SPAN:
            raise _wrong("SPAN_TOO_LONG", f"must be at most {LONGEST_SPAN.days} days after start_time")
        return await self._count(caller.org, (since, until))


def _wrong(reason: str, told: str) -> Invalid:
    return Invalid(reason, f"end_time {told}", fields=(("end_time", told),))
