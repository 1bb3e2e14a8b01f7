"""How a program goes, counted over its mentorships a page at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound, Unavailable
from services.kernel.mongo import Query, Versioned
from services.kernel.mongo.whole import Copies, whole_copies, whole_pages, whole_stored
from services.mentorships.app.ports import Aggregates, overseen
from services.mentorships.domain import Mentorship
from services.mentorships.domain.checkins import CheckInPlan
from services.mentorships.domain.health import PairHealth
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.domain.report import Asked, Pair, Report, Tally
from services.mentorships.domain.rules import invalid

_PAGE: Final = 500
"""So many pairs are counted in one go: a few milliseconds in which the process does nothing else."""
_UNREAD: Final = ("agreement", "amendment", "earlier", "usual", "surveys")
_UNSAID: Final = ("check_ins.answer.words", "check_ins.answer.said", "check_ins.answer.changes")
"""What counting need not read, nor open."""

Found = Sequence[tuple[str, Versioned[Mentorship]]]


class Goals(Protocol):
    """The goals of all mentorships; `kernel.mongo.Aggregates` states the contract."""

    async def most_frequent(
        self, tenant: str, path: str, where: Mapping[str, Any], most: int
    ) -> Sequence[tuple[Any, int]]:
        """Return the most frequent values at a state path, with their numbers."""


class Programs(Protocol):
    """Where programs are known."""

    async def enrolled(self, tenant: str, program: str) -> int:
        """Return how many people ever took part. NotFound PROGRAM_NOT_FOUND, or Unavailable."""


class Sources(NamedTuple):
    """Where it is read from."""

    mentorships: Aggregates[Mentorship]
    check_ins: Aggregates[CheckInPlan]
    goals: Goals
    meetings: Copies[PastMeeting]
    healths: Copies[PairHealth]
    programs: Programs


class Created(NamedTuple):
    """Which mentorships: created from `start` to before `end`, None for all."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, time: datetime) -> bool:
        """Whether a time is within."""
        return (self.start is None or self.start <= time) and (self.end is None or time < self.end)

    def require_some(self) -> None:
        """Raise Invalid SPAN_EMPTY."""
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise invalid("SPAN_EMPTY", "end_time", "must be after start_time")


class Reports:
    """Reports of programs."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    async def of_program(self, caller: Caller, program: str, created: Created) -> Report:
        """Count over all its mentorships for HR, over those that they lead for others. Invalid SPAN_EMPTY.

        Who takes part is counted over the whole program, if matching can tell now.
        """
        created.require_some()
        tally = Tally(self._clock.now())
        query = Query(where=overseen(caller, program), page_size=_PAGE, without=_UNREAD)
        async for page in whole_pages(self._sources.mentorships, caller.org, query):
            found = [(key, stored) for key, stored in page if created.holds(stored.create_time)]
            if found:
                await self._count(tally, caller.org, found)
        return replace(tally.report(), enrolled=await self._enrolled(caller.org, program))

    async def _enrolled(self, tenant: str, program: str) -> int | None:
        try:
            return await self._sources.programs.enrolled(tenant, program)
        except (NotFound, Unavailable):
            return None

    async def _count(self, tally: Tally, tenant: str, found: Found) -> None:
        among = {"mentorship": {"$in": [key for key, _ in found]}}
        asked = await self._asked(tenant, among)
        past = await _by_mentorship(self._sources.meetings, tenant, among)
        healths = await _by_mentorship(self._sources.healths, tenant, among)
        for key, stored in found:
            status = next((one.status for one in healths[key]), None)
            tally.add(Pair(stored.state, asked[key], past[key], status))
        completed = {**among, "complete_time": {"$ne": None}}
        tally.goals(await self._goals(tenant, among), await self._goals(tenant, completed))

    async def _asked(self, tenant: str, among: Mapping[str, Any]) -> Mapping[str, Sequence[Asked]]:
        asked = defaultdict[str, list[Asked]](list)
        query = Query(where=among, page_size=_PAGE, without=_UNSAID)
        async for _, stored in whole_stored(self._sources.check_ins, tenant, query):
            asked[stored.state.mentorship].append(Asked(stored.create_time, stored.state))
        return asked

    async def _goals(self, tenant: str, where: Mapping[str, Any]) -> int:
        kinds = await self._sources.goals.most_frequent(tenant, "kind", where, _PAGE)
        return sum(number for _, number in kinds)


async def _by_mentorship(
    kept: Copies[Any], tenant: str, among: Mapping[str, Any]
) -> Mapping[str, Sequence[Any]]:
    found = defaultdict[str, list[Any]](list)
    async for _, copy in whole_copies(kept, tenant, Query(where=among, order="mentorship")):
        found[copy.mentorship].append(copy)
    return found
