"""What callers, events and clients make meetings do: get, decide, save.

The organization is the caller's. Beside refusals of `domain`, every method raises NotFound for what is not
there, and every change raises Conflict for a stale `etag`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.scheduling.domain import hours, meetings
from services.scheduling.domain.hours import Hours, Range, Slot
from services.scheduling.domain.meetings import Meeting, Pair, Policy, Stage, Wish

ALL = "-"
"""Stands for all mentorships where a list asks for one."""

_OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})
_PAGE = 1000


class Aggregates(Protocol):
    """Where meetings are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[Meeting]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[Meeting]]:
        """Return those of `ids` that are there."""

    async def create(
        self, ref: Ref, state: Meeting, events: Sequence[Any], cause: Cause
    ) -> Versioned[Meeting]:
        """Store a new one, once per cause. Refused SLOT_TAKEN if another one claims one of its slots."""

    async def change(
        self, ref: Ref, decide: Decide[Meeting], cause: Cause, *, etag: str = ""
    ) -> Versioned[Meeting]:
        """Store what `decide` makes of one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[Meeting]:
        """Return a page."""


class Pairs(Protocol):
    """The copy of each mentorship's pair, by the mentorship's id."""

    async def get(self, ref: Ref) -> Pair | None:
        """Return one, None if no such mentorship was ever active."""

    async def put(self, ref: Ref, state: Pair, sequence: int) -> bool:
        """Store what the event numbered `sequence` tells; False when a later one was stored."""


class People(Protocol):
    """What other services know about people."""

    async def hours(self, tenant: str, people: tuple[str, str]) -> tuple[Hours, Hours]:
        """Return both people's weekly hours. NotFound, Unavailable."""


class Mentorships:
    """Follows the mentorships that meetings belong to."""

    def __init__(self, pairs: Pairs, kept: Aggregates, clock: Clock) -> None:
        self._pairs = pairs
        self._meetings = kept
        self._clock = clock

    async def activated(self, ref: Ref, pair: Pair, sequence: int) -> None:
        """Let the two book, or take over what they agreed anew."""
        await self._pairs.put(ref, pair, sequence)

    async def resumed(self, ref: Ref, sequence: int) -> None:
        """Let the two book again what they agreed before it rested."""
        pair = await self._pairs.get(ref)
        if pair is not None:
            await self._pairs.put(ref, replace(pair, active=True), sequence)

    async def stopped(self, ref: Ref, sequence: int, cause: Cause) -> None:
        """Stop booking, for good or for a rest, and call off what is ahead: nobody should miss it."""
        pair = await self._pairs.get(ref)
        if pair is None:
            return
        stored = await self._pairs.put(ref, replace(pair, active=False), sequence)
        if pair.active and not stored:
            return  # heard again, and it goes on since
        now = self._clock.now()
        where = {"mentorship": ref.id, "stage": Stage.BOOKED.value}
        for meeting, _ in await _all(self._meetings, ref.tenant, where):
            await self._meetings.change(Ref(ref.tenant, meeting), lambda state: state.drop(now), cause)


class Meetings:
    """Meetings and attendance."""

    def __init__(self, kept: Aggregates, pairs: Pairs, clock: Clock, policy: Policy) -> None:
        self._meetings = kept
        self._pairs = pairs
        self._clock = clock
        self._policy = policy

    async def book(self, caller: Caller, wish: Wish, cause: Cause) -> tuple[Ref, Versioned[Meeting]]:
        """Book a meeting. Refused SLOT_TAKEN if either person has another one then.

        A repeat answers what was stored, even when its time has passed since.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "meeting", caller.subject, cause.id))
        known = await self._meetings.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._meetings.create(ref, known[ref.id].state, (), cause)
        pair = await self._pairs.get(Ref(caller.org, wish.mentorship))
        if pair is None:
            raise meetings.not_active()
        decision = meetings.book(pair, caller.subject, wish, self._clock.now(), self._policy)
        return ref, await self._meetings.create(ref, *decision, cause)

    async def get(self, caller: Caller, mentorship: str, meeting: str) -> Versioned[Meeting]:
        """Return one meeting of a mentorship; participants get their own only."""
        stored = await self._meetings.get(Ref(caller.org, meeting))
        stored.state.require_under(mentorship)
        if not caller.roles & _OVERSEERS:
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, mentorship: str, page: Query) -> Page[Meeting]:
        """Return a page of a mentorship's meetings; participants get their own only.

        ALL is for staff: Denied STAFF_ONLY for others.
        """
        oversees = bool(caller.roles & _OVERSEERS)
        if mentorship == ALL and not oversees:
            raise Denied("STAFF_ONLY", "only staff list the meetings of all mentorships")
        where = {} if mentorship == ALL else {"mentorship": mentorship}
        if not oversees:
            where["people"] = caller.subject
        return await self._meetings.list(caller.org, replace(page, where=where))

    async def check_in(
        self, caller: Caller, mentorship: str, meeting: str, cause: Cause
    ) -> Versioned[Meeting]:
        """Say that the caller is there."""
        now = self._clock.now()
        return await self._meetings.change(
            Ref(caller.org, meeting), lambda state: state.check_in(mentorship, caller.subject, now), cause
        )

    async def cancel(
        self, caller: Caller, mentorship: str, meeting: str, cause: Cause, *, etag: str
    ) -> Versioned[Meeting]:
        """Call a meeting off."""
        now = self._clock.now()
        return await self._meetings.change(
            Ref(caller.org, meeting),
            lambda state: state.cancel(mentorship, caller.subject, now),
            cause,
            etag=etag,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Free times asked for: when a mentorship's two could meet. No length means as agreed."""

    mentorship: str
    within: Range
    length: timedelta | None = None
    page_size: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Free times, and the zones (mentor's, mentee's) to show them in."""

    slots: Sequence[Slot]
    zones: tuple[str, str]


class Availability:
    """Free times of two people."""

    def __init__(self, store: tuple[Aggregates, Pairs], people: People, clock: Clock, policy: Policy) -> None:
        self._meetings, self._pairs = store
        self._people = people
        self._clock = clock
        self._policy = policy

    async def find(self, caller: Caller, asked: Asked) -> Found:
        """Return free times of both, earliest first, from the policy's notice on.

        Refused MENTORSHIP_NOT_ACTIVE, also for callers who are neither of the two nor staff.
        """
        pair = await self._pairs.get(Ref(caller.org, asked.mentorship))
        if pair is None or not (caller.subject in pair.people or caller.roles & _OVERSEERS):
            raise meetings.not_active()
        pair.require_active()
        length = asked.length or timedelta(minutes=pair.meeting_minutes)
        earliest = self._clock.now() + self._policy.notice
        search = hours.search(asked.within, length, asked.page_size, earliest)
        both = await self._people.hours(caller.org, pair.people)
        busy = await self._busy(caller.org, pair.people, search)
        return Found(hours.free_slots(both, busy, search), (both[0].zone, both[1].zone))

    async def _busy(self, tenant: str, people: tuple[str, str], search: hours.Search) -> set[datetime]:
        where = {
            "people": {"$in": sorted(people)},
            "stage": {"$in": [Stage.BOOKED.value, Stage.HELD.value]},
            "start": {"$lt": search.end},
            "end": {"$gt": search.start},
        }
        booked = [stored.state for _, stored in await _all(self._meetings, tenant, where)]
        return {quarter for one in booked for quarter in hours.quarters_of(one.start, one.end)}


async def _all(
    kept: Aggregates, tenant: str, where: dict[str, Any]
) -> Sequence[tuple[str, Versioned[Meeting]]]:
    """Return every meeting of those conditions, page by page."""
    found: list[tuple[str, Versioned[Meeting]]] = []
    token = ""
    while True:
        page = await kept.list(tenant, Query(where=where, page_size=_PAGE, page_token=token))
        found.extend(page.items)
        token = page.next_page_token
        if not token:
            return found
