"""Blocks, and what they do to mentorships. What events lead to may be cut off anywhere and repeated."""

from dataclasses import replace
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.mentorships.app.once import when_new
from services.mentorships.app.ports import Aggregates
from services.mentorships.domain import OPEN, Mentorship, MentorshipEvent
from services.mentorships.domain import blocks as domain
from services.mentorships.domain.blocks import Block

_PAGE: Final = 1000
"""More mentorships than two people share."""


class Blocks:
    """Who keeps away from whom."""

    def __init__(self, blocks: Aggregates[Block], mentorships: Aggregates[Mentorship], clock: Clock) -> None:
        self._blocks = blocks
        self._mentorships = mentorships
        self._clock = clock

    async def block(self, caller: Caller, person: str, cause: Cause) -> tuple[Ref, Versioned[Block]]:
        """Keep the caller away from a person; a second time changes nothing. Invalid SAME_PERSON."""
        ref = await self.separate(caller.org, (caller.subject, person), cause)
        return ref, await self._blocks.get(ref)

    async def separate(self, tenant: str, people: tuple[str, str], cause: Cause) -> Ref:
        """Keep the first of two people away from the second, if that is not so already."""
        ref = _ref(tenant, *people)
        await self._blocks.apply_many(tenant, [Save(ref, when_new(domain.block(*people)), cause)])
        return ref

    async def list(self, caller: Caller, page: Query) -> Page[Block]:
        """Return a page of whom the caller has blocked, latest first."""
        where = {"blocker": caller.subject}
        return await self._blocks.list(caller.org, replace(page, where=where, order="-create_time"))

    async def enforce(self, ref: Ref, cause: Cause) -> None:
        """End what the two of a block share."""
        people = (await self._blocks.get(ref)).state.people
        where = {"people": {"$all": sorted(people)}, "stage": {"$in": list(OPEN)}}
        page = await self._mentorships.list(ref.tenant, Query(where=where, page_size=_PAGE))
        for key, _ in page.items:
            await self._end(Ref(ref.tenant, key), cause)

    async def review(self, mentorship: Ref, cause: Cause) -> None:
        """End a mentorship that was made though one of the two blocks the other."""
        mentor, mentee = (await self._mentorships.get(mentorship)).state.people
        between = [_ref(mentorship.tenant, *pair).id for pair in ((mentor, mentee), (mentee, mentor))]
        if await self._blocks.get_many(mentorship.tenant, between):
            await self._end(mentorship, cause)

    async def _end(self, mentorship: Ref, cause: Cause) -> None:
        now = self._clock.now()

        def decide(state: Mentorship) -> tuple[Mentorship, list[MentorshipEvent]]:
            return domain.separate(state, now)

        await self._mentorships.change(mentorship, decide, cause)


def _ref(tenant: str, blocker: str, blocked: str) -> Ref:
    return Ref(tenant, ids.derived_id(tenant, "block", blocker, blocked))
