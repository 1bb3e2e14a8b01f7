"""Requests between people: asked and answered by the two of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_list
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores, Wanted, oversees
from services.matching.app.seats import Seats
from services.matching.domain import asking
from services.matching.domain.asking import Standing, Wish
from services.matching.domain.requests import OPEN, MatchRequest, Stage

Names = tuple[str, str]
"""A request: (program, request)."""

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""

Decision = tuple[MatchRequest, Sequence[Any]]
Act = Callable[[MatchRequest, str, datetime], Decision]
"""What a person does to a request at a time."""

_TRIES: Final = 8
"""Each lost race means that another request of the same two or of the requester was stored meanwhile."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which requests of a program: from or to a person, in a stage; "" and None: whichever."""

    program: str
    person: str = ""
    stage: Stage | None = None


class Requests:
    """What the two may do; times are the platform's. Refusals of changes are those of `MatchRequest`."""

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
        standing.require(wish.requester, wish.pair, self._clock.now().date())
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
        found = [one async for _, one in whole_list(self._stores.requests, tenant, Query(where=where))]
        return [one for one in found if one.requester == wish.requester or one.people == wish.people]

    async def get(self, caller: Caller, names: Names) -> Versioned[MatchRequest]:
        """Return one request, its words for the two only. NotFound unless one of them or overseeing all."""
        program, request = names
        stored = await self._stores.requests.get(Ref(caller.org, request))
        stored.state.require_of(program)
        return _readable(caller, stored)

    async def list(self, caller: Caller, asked: Selection, page: Wanted) -> Page[MatchRequest]:
        """Return a page, earliest first; participants get their own only."""
        whose = {asked.person} - {""}
        if not oversees(caller):
            whose.add(caller.subject)
        where: dict[str, Any] = {"program": asked.program}
        if whose:
            where["people"] = {"$all": sorted(whose)}
        if asked.stage is not None:
            where["stage"] = asked.stage.value
        query = Query(where=where, page_size=page.size, page_token=page.token)
        found = await self._stores.requests.list(caller.org, query)
        return replace(found, items=[(name, _readable(caller, stored)) for name, stored in found.items])

    async def accept(self, caller: Caller, names: Names, how: How) -> Versioned[MatchRequest]:
        """Say yes; the match is made when the event of it is heard."""
        return await self._change(caller, names, MatchRequest.accept, how)

    async def decline(self, caller: Caller, names: Names, how: How) -> Versioned[MatchRequest]:
        """Say no."""
        return await self._change(caller, names, MatchRequest.decline, how)

    async def withdraw(self, caller: Caller, names: Names, how: How) -> Versioned[MatchRequest]:
        """Take it back."""
        return await self._change(caller, names, MatchRequest.withdraw, how)

    async def remind(self, caller: Caller, names: Names, how: How) -> Versioned[MatchRequest]:
        """Remind the person asked."""
        return await self._change(caller, names, MatchRequest.remind, how)

    async def ask_more(
        self, caller: Caller, names: Names, question: str, how: How
    ) -> Versioned[MatchRequest]:
        """Ask the requester something."""
        return await self._change(
            caller, names, lambda one, person, now: one.ask_more(person, question, now), how
        )

    async def tell_more(self, caller: Caller, names: Names, answer: str, how: How) -> Versioned[MatchRequest]:
        """Answer the question."""
        return await self._change(
            caller, names, lambda one, person, now: one.tell_more(person, answer, now), how
        )

    async def _change(self, caller: Caller, names: Names, act: Act, how: How) -> Versioned[MatchRequest]:
        program, request = names
        etag, cause = how
        now = self._clock.now()

        def decide(state: MatchRequest) -> Decision:
            state.require_of(program)
            return act(state, caller.subject, now)

        return await self._stores.requests.change(Ref(caller.org, request), decide, cause, etag=etag)


def _readable(caller: Caller, stored: Versioned[MatchRequest]) -> Versioned[MatchRequest]:
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees(caller)))
