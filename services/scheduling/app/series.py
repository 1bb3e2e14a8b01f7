"""Series of meetings: each one is booked, moved and called off by itself as well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.scheduling.app.meetings import Meetings, Names, Stores
from services.scheduling.app.ports import whole_list
from services.scheduling.domain import meetings
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.meetings import Meeting, Pair, Stage
from services.scheduling.domain.series import Rhythm
from services.scheduling.domain.told import Reason

Kept = tuple[Ref, Versioned[Meeting]]


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a series: the meetings, and which times were left out for which reason."""

    meetings: Sequence[Kept]
    skipped: Sequence[tuple[datetime, str]]


class Series:
    """Books and calls off several meetings, each with a cause of its own."""

    def __init__(self, stores: Stores, each: Meetings, clock: Clock) -> None:
        self._meetings, self._pairs = stores
        self._each = each
        self._clock = clock

    async def book(
        self, caller: Caller, mentorship: str, rhythm: Callable[[Pair], Rhythm], cause: Cause
    ) -> Booked:
        """Book what can be had of a rhythm, which hangs on what the two agreed.

        Raises Refused and Invalid as `Meetings.book` for the first meeting, as a series begins with it.
        """
        pair = await self._pairs.get(Ref(caller.org, mentorship))
        if pair is None:
            raise meetings.not_active()
        wanted = rhythm(pair)
        name = ids.derived_id(caller.org, "series", caller.subject, cause.id)
        booked: list[Kept] = []
        skipped: list[tuple[datetime, str]] = []
        for place, start in enumerate(wanted.starts()):
            wish = Wish(mentorship, start, start + wanted.length, series=name)
            try:
                booked.append(await self._each.book(caller, wish, _part(cause, place)))
            except (Refused, Invalid, Conflict) as refusal:
                if not booked:
                    raise
                skipped.append((start, refusal.reason))
        return Booked(booked, skipped)

    async def cancel(self, caller: Caller, names: Names, reason: Reason, cause: Cause) -> list[Kept]:
        """Call off a meeting and those of its series that come after it and are still ahead; return those."""
        from_ = (await self._each.get(caller, names)).state
        if not from_.series:
            raise NotFound("NO_SERIES", "this meeting is not one of a series")
        where = {"mentorship": names[0], "people": caller.subject, "series": from_.series}
        found = await whole_list(self._meetings, caller.org, Query(where=where))
        now = self._clock.now()
        ahead = [
            name
            for name, stored in sorted(found, key=lambda one: one[1].state.start)
            if stored.state.start >= from_.start and stored.state.stage is Stage.BOOKED
            if now < stored.state.start
        ]
        how = replace(cause, id=f"{cause.id}/series")
        return [
            (Ref(caller.org, name), await self._each.cancel(caller, (names[0], name), reason, ("", how)))
            for name in ahead
        ]


def _part(cause: Cause, place: int) -> Cause:
    return replace(cause, id=f"{cause.id}/{place}")
