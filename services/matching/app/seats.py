"""The seats of mentors: taken, held and freed, each under the version guard of one document per mentor."""

from collections.abc import Sequence

from services.kernel import ids
from services.kernel.mongo import Cause, Query, Ref, Save
from services.kernel.mongo.whole import whole_list
from services.matching.app.ports import BATCH, Stores, save_all
from services.matching.domain import seats as domain
from services.matching.domain.seats import Limits, Seat, SeatsFreed


class Seats:
    """Gives seats to matches. Every method may be repeated under the same cause."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def of(self, tenant: str, mentor: str) -> domain.Seats:
        """Return a mentor's seats."""
        return (await self._known(tenant, [mentor]))[mentor]

    async def take(self, mentor: Ref, seat: Seat, limits: Limits, cause: Cause) -> bool:
        """Take a seat of a mentor for a match; return whether the match has one."""
        before = await self.of(mentor.tenant, mentor.id)

        def decide(known: domain.Seats | None) -> tuple[domain.Seats, list[domain.Event]]:
            return (before if known is None else known).take(seat, limits)

        save = Save(mentor, decide, _own(cause, "take", seat.match))
        await self._stores.seats.apply_many(mentor.tenant, [save])
        return (await self.of(mentor.tenant, mentor.id)).holds(seat.match)

    async def release(self, mentor: Ref, match: str, cause: Cause) -> None:
        """Free the seat of a match that is over; without one nothing changes."""
        before = await self.of(mentor.tenant, mentor.id)

        def decide(known: domain.Seats | None) -> tuple[domain.Seats, list[domain.Event]]:
            # Without a document the match held its seat by being live, and that it is not any more.
            return (before, [SeatsFreed()]) if known is None else known.release(match)

        save = Save(mentor, decide, _own(cause, "release", match))
        await self._stores.seats.apply_many(mentor.tenant, [save])

    async def hold(self, tenant: str, claims: Sequence[tuple[str, Seat]], cause: Cause) -> None:
        """Give each (mentor, seat) its seat, whatever the limits: who published the matches has decided.

        Matches that are stored and not live any more get none, so a late repeat takes no seat back.
        """
        for start in range(0, len(claims), BATCH):
            await self._hold(tenant, claims[start : start + BATCH], cause)

    async def _hold(self, tenant: str, claims: Sequence[tuple[str, Seat]], cause: Cause) -> None:
        stored = await self._stores.matches.get_many(tenant, [seat.match for _, seat in claims])
        over = {match for match, found in stored.items() if not found.state.live}
        wanted: dict[str, list[Seat]] = {}
        for mentor, seat in claims:
            if seat.match not in over:
                wanted.setdefault(mentor, []).append(seat)
        before = await self._known(tenant, list(wanted))
        saves = [_holding(Ref(tenant, one), before[one], seats, cause) for one, seats in wanted.items()]
        await save_all(self._stores.seats, tenant, saves)

    async def _known(self, tenant: str, mentors: Sequence[str]) -> dict[str, domain.Seats]:
        """Return the seats of mentors: as stored, before that as their live matches hold them."""
        stored = await self._stores.seats.get_many(tenant, mentors)
        known = {mentor: found.state for mentor, found in stored.items()}
        known |= {mentor: domain.Seats() for mentor in mentors if mentor not in stored}
        if len(stored) == len(set(mentors)):
            return known
        where = {"people": {"$in": sorted(known.keys() - stored.keys())}}
        async for name, match in whole_list(self._stores.matches, tenant, Query(where=where)):
            mentor = match.pair.mentor
            if match.live and mentor in known and mentor not in stored:
                known[mentor] = known[mentor].hold([Seat(name, match.origin.program)])[0]
        return known


def _holding(mentor: Ref, before: domain.Seats, seats: Sequence[Seat], cause: Cause) -> Save[domain.Seats]:
    def decide(known: domain.Seats | None) -> tuple[domain.Seats, list[domain.Event]]:
        return (before if known is None else known).hold(seats)

    return Save(mentor, decide, _own(cause, "hold", *(seat.match for seat in seats)))


def _own(cause: Cause, step: str, *matches: str) -> Cause:
    """Return the cause of one step, so that taking and releasing for one event are two changes."""
    return Cause(ids.derived_id(cause.id, step, *matches), trace=cause.trace)
