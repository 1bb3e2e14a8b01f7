"""Follows the mentorships that meetings belong to."""

from dataclasses import replace

from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref
from services.scheduling.app.ports import Aggregates, Pairs, whole_list
from services.scheduling.domain.meetings import Pair, Stage


class Mentorships:
    """Follows the mentorships that meetings belong to."""

    def __init__(self, pairs: Pairs, kept: Aggregates, clock: Clock) -> None:
        self._pairs = pairs
        self._meetings = kept
        self._clock = clock

    async def activated(self, ref: Ref, pair: Pair, sequence: int) -> None:
        """Let the two book, or take over what they agreed anew."""
        await self._pairs.put(ref, pair, sequence)

    async def ended(self, ref: Ref, sequence: int, cause: Cause) -> None:
        """Stop booking and call off what is ahead: nobody should be told they missed it."""
        pair = await self._pairs.get(ref)
        if pair is None:
            return
        await self._pairs.put(ref, replace(pair, active=False), sequence)
        now = self._clock.now()
        where = {"mentorship": ref.id, "stage": Stage.BOOKED.value}
        for meeting, _ in await whole_list(self._meetings, ref.tenant, Query(where=where)):
            await self._meetings.change(Ref(ref.tenant, meeting), lambda state: state.drop(now), cause)
