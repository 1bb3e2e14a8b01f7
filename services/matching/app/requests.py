"""Requests between people: asked and answered by the two of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Refused
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores, Wanted, oversees, whole_list
from services.matching.app.seats import Seats
from services.matching.domain import asking
from services.matching.domain.asking import Standing, Wish
from services.matching.domain.requests import OPEN, MatchRequest

_TRIES: Final = 8
"""Each lost race means that another request of the same two or of the requester was stored meanwhile."""
_PAGE = 1000


class Requests:
    """What the two may do. `names` are (program, request); times are the platform's."""

    def __init__(self, stores: Stores, pairing: Pairing, seats: Seats, clock: Clock) -> None:
        self._stores = stores
        self._pairing = pairing
        self._seats = seats
        self._clock = clock

    async def create(self, caller: Caller, wish: Wish, cause: Cause) -> tuple[Ref, Versioned[MatchRequest]]:
        """Ask. A repeat answers what was stored, whatever has happened since.

        NotFound, Unavailable, Conflict; refusals: `Standing.require` and `asking.ask`.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "match-request", wish.requester, cause.id))
        known = await self._stores.requests.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._stores.requests.create(ref, known[ref.id].state, (), cause)
        standing = (await self._pairing.look(caller.org, wish.program, wish.people)).standing
        standing.require(wish.requester, wish.pair)
        for _ in range(_TRIES):
            stored = await self._asked(ref, wish, standing, cause)
            if stored is not None:
                return ref, stored
        raise Conflict("REQUESTS_RACED", "other requests were faster; try again")

    async def _asked(
        self, ref: Ref, wish: Wish, standing: Standing, cause: Cause
    ) -> Versioned[MatchRequest] | None:
        """Ask once; None when a request stored meanwhile has the same claim."""
        open_now = await self._open(ref.tenant, wish)
        seats = await self._seats.of(ref.tenant, wish.pair.mentor)
        waits = not seats.has_room(wish.program, standing.limits)
        rules = standing.program.requests
        decision = asking.ask(wish, rules, open_now, self._clock.now(), waits=waits)
        try:
            return await self._stores.requests.create(ref, *decision, cause)
        except Refused:  # the store's only one: a claim is taken
            return None

    async def _open(self, tenant: str, wish: Wish) -> list[MatchRequest]:
        """Return the open requests of the requester and of the pair."""
        where = {"people": wish.requester, "program": wish.program, "stage": {"$in": list(OPEN)}}
        found = [
            one
            async for _, one in whole_list(self._stores.requests, tenant, Query(where=where, page_size=_PAGE))
        ]
        return [one for one in found if one.requester == wish.requester or one.people == wish.people]

    async def get(self, caller: Caller, names: tuple[str, str]) -> Versioned[MatchRequest]:
        """Return one request, its words for the two only. NotFound unless one of them or overseeing all."""
        program, request = names
        stored = await self._stores.requests.get(Ref(caller.org, request))
        stored.state.require_of(program)
        return _readable(caller, stored)

    async def list(self, caller: Caller, where: dict[str, str], page: Wanted) -> Page[MatchRequest]:
        """Return a page, earliest first; `where` has a program, and a person and a stage if asked for.

        Participants get their own only.
        """
        whose = {where["people"]} if "people" in where else set()
        if not oversees(caller):
            whose.add(caller.subject)
        asked: dict[str, Any] = {**where, **({"people": {"$all": sorted(whose)}} if whose else {})}
        query = Query(where=asked, page_size=page.size, page_token=page.token)
        found = await self._stores.requests.list(caller.org, query)
        return replace(found, items=[(name, _readable(caller, stored)) for name, stored in found.items])

    async def accept(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[MatchRequest]:
        """Say yes; the match is made when the event of it is heard."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.accept(caller.subject, now), (etag, cause))

    async def decline(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[MatchRequest]:
        """Say no."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.decline(caller.subject, now), (etag, cause))

    async def withdraw(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[MatchRequest]:
        """Take it back."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.withdraw(caller.subject, now), (etag, cause))

    async def remind(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[MatchRequest]:
        """Remind the person asked."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.remind(caller.subject, now), (etag, cause))

    async def ask_more(
        self, caller: Caller, names: tuple[str, str], question: str, how: tuple[str, Cause]
    ) -> Versioned[MatchRequest]:
        """Ask the requester something; `how` is (etag, cause)."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.ask_more(caller.subject, question, now), how)

    async def tell_more(
        self, caller: Caller, names: tuple[str, str], answer: str, how: tuple[str, Cause]
    ) -> Versioned[MatchRequest]:
        """Answer the question; `how` is (etag, cause)."""
        now = self._clock.now()
        return await self._change(caller, names, lambda one: one.tell_more(caller.subject, answer, now), how)

    async def _change(
        self, caller: Caller, names: tuple[str, str], decide: Decide[MatchRequest], how: tuple[str, Cause]
    ) -> Versioned[MatchRequest]:
        program, request = names
        etag, cause = how

        def decided(state: MatchRequest) -> tuple[MatchRequest, Sequence[Any]]:
            state.require_of(program)
            return decide(state)

        return await self._stores.requests.change(Ref(caller.org, request), decided, cause, etag=etag)


def _readable(caller: Caller, stored: Versioned[MatchRequest]) -> Versioned[MatchRequest]:
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees(caller)))
