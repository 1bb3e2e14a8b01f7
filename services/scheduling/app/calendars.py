"""Other calendars of people."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.scheduling.app.ports import KeptCalendars
from services.scheduling.domain import calendars
from services.scheduling.domain.calendars import HORIZON, Busy, Calendar
from services.scheduling.domain.recurrence import Times, Window

Names = tuple[str, str]
"""A calendar: (person, calendar)."""

Read = Callable[[Window], Sequence[Times]]
"""Reads a document for when somebody is busy within a window; it may compute for long."""

Aside = Callable[[Callable[[], Sequence[Times]]], Awaitable[Sequence[Times]]]
"""Computes beside the event loop."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported, and how long it can be relied on."""

    read: Read
    valid_for: timedelta = _DAY


class Calendars:
    """Imports and forgets them. Denied CALENDAR_NOT_YOURS for those of others."""

    def __init__(self, kept: KeptCalendars, clock: Clock, aside: Aside) -> None:
        self._kept = kept
        self._clock = clock
        self._aside = aside

    async def take(
        self, caller: Caller, names: Names, what: Import, cause: Cause
    ) -> tuple[Versioned[Calendar], datetime]:
        """Take over what a calendar holds, in place of before; return it and now."""
        calendars.require_own(caller.subject, names[0], service=_is_service(caller))
        now, ref = self._clock.now(), _ref(caller.org, names)
        until = now + HORIZON
        found = await self._aside(lambda: what.read(Window(now - _DAY, until)))
        busy = tuple(Busy(start, end) for start, end in found)
        new = Calendar(*names, busy, until, now + what.valid_for)
        if await self._kept.get_many(caller.org, [ref.id]):
            return await self._kept.change(ref, lambda known: calendars.imported(known, new), cause), now
        return await self._kept.create(ref, *calendars.imported(None, new), cause), now

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
        ref = _ref(caller.org, names)
        return await self._kept.change(ref, calendars.remove, cause, etag=etag), self._clock.now()


def _is_service(caller: Caller) -> bool:
    return "service" in caller.roles


def _ref(tenant: str, names: Names) -> Ref:
    return Ref(tenant, ids.derived_id(tenant, "calendar", *names))
