"""Forgets when an erased person could be met. Meetings stay: they hold ids only, and are also others'."""

from contextlib import suppress

from services.kernel import ids
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Query, Ref
from services.kernel.privacy.erasing import Erasure
from services.scheduling.app.ports import Availabilities, Feeds, KeptCalendars
from services.scheduling.domain import availability, calendars, feeds


class Forgetting:
    """All that a person set or brought."""

    def __init__(self, own: Availabilities, others: KeptCalendars, kept: Feeds) -> None:
        self._own = own
        self._others = others
        self._feeds = kept

    async def forget(self, erasure: Erasure, cause: Cause) -> None:
        """Empty a person's availability and other calendars, and let their feed's address be dead."""
        person = erasure.person
        with suppress(NotFound):  # the person never set one
            await self._own.change(person, availability.forget, cause)
        with suppress(NotFound):
            await self._feeds.change(person, feeds.close_feed, cause)
        query = Query(where={"person": person.id, "is_removed": False}, page_size=100)
        for calendar, _ in (await self._others.list(person.tenant, query)).items:
            own = Cause(ids.derived_id(cause.id, calendar), trace=cause.trace)
            await self._others.change(Ref(person.tenant, calendar), calendars.remove, own)
