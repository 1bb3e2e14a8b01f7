"""Puts together what is known of people when a time is looked for, or booked."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.kernel.clock import Clock
from services.kernel.mongo import Query, Versioned
from services.kernel.mongo.whole import whole_list
from services.scheduling.app.others import Others
from services.scheduling.app.ports import (
    Aggregates,
    Availabilities,
    KeptCalendars,
    People,
    among,
)
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.calendars import HORIZON, Calendar
from services.scheduling.domain.diary import Diary, claimed
from services.scheduling.domain.hours import Hours, Search
from services.scheduling.domain.meetings import Meeting, Stage

_WEEK: Final = timedelta(days=8)
"""A week, and a day for zones."""
_REACH: Final = timedelta(hours=8)
"""More than the longest meeting and both buffers."""
_WITHOUT: Final = ("reminders", "told", "present", "tardy", "call", "claim")

Meetings = Sequence[Meeting]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where all of it is kept."""

    meetings: Aggregates
    availabilities: Availabilities
    calendars: KeptCalendars


class Diaries:
    """Diaries of people of one tenant, in the order asked for."""

    def __init__(self, kept: Kept, people: People, clock: Clock) -> None:
        self._kept = kept
        self._others = Others(kept.calendars)
        self._people = people
        self._clock = clock

    async def searching(self, tenant: str, people: Sequence[str], search: Search) -> list[Diary]:
        """Return them for a search. NotFound, Unavailable, if weekly hours of profiles are needed."""
        own, others = await asyncio.gather(self._own(tenant, people), self._others.of(tenant, people))
        reach = _WEEK if _are_limited(own) else _REACH
        hours, meetings = await asyncio.gather(
            self._hours(tenant, people, own),
            self._meetings(tenant, people, search.start - reach, search.end + reach),
        )
        return [self._diary(Diary(one, hours[one], own.get(one)), meetings, others) for one in people]

    async def booking(
        self,
        tenant: str,
        people: Sequence[str],
        span: tuple[datetime, datetime],
        but: str,
        optional: Collection[str] = (),
    ) -> tuple[Diary, ...]:
        """Return them for meetings that start within `span`, as if there were no meeting of the id `but`.

        The `optional` of the people come if they can.
        """
        own, others = await asyncio.gather(self._own(tenant, people), self._others.of(tenant, people))
        diaries = [
            Diary(one, _binding(own.get(one)), own.get(one), optional=one in optional) for one in people
        ]
        if not own and not others and not optional:
            return tuple(diaries)  # the claims alone decide
        reach = _WEEK if _are_limited(own) else _REACH
        meetings = await self._meetings(tenant, people, span[0] - reach, span[1] + reach, but)
        return tuple(self._diary(one, meetings, others) for one in diaries)

    async def require_known(self, tenant: str, people: Sequence[str]) -> None:
        """Raise NotFound PERSON_NOT_FOUND unless all of them exist, Unavailable."""
        if people:
            await self._people.contacts(tenant, people)

    async def _own(self, tenant: str, people: Sequence[str]) -> dict[str, Availability]:
        found: Mapping[str, Versioned[Availability]] = await self._kept.availabilities.get_many(
            tenant, people
        )
        return {person: stored.state for person, stored in found.items()}

    def _diary(self, bare: Diary, meetings: Meetings, others: Sequence[Calendar]) -> Diary:
        """Write into a diary what is taken."""
        now = self._clock.now()
        mine = [one for one in meetings if bare.person in one.everybody]
        known = [one for one in others if one.person == bare.person]
        taken = [time for one in mine for time in claimed(bare.person, one.slots)]
        taken += [(busy.start, busy.end) for one in known for busy in one.busy]
        taken += [(one.until, one.until + HORIZON) for one in known]
        return replace(
            bare,
            busy=tuple(taken),
            starts=tuple(start for one in mine for start in one.starts),
            claims=frozenset(claim for one in mine for claim in one.slots),
            is_open=not any(one.is_stale(now) for one in known),
        )

    async def _hours(
        self, tenant: str, people: Sequence[str], own: Mapping[str, Availability]
    ) -> dict[str, Hours | None]:
        """Return everybody's weekly hours: their own, else those of their profile."""
        found = {person: _binding(own.get(person)) for person in people}
        asked = [person for person, hours in found.items() if hours is None]
        told = await self._people.hours(tenant, asked) if asked else ()
        return found | dict(zip(asked, told, strict=True))

    async def _meetings(
        self, tenant: str, people: Collection[str], start: datetime, end: datetime, but: str = ""
    ) -> Meetings:
        taken = {
            "stage": {"$in": [Stage.BOOKED.value, Stage.HELD.value]},
            "start": {"$lt": end, "$gt": start},
        }
        offered = {"proposal": {"$ne": None}}  # few, at any time
        either = [{**one, **which} for one in among(people) for which in (taken, offered)]
        query = Query(without=_WITHOUT, either=either)
        found = whole_list(self._kept.meetings, tenant, query)
        return [meeting async for name, meeting in found if name != but]


def _binding(own: Availability | None) -> Hours | None:
    """Return the weekly hours that a person set; None for any hour."""
    return None if own is None or own.windows is None else Hours(own.zone, own.windows)


def _are_limited(own: Mapping[str, Availability]) -> bool:
    return any(one.per_day or one.per_week for one in own.values())
