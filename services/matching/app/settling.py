"""What becomes of requests by themselves: made a match, put in line, moved up, closed.

Every method is what an own or another service's event leads to. Each may be cut off anywhere and repeated:
what was done before is found and the rest is done. Two that meet decide under the version guard of the
request, or of the mentor's seats.
"""

from collections.abc import Sequence
from typing import Any

from services.kernel import ids
from services.kernel.clock import Clock
from services.kernel.errors import Refused
from services.kernel.mongo import Cause, Query, Ref, Save
from services.kernel.mongo.whole import whole_list
from services.matching.app.enrolments import enrolment_id
from services.matching.app.pairing import Pairing, limits_of
from services.matching.app.ports import People, Stores, save_all
from services.matching.app.seats import Seats
from services.matching.domain import matches, seats
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match, Origin
from services.matching.domain.programs import Program
from services.matching.domain.requests import ANSWERABLE, OPEN, MatchRequest, Reason, Stage
from services.matching.domain.seats import Limits, Seat


class Settling:
    """Carries requests on."""

    def __init__(self, stores: Stores, people: People, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._clock = clock
        self._pairing = Pairing(stores, people, clock)
        self._seats = Seats(stores)

    async def settle(self, ref: Ref, cause: Cause) -> None:
        """Make an accepted request a match, or put it in line, or close it; others stay as they are.

        The match is stored before the request tells of it, and it names the mentee as taken: of two yeses to
        one mentee, one makes a match.
        """
        request = (await self._stores.requests.get(ref)).state
        if request.stage is not Stage.ACCEPTED:
            return
        match = match_id(ref)
        if await self._is_made(ref) or await self._made(ref, request, cause):
            await self._stores.requests.change(ref, lambda one: one.matched(match), cause)

    async def _is_made(self, ref: Ref) -> bool:
        return bool(await self._stores.matches.get_many(ref.tenant, [match_id(ref)]))

    async def _made(self, ref: Ref, request: MatchRequest, cause: Cause) -> bool:
        """Return whether the match is there; if not, the request is in line or closed."""
        couple = await self._pairing.look(ref.tenant, request.program, request.people)
        objection = couple.standing.objection()
        if objection is not None or couple.proposal is None:
            return await self._voided(ref, request, objection or Reason.LEFT_PROGRAM, cause)
        mentor, seat = Ref(ref.tenant, request.pair.mentor), Seat(match_id(ref), request.program)
        if not await self._seats.take(mentor, seat, couple.standing.limits, cause):
            await self._stores.requests.change(ref, MatchRequest.waitlist, cause)
            return False
        origin = _origin(ref, request.program, couple.standing.program)
        decision = matches.agree(origin, couple.proposal, (request.requester, request.recipient))
        own = Cause(f"match-request:{ref.id}", trace=cause.trace)
        try:
            await self._stores.matches.create(Ref(ref.tenant, seat.match), *decision, own)
        except Refused:  # the store's only one: the mentee got another match at the same moment
            return await self._voided(ref, request, Reason.MATCHED_ELSEWHERE, cause)
        return True

    async def _voided(self, ref: Ref, request: MatchRequest, reason: Reason, cause: Cause) -> bool:
        """Close an accepted request, and free the seat that an earlier try may have taken for it.

        Returns True instead when its match is there after all: the same event is being heard twice, and what
        speaks against a match is that very match.
        """
        if await self._is_made(ref):
            return True
        await self._seats.release(Ref(ref.tenant, request.pair.mentor), match_id(ref), cause)
        await self._stores.requests.change(ref, lambda one: one.void(reason), cause)
        return False

    async def review(self, ref: Ref, cause: Cause) -> None:
        """Close a request against which something speaks by now; let one that waits move up if it can.

        It is heard after a request was stored or put in line: whatever changed in the moment before has not
        seen it.
        """
        request = (await self._stores.requests.get(ref)).state
        if request.stage not in ANSWERABLE:
            return
        couple = await self._pairing.look(ref.tenant, request.program, request.people)
        if (objection := couple.standing.objection()) is not None:
            await self._stores.requests.change(ref, lambda one: one.close(objection), cause)
        elif request.stage is Stage.WAITLISTED:
            await self.move_up(ref.tenant, request.pair.mentor, cause)

    async def review_all(self, tenant: str, where: dict[str, Any], cause: Cause) -> None:
        """Review every request of these conditions that waits."""
        for name, _ in await self._waiting(tenant, where):
            await self.review(Ref(tenant, name), cause)

    async def move_up_of(self, ref: Ref, cause: Cause) -> None:
        """Move up whoever waits for the mentor of a request that is over."""
        request = (await self._stores.requests.get(ref)).state
        await self.move_up(ref.tenant, request.pair.mentor, cause)

    async def move_up_all(self, tenant: str, program: str, cause: Cause) -> None:
        """Move up whoever can after a program changed how many mentees a mentor may have."""
        where = {"program": program, "stage": Stage.WAITLISTED.value}
        query = Query(where=where)
        found = [one async for _, one in whole_list(self._stores.requests, tenant, query)]
        for mentor in sorted({one.pair.mentor for one in found}):
            await self.move_up(tenant, mentor, cause)

    async def move_up(self, tenant: str, mentor: str, cause: Cause) -> None:
        """Move up as many of a mentor's line as there are free seats, first come first."""
        where = {"people": mentor, "stage": {"$in": list(OPEN)}}
        found = [one async for one in whole_list(self._stores.requests, tenant, Query(where=where))]
        asked = [(name, one) for name, one in found if one.pair.mentor == mentor]
        line = [(name, one) for name, one in asked if one.stage is Stage.WAITLISTED]
        if not line:
            return
        limits = await self._limits(tenant, mentor, sorted({one.program for _, one in asked}))
        flying = [(name, one) for name, one in asked if one.in_flight]
        held = await self._seats.of(tenant, mentor)
        chosen = set(seats.move_up(held, limits, _seats(tenant, flying), _seats(tenant, line)))
        for name, one in line:
            if match_id(Ref(tenant, name)) in chosen:
                await self._move_up(Ref(tenant, name), one, cause)

    async def _move_up(self, ref: Ref, request: MatchRequest, cause: Cause) -> None:
        couple = await self._pairing.look(ref.tenant, request.program, request.people)
        objection, now = couple.standing.objection(), self._clock.now()
        await self._stores.requests.change(
            ref, lambda one: one.promote(now) if objection is None else one.close(objection), cause
        )

    async def _limits(self, tenant: str, mentor: str, programs: Sequence[str]) -> dict[str, Limits]:
        (member,) = await self._people.get_many(tenant, [mentor])
        found = await self._stores.programs.get_many(tenant, programs)
        return {name: limits_of(member, program.state) for name, program in found.items()}

    async def close_all(self, tenant: str, where: dict[str, Any], reason: Reason, cause: Cause) -> None:
        """Close every request of these conditions that waits; where a match is being made, that decides."""
        saves = [
            Save(Ref(tenant, name), lambda one: None if one is None else one.close(reason), cause)
            for name, _ in await self._waiting(tenant, where)
        ]
        await save_all(self._stores.requests, tenant, saves)

    async def _waiting(self, tenant: str, where: dict[str, Any]) -> list[tuple[str, MatchRequest]]:
        asked = {**where, "stage": {"$in": list(ANSWERABLE)}}
        return [one async for one in whole_list(self._stores.requests, tenant, Query(where=asked))]

    async def proposed(self, ref: Ref, cause: Cause) -> None:
        """Give a new match its seat, and close what else its mentee has asked for or been asked."""
        match = (await self._stores.matches.get(ref)).state
        if not match.live:
            return
        await self._seats.hold(ref.tenant, [(match.pair.mentor, Seat(ref.id, match.origin.program))], cause)
        where = {"people": match.pair.mentee, "program": match.origin.program}
        others = [
            Save(Ref(ref.tenant, name), _elsewhere, cause)
            for name, one in await self._waiting(ref.tenant, where)
            if one.pair.mentee == match.pair.mentee
        ]
        await save_all(self._stores.requests, ref.tenant, others)

    async def freed(self, ref: Ref, cause: Cause) -> None:
        """Free the seat of a match that was declined or has ended.

        A mentee who asked for somebody else is served before others next time, as if a run had left them out.
        """
        match = (await self._stores.matches.get(ref)).state
        if match.live:
            return
        await self._seats.release(Ref(ref.tenant, match.pair.mentor), ref.id, cause)
        if match.misfit and match.ended_by == match.pair.mentee:
            await self._prefer(ref.tenant, match, cause)

    async def _prefer(self, tenant: str, match: Match, cause: Cause) -> None:
        enrolment = enrolment_id(tenant, match.origin.program, match.ended_by)
        own = Cause(ids.derived_id(cause.id, "prefer"), trace=cause.trace)
        if await self._stores.enrolments.get_many(tenant, [enrolment]):
            await self._stores.enrolments.change(Ref(tenant, enrolment), Enrolment.missed, own)


def match_id(request: Ref) -> str:
    """Return the id of the match that a request becomes."""
    return ids.derived_id(request.tenant, "match", "request", request.id)


def _origin(request: Ref, name: str, program: Program) -> Origin:
    match = match_id(request)
    return Origin(
        program=name,
        run="",
        lead=program.lead,
        cadence_days=program.cadence_days,
        meeting_minutes=program.meeting_minutes,
        agreement=program.agreement,
        mentorship=ids.derived_id(request.tenant, "mentorship", match),
    )


def _seats(tenant: str, requests: Sequence[tuple[str, MatchRequest]]) -> list[Seat]:
    return [Seat(match_id(Ref(tenant, name)), one.program) for name, one in requests]


def _elsewhere(request: MatchRequest | None) -> tuple[MatchRequest, Sequence[Any]] | None:
    return None if request is None else request.close(Reason.MATCHED_ELSEWHERE)
