"""What callers make meetings do: get, decide, save.

The organization is the caller's. Beside refusals of `domain`, every method raises NotFound for what is not
there, and every change raises Conflict for a stale `etag`.
"""

from collections.abc import Callable
from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.scheduling.app.ports import ALL, Aggregates, Pairs, oversees
from services.scheduling.domain import attendance, booking, meetings
from services.scheduling.domain.attendance import Said
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.meetings import Decision, Meeting, Pair
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.told import Reason

Names = tuple[str, str]
"""A meeting: (mentorship, meeting)."""

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""

NewTimes = Callable[[Meeting], Wish]
"""When a meeting shall be, from when it is."""


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
        now = self._clock.now()
        return await self._created(
            caller, wish, lambda pair: booking.book(pair, caller.subject, wish, now, self._policy), cause
        )

    async def log(self, caller: Caller, wish: Wish, cause: Cause) -> tuple[Ref, Versioned[Meeting]]:
        """Tell of a meeting that took place elsewhere. Refused SLOT_TAKEN if either had another one then."""
        now = self._clock.now()
        return await self._created(
            caller, wish, lambda pair: attendance.log(pair, caller.subject, wish, now, self._policy), cause
        )

    async def get(self, caller: Caller, names: Names) -> Versioned[Meeting]:
        """Return one meeting of a mentorship; participants get their own only."""
        stored = await self._meetings.get(Ref(caller.org, names[1]))
        stored.state.require_under(names[0])
        if not oversees(caller):
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, mentorship: str, page: Query) -> Page[Meeting]:
        """Return a page of a mentorship's meetings; participants get their own only.

        ALL is for staff: Denied STAFF_ONLY for others.
        """
        staff = oversees(caller)
        if mentorship == ALL and not staff:
            raise Denied("STAFF_ONLY", "only staff list the meetings of all mentorships")
        where = {} if mentorship == ALL else {"mentorship": mentorship}
        if not staff:
            where["people"] = caller.subject
        return await self._meetings.list(caller.org, replace(page, where=where))

    async def move(self, caller: Caller, names: Names, times: NewTimes, how: How) -> Versioned[Meeting]:
        """Give a meeting another time, on both calendars at once. Refused SLOT_TAKEN."""
        now = self._clock.now()
        return await self._change(
            caller, names, lambda one: booking.move(one, caller.subject, times(one), now, self._policy), how
        )

    async def check_in(self, caller: Caller, names: Names, cause: Cause) -> Versioned[Meeting]:
        """Say that the caller is there."""
        now = self._clock.now()
        return await self._change(
            caller, names, lambda one: one.check_in(names[0], caller.subject, now), ("", cause)
        )

    async def cancel(self, caller: Caller, names: Names, reason: Reason, how: How) -> Versioned[Meeting]:
        """Call a meeting off."""
        now = self._clock.now()
        return await self._change(
            caller, names, lambda one: one.cancel(names[0], caller.subject, now, reason), how
        )

    async def give_notice(self, caller: Caller, names: Names, said: Said, how: How) -> Versioned[Meeting]:
        """Say that the caller comes late or not."""
        now, who = self._clock.now(), (names[0], caller.subject)
        return await self._change(
            caller, names, lambda one: attendance.give_notice(one, who, said, now, self._policy), how
        )

    async def dispute(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Say that a missed meeting was held."""
        now, who = self._clock.now(), (names[0], caller.subject)
        return await self._change(
            caller, names, lambda one: attendance.dispute(one, who, now, self._policy), how
        )

    async def confirm(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Agree that a meeting took place."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.confirm(one, who), how)

    async def reject(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Disagree."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.reject(one, who), how)

    async def withdraw(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Take a claim back."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.withdraw(one, who), how)

    async def _created(
        self, caller: Caller, wish: Wish, decide: Callable[[Pair], Decision], cause: Cause
    ) -> tuple[Ref, Versioned[Meeting]]:
        ref = Ref(caller.org, ids.derived_id(caller.org, "meeting", caller.subject, cause.id))
        known = await self._meetings.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._meetings.create(ref, known[ref.id].state, (), cause)
        pair = await self._pairs.get(Ref(caller.org, wish.mentorship))
        if pair is None:
            raise meetings.not_active()
        return ref, await self._meetings.create(ref, *decide(pair), cause)

    async def _change(
        self, caller: Caller, names: Names, decide: Callable[[Meeting], Decision], how: How
    ) -> Versioned[Meeting]:
        etag, cause = how
        return await self._meetings.change(Ref(caller.org, names[1]), decide, cause, etag=etag)
