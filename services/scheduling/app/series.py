"""Series of meetings: each one is booked, moved and called off by itself as well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_list
from services.scheduling.app.meetings import Meetings, Names, Stores
from services.scheduling.app.ports import among
from services.scheduling.domain.booking import Circle, Wish
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.parents import under
from services.scheduling.domain.series import Rhythm
from services.scheduling.domain.told import Reason

Kept = tuple[Ref, Versioned[Meeting]]


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a series: the meetings, and which times were left out for which reason."""

    meetings: Sequence[Kept]
    skipped: Sequence[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a series that was moved: the meetings, and (id, reason) of those that stay."""

    meetings: Sequence[Kept]
    kept: Sequence[tuple[str, str]]


class Scope(StrEnum):
    """Which meetings of a series are meant: one and those after it, or all that are ahead."""

    FOLLOWING = "FOLLOWING"
    ALL = "ALL"


class Series:
    """Books and calls off several meetings, each with a cause of its own."""

    def __init__(self, stores: Stores, each: Meetings, clock: Clock) -> None:
        self._meetings, self._circles = stores
        self._each = each
        self._clock = clock

    async def book(
        self, caller: Caller, parent: str, rhythm: Callable[[Circle], Rhythm], cause: Cause
    ) -> Booked:
        """Book what can be had of a rhythm, which hangs on what the two, or the group, agreed.

        Raises Refused and Invalid as `Meetings.book` for the first meeting, as a series begins with it.
        """
        wanted = rhythm(await self._circles.get(caller.org, parent))
        name = ids.derived_id(caller.org, "series", caller.subject, cause.id)
        booked: list[Kept] = []
        skipped: list[tuple[datetime, str]] = []
        for place, start in enumerate(wanted.starts()):
            end = start + wanted.length
            wish = Wish(parent, start, end, series=name, recurrence=wanted.recurrence)
            try:
                booked.append(await self._each.book(caller, wish, _part(cause, place)))
            except (Refused, Invalid, Conflict) as refusal:
                if not booked:
                    raise
                skipped.append((start, refusal.reason))
        told = replace(cause, id=f"{cause.id}/announced")
        first = booked[0][0]
        booked[0] = first, await self._meetings.change(first, Meeting.announce, told)
        return Booked(booked, skipped)

    async def move(self, caller: Caller, names: Names, start: datetime, scope: Scope, cause: Cause) -> Moved:
        """Move a meeting to `start`, and others of its series by as much on the wall clock.

        The one named moves last, so that a repeat after a crash still sees how far. NotFound NO_SERIES.
        """
        from_ = (await self._each.get(caller, names)).state
        recurrence = from_.recurrence
        if recurrence is None:
            raise no_series()
        by = recurrence.between(from_.start, start)
        since = from_.start if scope is Scope.FOLLOWING else self._clock.now()
        ahead = await self._ahead(caller, names[0], from_.series, since)
        ordered = sorted(ahead, reverse=by > timedelta(0), key=lambda name: ahead[name])
        moved: list[Kept] = []
        kept: list[tuple[str, str]] = []
        for name in sorted(ordered, key=lambda one: one == names[1]):
            how = "", replace(cause, id=f"{cause.id}/series")

            def times(known: Meeting) -> Wish:
                later = recurrence.later(known.start, by)
                return Wish(names[0], later, later + (known.end - known.start))

            try:
                one = await self._each.move(caller, (names[0], name), times, how)
            except (Refused, Invalid, Conflict) as refusal:
                kept.append((name, refusal.reason))
            else:
                moved.append((Ref(caller.org, name), one))
        return Moved(sorted(moved, key=lambda one: one[1].state.start), kept)

    async def _ahead(self, caller: Caller, parent: str, series: str, since: datetime) -> dict[str, datetime]:
        """Return when meetings of a series start that are ahead, from `since` on, by their ids."""
        query = Query(where={**under(parent), "series": series}, either=among([caller.subject]))
        found = whole_list(self._meetings, caller.org, query)
        now = self._clock.now()
        starts = {name: one.start async for name, one in found if one.stage is Stage.BOOKED}
        return {name: start for name, start in starts.items() if start >= since and start > now}

    async def cancel(self, caller: Caller, names: Names, reason: Reason, cause: Cause) -> list[Kept]:
        """Call off a meeting and those of its series that come after it and are still ahead; return those."""
        from_ = (await self._each.get(caller, names)).state
        if not from_.series:
            raise no_series()
        ahead = await self._ahead(caller, names[0], from_.series, from_.start)
        how = replace(cause, id=f"{cause.id}/series")
        return [
            (Ref(caller.org, name), await self._each.cancel(caller, (names[0], name), reason, ("", how)))
            for name in sorted(ahead, key=lambda name: ahead[name])
        ]


def no_series() -> NotFound:
    """Return the answer for meetings that are none of a series, or of one that was booked long ago."""
    return NotFound("NO_SERIES", "this meeting is not one of a series")


def _part(cause: Cause, place: int) -> Cause:
    return replace(cause, id=f"{cause.id}/{place}")
