"""When people can meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Ref, Versioned
from services.kernel.mongo.singletons import Singletons, present, put
from services.scheduling.app.circles import Circles
from services.scheduling.app.diaries import Diaries
from services.scheduling.app.ports import oversees
from services.scheduling.domain import availability, hours
from services.scheduling.domain.groups import Group
from services.scheduling.domain.hours import Range, Slot
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.slots import free_slots, missing

_HR = frozenset({"hr_admin", "service"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Free times asked for: when those of a parent, and `guests`, could meet. No length means as agreed."""

    parent: str
    within: Range
    length: timedelta | None = None
    page_size: int = 0
    guests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Free times, the zones (mentor's, mentee's) to show them in, and who has none for now.

    Of a group it is the first mentor's zone alone, and `missing` says of each time which members are busy.
    """

    slots: Sequence[Slot]
    zones: tuple[str, ...]
    closed: tuple[str, ...] = ()
    missing: Sequence[Sequence[str]] = ()


class Free:
    """Free times of several people."""

    def __init__(self, circles: Circles, diaries: Diaries, clock: Clock, policy: Policy) -> None:
        self._circles = circles
        self._diaries = diaries
        self._clock = clock
        self._policy = policy

    async def find(self, caller: Caller, asked: Asked) -> Found:
        """Return free times of all, earliest first, from the policy's notice on.

        Of a group: of its mentors. Raises as `Circles.get`, Refused GROUP_OVER, Denied NOT_A_MENTOR. Who
        neither takes part nor is staff is told the same as of what is not there.
        """
        circle = await self._circles.get(caller.org, asked.parent)
        if not oversees(caller):
            circle.require_searcher(caller.subject)
        circle.require_active()
        length = asked.length or timedelta(minutes=circle.meeting_minutes)
        now = self._clock.now()
        search = hours.search(asked.within, length, asked.page_size, now + self._policy.notice)
        people = tuple(dict.fromkeys((*circle.people, *asked.guests)))
        diaries = await self._diaries.searching(caller.org, people, search)
        zones = tuple(diary.zone.key for diary in diaries)
        closed = tuple(diary.person for diary in diaries if not diary.is_open)
        slots = free_slots(diaries, search, now)
        if not isinstance(circle, Group):
            return Found(slots, zones[:2], closed)
        members = await self._diaries.searching(caller.org, circle.members, search)
        return Found(slots, zones[:1], closed, missing(slots, members, search, now))


class Availability:
    """What people set for themselves."""

    def __init__(self, kept: Singletons[availability.Availability]) -> None:
        self._kept = kept

    async def get(self, caller: Caller, person: str) -> Versioned[availability.Availability]:
        """Return what a person set. NotFound unless it is the caller, or they are staff."""
        if caller.subject != person and not oversees(caller):
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        return await present(self._kept, Ref(caller.org, person), availability.NOTHING_SET)

    async def update(
        self, caller: Caller, person: str, changes: dict[str, Any], how: tuple[str, Cause]
    ) -> Versioned[availability.Availability]:
        """Set some of it; `how` is (etag, cause). Denied AVAILABILITY_NOT_YOURS, Invalid, Conflict."""
        availability.require_own(caller.subject, person, hr=bool(caller.roles & _HR))
        first = Ref(caller.org, person), availability.NOTHING_SET
        return await put(self._kept, first, lambda known: availability.update(known, changes), how)
