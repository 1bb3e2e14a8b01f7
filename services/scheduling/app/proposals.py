"""Times that one of the two offers the other."""

from collections.abc import Sequence
from datetime import datetime

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling.app.diaries import Diaries
from services.scheduling.app.meetings import How, Names, Stores
from services.scheduling.app.settings import Policies
from services.scheduling.domain import proposals
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.proposals import Offer
from services.scheduling.domain.said import Option


class Proposals:
    """Offers, which are meetings without a time yet. Changes raise Conflict for a stale etag."""

    def __init__(self, stores: Stores, diaries: Diaries, clock: Clock, policies: Policies) -> None:
        self._meetings, self._circles = stores
        self._diaries = diaries
        self._clock = clock
        self._policies = policies

    async def propose(
        self, caller: Caller, mentorship: str, offer: Offer, cause: Cause
    ) -> tuple[Ref, Versioned[Meeting]]:
        """Offer times and hold them. Refused SLOT_TAKEN if one is taken; a repeat answers the same."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "meeting", caller.subject, cause.id))
        if known := await self._meetings.get_many(caller.org, [ref.id]):
            return ref, await self._meetings.create(ref, known[ref.id].state, (), cause)
        pair = await self._circles.pair(caller.org, mentorship)
        start, end = proposals.span(offer.wishes)
        diaries = await self._diaries.booking(caller.org, pair.people, (start, end), ref.id)
        now = self._clock.now()
        policy = await self._policies.of_circle(caller.org, pair)
        decision = proposals.propose(pair, caller.subject, offer, now, policy, diaries)
        return ref, await self._meetings.create(ref, *decision, cause)

    async def accept(self, caller: Caller, names: Names, start: datetime, how: How) -> Versioned[Meeting]:
        """Pick a time."""
        now, who = self._clock.now(), (names[0], caller.subject)
        etag, cause = how
        policy = await self._policies.of(caller.org, names[0])
        return await self._meetings.change(
            Ref(caller.org, names[1]),
            lambda one: proposals.accept(one, who, start, now, policy),
            cause,
            etag=etag,
        )

    async def offered(self, caller: Caller, names: Names) -> tuple[Versioned[Meeting], Sequence[Option]]:
        """Return a meeting and the times that the caller may pick now."""
        stored = await self._meetings.get(Ref(caller.org, names[1]))
        who = (names[0], caller.subject)
        return stored, proposals.offered(stored.state, who, self._clock.now())

    async def decline(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Decline what the other one offers."""
        now, who = self._clock.now(), (names[0], caller.subject)
        etag, cause = how
        return await self._meetings.change(
            Ref(caller.org, names[1]), lambda one: proposals.decline(one, who, now), cause, etag=etag
        )

    async def close(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Decline an offer, or take it back."""
        now, who = self._clock.now(), (names[0], caller.subject)
        etag, cause = how
        return await self._meetings.change(
            Ref(caller.org, names[1]), lambda one: proposals.close(one, who, now), cause, etag=etag
        )
