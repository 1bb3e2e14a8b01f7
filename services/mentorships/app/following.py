"""What becomes of relationships when matches, people and the processor's decisions change.

Every method is what an event leads to; each may be cut off anywhere and repeated, and none refuses.
"""

from typing import Final

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref, Save, Versioned
from services.kernel.mongo.whole import whole_pages
from services.mentorships.app.ports import Aggregates, Employment, Employments
from services.mentorships.domain import OPEN, Mentorship, MentorshipEvent, begin, ending

_PAGE: Final = 500

Decision = tuple[Mentorship, list[MentorshipEvent]]


class Following:
    """Follows."""

    def __init__(self, mentorships: Aggregates[Mentorship], employments: Employments, clock: Clock) -> None:
        self._mentorships = mentorships
        self._employments = employments
        self._clock = clock

    async def begin(self, ref: Ref, mentorship: Mentorship, cause: Cause) -> None:
        """Store the mentorship that a confirmed match asks for, once."""
        await self._mentorships.create(ref, *begin(mentorship), cause)

    async def finish(self, ref: Ref, cause: Cause) -> None:
        """Finish the mentorship whose match is over; nothing happens when its own end ended the match."""
        now = self._clock.now()
        await self._mentorships.change(ref, lambda state: ending.finish(state, now), cause)

    async def conclude(self, ref: Ref, cause: Cause) -> None:
        """Finish a mentorship in which nothing has happened for long, unless it rests."""
        now = self._clock.now()
        await self._mentorships.change(ref, lambda state: ending.conclude(state, now), cause)

    async def person_changed(self, person: Ref, employment: Employment, sequence: int, cause: Cause) -> None:
        """Keep whether a person has left; if so, end every open mentorship of theirs."""
        await self._employments.put(person, employment, sequence)
        if await self._has_left(person):  # as it is now: this event may be an old one, or heard again
            await self._leave(person, cause)

    async def review(self, ref: Ref, cause: Cause) -> None:
        """End a mentorship that was stored when one of its people had left: their leaving has not seen it."""
        state, now = (await self._mentorships.get(ref)).state, self._clock.now()
        left = [person for person in state.people if await self._has_left(Ref(ref.tenant, person))]
        if left:
            await self._mentorships.change(ref, lambda state: ending.leave(state, left[0], now), cause)

    async def succeed(self, ref: Ref, cause: Cause) -> None:
        """Begin what a mentorship was handed over to, if whoever did so could not."""
        await succeed(self._mentorships, ref, cause)

    async def _has_left(self, person: Ref) -> bool:
        known = await self._employments.get(person)
        return known is not None and known.left

    async def _leave(self, person: Ref, cause: Cause) -> None:
        now = self._clock.now()

        def decide(known: Mentorship | None) -> Decision | None:
            return None if known is None else ending.leave(known, person.id, now)

        # Those that are over are left out, so that a repeat after a deadline goes on where it was cut off.
        where = {"people": person.id, "stage": {"$in": list(OPEN)}}
        query = Query(where=where, page_size=_PAGE)
        async for page in whole_pages(self._mentorships, person.tenant, query):
            saves = [Save(Ref(person.tenant, key), decide, cause) for key, _ in page]
            await self._mentorships.apply_many(person.tenant, saves)


async def succeed(
    mentorships: Aggregates[Mentorship], ref: Ref, cause: Cause
) -> tuple[Ref, Versioned[Mentorship]]:
    """Begin what a mentorship was handed over to, once, whoever asks; return it."""
    before = (await mentorships.get(ref)).state
    following = Ref(ref.tenant, successor_id(ref))
    own = Cause(f"handed-over:{ref.id}", trace=cause.trace)
    return following, await mentorships.create(following, *ending.succeed(before, ref.id), own)


def successor_id(ref: Ref) -> str:
    """Return the id of the mentorship in which another mentor goes on."""
    return ids.derived_id(ref.tenant, "mentorship", "handed-over", ref.id)
