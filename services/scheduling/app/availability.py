"""When people can meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Ref
from services.scheduling.app.ports import Aggregates, Pairs, People, oversees, whole_list
from services.scheduling.domain import hours, meetings
from services.scheduling.domain.hours import Range, Slot
from services.scheduling.domain.meetings import Stage
from services.scheduling.domain.policy import Policy


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
        if pair is None or not (caller.subject in pair.people or oversees(caller)):
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
        booked = [stored.state for _, stored in await whole_list(self._meetings, tenant, where)]
        return {quarter for one in booked for quarter in hours.quarters_of(one.start, one.end)}
