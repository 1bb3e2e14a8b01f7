"""Subscriptions of people's calendar programs to their meetings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.singletons import Singletons, present, put
from services.kernel.mongo.whole import whole_stored
from services.scheduling.app.ports import Aggregates, among
from services.scheduling.domain import feeds
from services.scheduling.domain.feeds import Feed
from services.scheduling.domain.meetings import Meeting, Stage

_PAST: Final = timedelta(days=90)

Kept = tuple[Ref, Versioned[Meeting]]


class Subscriptions:
    """Opens and closes feeds, and answers them."""

    def __init__(self, kept: Singletons[Feed], meetings: Aggregates, clock: Clock) -> None:
        self._kept = kept
        self._meetings = meetings
        self._clock = clock

    async def open(self, caller: Caller, person: str, cause: Cause) -> Versioned[Feed]:
        """Return the caller's feed, opened unless it is. Denied FEED_NOT_YOURS."""
        feeds.require_own(caller.subject, person)
        key, first = ids.new_id() + ids.new_id(), (Ref(caller.org, person), feeds.NEVER_OPENED)
        return await put(self._kept, first, lambda known: feeds.open_feed(known, key), ("", cause))

    async def close(self, caller: Caller, person: str, cause: Cause) -> Versioned[Feed]:
        """Close the caller's feed. Denied FEED_NOT_YOURS, NotFound."""
        feeds.require_own(caller.subject, person)
        return await self._kept.change(Ref(caller.org, person), feeds.close_feed, cause)

    async def read(self, tenant: str, person: str, signature: str) -> Sequence[Kept]:
        """Return a person's meetings of the last 90 days and ahead to whoever has the address. NotFound."""
        stored = await present(self._kept, Ref(tenant, person), feeds.NEVER_OPENED)
        if not stored.state.accepts(tenant, person, signature):
            raise feeds.feed_not_found()
        where = {
            "stage": {"$in": [Stage.BOOKED.value, Stage.HELD.value]},
            "start": {"$gt": self._clock.now() - _PAST},
        }
        found = whole_stored(self._meetings, tenant, Query(where=where, either=among([person])))
        return [(Ref(tenant, name), one) async for name, one in found]
