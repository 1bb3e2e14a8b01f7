"""Follows the mentorships and groups that meetings belong to."""

from dataclasses import replace

from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref
from services.kernel.mongo.whole import whole_list
from services.scheduling.app import ports
from services.scheduling.app.meetings import Meetings
from services.scheduling.app.ports import Aggregates, Pairs
from services.scheduling.domain.groups import Following, Group
from services.scheduling.domain.meetings import Pair, Stage
from services.scheduling.domain.parents import in_group, under
from services.scheduling.domain.told import Reason


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

    async def stopped(self, ref: Ref, reason: Reason, sequence: int, cause: Cause) -> None:
        """Stop booking, for good or for a rest, and call off what is ahead: nobody should miss it."""
        pair = await self._pairs.get(ref)
        if pair is None:
            return
        stored = await self._pairs.put(ref, replace(pair, active=False), sequence)
        if pair.active and not stored:
            return  # heard again, and it goes on since
        now = self._clock.now()
        where = {"mentorship": ref.id, "stage": {"$in": [Stage.BOOKED.value, Stage.PROPOSED.value]}}
        async for meeting, _ in whole_list(self._meetings, ref.tenant, Query(where=where)):
            await self._meetings.change(
                Ref(ref.tenant, meeting), lambda state: state.drop(now, reason), cause
            )


class Groups:
    """Follows the groups that meetings belong to."""

    def __init__(self, groups: ports.Groups, each: Meetings, kept: Aggregates, clock: Clock) -> None:
        self._groups = groups
        self._each = each
        self._meetings = kept
        self._clock = clock

    async def changed(self, ref: Ref, group: Group, sequence: int, cause: Cause) -> None:
        """Take over who is in it, and invite anew to what is ahead."""
        await self._groups.put(ref, group, sequence)
        await self._follow(ref, cause)

    async def stopped(self, ref: Ref, sequence: int, cause: Cause) -> None:
        """Stop booking, and call off what is ahead."""
        group = await self._groups.get(ref)
        if group is not None:
            await self._groups.put(ref, replace(group, active=False), sequence)
            await self._follow(ref, cause)

    async def _follow(self, ref: Ref, cause: Cause) -> None:
        """Let its meetings follow what is known by now, also when that was stored before a crash."""
        group = await self._groups.get(ref)
        if group is None:
            return
        where = {
            **under(in_group(ref.id)),
            "stage": Stage.BOOKED.value,
            "start": {"$gt": self._clock.now()},
        }
        found = [one async for one in whole_list(self._meetings, ref.tenant, Query(where=where))]
        found.sort(key=lambda one: one[1].start, reverse=True)
        # The first of a series tells of all of it, so it follows when the others have.
        telling = {state.series: meeting for meeting, state in found}
        for meeting, state in found:
            how = Following(told_of_series=bool(state.series) and telling[state.series] != meeting)
            await self._each.follow(Ref(ref.tenant, meeting), group, how, cause)
