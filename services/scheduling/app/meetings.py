"""What callers make meetings do: get, decide, save.

The organization is the caller's. Beside refusals of `domain`, every method raises NotFound for what is not
there, and every change raises Conflict for a stale `etag`.
"""

from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.scheduling.app.ports import ALL, Aggregates, Pairs, oversees
from services.scheduling.domain import meetings
from services.scheduling.domain.meetings import Meeting, Policy, Wish


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
