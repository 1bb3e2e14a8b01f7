"""Subscriptions of people's calendar programs to their meetings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_stored
from services.scheduling.app.ports import Aggregates, Feeds, among
from services.scheduling.domain import feeds
from services.scheduling.domain.feeds import Feed
from services.scheduling.domain.meetings import Meeting, Stage

_PAST: Final = timedelta(days=90)

Kept = tuple[Ref, Versioned[Meeting]]


class Subscriptions:
    """Opens and closes feeds, and answers them."""

    def __init__(self, kept: Feeds, meetings: Aggregates, clock: Clock) -> None:
        self._kept = kept
        self._meetings = meetings
        self._clock = clock

    async def open(self, caller: Caller, person: str, cause: Cause) -> Versioned[Feed]:
        """Return the caller's feed, opened unless it is. Denied FEED_NOT_YOURS."""
        feeds.require_own(caller.subject, person)
        ref, key = Ref(caller.org, person), ids.new_id() + ids.new_id()
        if await self._kept.get_many(caller.org, [person]):
            return await self._kept.change(ref, lambda known: feeds.open_feed(known, key), cause)
        return await self._kept.create(ref, *feeds.open_feed(None, key), cause)

    async def close(self, caller: Caller, person: str, cause: Cause) -> Versioned[Feed]:
        """Close the caller's feed. Denied FEED_NOT_YOURS, NotFound."""
        feeds.require_own(caller.subject, person)
        return await self._kept.change(Ref(caller.org, person), feeds.close_feed, cause)

    async def read(self, tenant: str, person: str, signature: str) -> Sequence[Kept]:
        """Return a person's meetings of the last 90 days and ahead to whoever has the address. NotFound."""
        stored = (await self._kept.get_many(tenant, [person])).get(person)
        if stored is None or not stored.state.accepts(tenant, person, signature):
            raise feeds.feed_not_found()
        where = {
            "stage": {"$in": [Stage.BOOKED.value, Stage.HELD.value]},
            "start": {"$gt": self._clock.now() - _PAST},
        }
        found = whole_stored(self._meetings, tenant, Query(where=where, either=among([person])))
        return [(Ref(tenant, name), one) async for name, one in found]
