"""Other calendars of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Invalid, Refused, Unavailable
from services.kernel.hands import Hands
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.singletons import put
from services.scheduling.app.ports import BusySource, KeptCalendars, Sources
from services.scheduling.domain import calendars
from services.scheduling.domain.calendars import HORIZON, Calendar, Subscription
from services.scheduling.domain.recurrence import Window

Names = tuple[str, str]
"""A calendar: (person, calendar)."""

_DAY = timedelta(days=1)
_AT_ONCE_PER_ORGANIZATION: Final = 4


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported, and how long it can be relied on."""

    source: BusySource
    valid_for: timedelta = _DAY


class Calendars:
    """Imports and forgets them. Denied CALENDAR_NOT_YOURS for those of others.

    `hands` fetch those that are due: a server may take its time, or never answer.
    """

    def __init__(self, kept: KeptCalendars, clock: Clock, sources: Sources) -> None:
        self._kept = kept
        self._clock = clock
        self.sources = sources
        self.hands = Hands(self.fetch, _AT_ONCE_PER_ORGANIZATION)

    async def take(
        self, caller: Caller, names: Names, what: Import, cause: Cause
    ) -> tuple[Versioned[Calendar], datetime]:
        """Take over what a calendar holds, in place of before; return it and now."""
        calendars.require_own(caller.subject, names[0], service=_is_service(caller))
        now, ref = self._clock.now(), ref_of(caller.org, names)
        reading = await what.source.read(_window(now))
        if reading is None:
            raise ValueError("nothing is known to be unchanged")
        new = Calendar(*names, reading.busy, now + HORIZON, now + what.valid_for)
        return await self._put(ref, new, cause), now

    async def subscribe(
        self, caller: Caller, names: Names, feed: Subscription, cause: Cause
    ) -> tuple[Versioned[Calendar], datetime]:
        """Fetch a calendar, now and again and again; return it and now. Raises as `BusySource.read`."""
        calendars.require_own(caller.subject, names[0], service=_is_service(caller))
        now, ref = self._clock.now(), ref_of(caller.org, names)
        reading = await self.sources.address(feed.url, feed.zone).read(_window(now))
        if reading is None:
            raise ValueError("nothing is known to be unchanged")
        return await self._put(ref, calendars.subscribed(names, feed, reading, now), cause), now

    async def fetch(self, ref: Ref) -> None:
        """Fetch a calendar that is due, and note how it went. What is fetched no more is left alone.

        A crash before that is noted leaves it to its timer, which runs already.
        """
        known = (await self._kept.get_many(ref.tenant, [ref.id])).get(ref.id)
        feed = known.state.feed if known else None
        if known is None or feed is None:
            return
        cause = Cause(ids.derived_id("fetch", ref.key, str(known.version)))
        now, source = self._clock.now(), self.sources.address(feed.url, feed.zone)
        try:
            async with self.hands.turn(ref.tenant):
                reading = await source.read(_window(now), known.state.known)
        except (Invalid, Refused, Unavailable) as error:
            failure = error.reason
            await self._kept.change(ref, lambda one: calendars.unfetched(one, feed.url, failure, now), cause)
            return
        await self._kept.change(ref, lambda one: calendars.fetched(one, feed.url, reading, now), cause)

    async def _put(self, ref: Ref, new: Calendar, cause: Cause) -> Versioned[Calendar]:
        return await put(self._kept, (ref, None), lambda known: calendars.imported(known, new), ("", cause))

    async def list(self, caller: Caller, person: str) -> tuple[Sequence[Versioned[Calendar]], datetime]:
        """Return the calendars of a person, and now."""
        calendars.require_own(caller.subject, person, service=_is_service(caller))
        query = Query(where={"person": person, "is_removed": False}, page_size=100)
        found = await self._kept.list(caller.org, query)
        return [stored for _, stored in found.items], self._clock.now()

    async def remove(
        self, caller: Caller, names: Names, how: tuple[str, Cause]
    ) -> tuple[Versioned[Calendar], datetime]:
        """Forget one; `how` is (etag, cause). Return it and now."""
        calendars.require_own(caller.subject, names[0], service=_is_service(caller))
        etag, cause = how
        ref = ref_of(caller.org, names)
        return await self._kept.change(ref, calendars.remove, cause, etag=etag), self._clock.now()


def _window(now: datetime) -> Window:
    return Window(now - _DAY, now + HORIZON)


def _is_service(caller: Caller) -> bool:
    return "service" in caller.roles


def ref_of(tenant: str, names: Names) -> Ref:
    """Return where a calendar is kept."""
    return Ref(tenant, ids.derived_id(tenant, "calendar", *names))
