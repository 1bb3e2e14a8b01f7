"""Single matches and the answers to them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_list
from services.matching.app.ports import BATCH, Aggregates, Wanted, oversees
from services.matching.domain.matches import Match, Misfit

_HR = "hr_admin"


class Matches:
    """Shows matches and takes answers. `names` are (program, match)."""

    def __init__(self, store: Aggregates[Match]) -> None:
        self._matches = store

    async def get(self, caller: Caller, names: tuple[str, str]) -> Versioned[Match]:
        """Return one match. NotFound unless the caller is one of the two or oversees all."""
        program, match = names
        stored = await self._matches.get(Ref(caller.org, match))
        stored.state.require_of(program)
        stored.state.require_reader(caller.subject, oversees=oversees(caller))
        return _readable(caller, stored)

    async def list(self, caller: Caller, program: str, person: str, page: Wanted) -> Page[Match]:
        """Return a page, earliest first, of one person if given; participants get their own only."""
        whose = person or ("" if oversees(caller) else caller.subject)
        if not oversees(caller) and whose != caller.subject:
            return Page((), "")
        where = {"origin.program": program} | ({"people": whose} if whose else {})
        query = Query(where=where, page_size=page.size, page_token=page.token)
        found = await self._matches.list(caller.org, query)
        return replace(found, items=[(name, _readable(caller, stored)) for name, stored in found.items])

    async def accept(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[Match]:
        """Say yes. Refusals: `Match.accept`; NotFound, Conflict."""
        decide = _in_program(names[0], lambda match: match.accept(caller.subject))
        return await self._matches.change(Ref(caller.org, names[1]), decide, cause, etag=etag)

    async def decline(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[Match]:
        """Say no. Refusals: `Match.decline`; NotFound, Conflict."""
        decide = _in_program(names[0], lambda match: match.decline(caller.subject))
        return await self._matches.change(Ref(caller.org, names[1]), decide, cause, etag=etag)

    async def rematch(
        self, caller: Caller, names: tuple[str, str], misfit: Misfit, how: tuple[str, Cause]
    ) -> Versioned[Match]:
        """End a confirmed match for the caller; `how` is (etag, cause). Refusals: `Match.rematch`."""
        etag, cause = how
        decide = _in_program(names[0], lambda match: match.rematch(caller.subject, misfit))
        stored = await self._matches.change(Ref(caller.org, names[1]), decide, cause, etag=etag)
        return _readable(caller, stored)

    async def taken(self, run: Ref, program: str, mentees: Sequence[str]) -> frozenset[str]:
        """Return which of `mentees` have a live match of the program that does not come from `run`.

        A run must not propose to them: they were matched by request after it was computed.
        """
        taken: set[str] = set()
        for start in range(0, len(mentees), BATCH):
            wanted = mentees[start : start + BATCH]
            where = {"people": {"$in": list(wanted)}, "origin.program": program}
            query = Query(where=where, page_size=BATCH)
            found = [one async for _, one in whole_list(self._matches, run.tenant, query)]
            taken.update(one.pair.mentee for one in found if one.live and one.origin.run != run.id)
        return frozenset(taken & set(mentees))

    async def ended(self, mentorship: Ref, cause: Cause, *, never_again: bool) -> None:
        """End the match whose mentorship is over; nothing happens when the match ended it."""
        query = Query(where={"origin.mentorship": mentorship.id}, page_size=1)
        for name, _ in (await self._matches.list(mentorship.tenant, query)).items:
            await self._matches.change(
                Ref(mentorship.tenant, name), lambda match: match.end(never_again=never_again), cause
            )


def _readable(caller: Caller, stored: Versioned[Match]) -> Versioned[Match]:
    return stored if _HR in caller.roles else replace(stored, state=stored.state.without_misfit())


def _in_program(program: str, decide: Decide[Match]) -> Decide[Match]:
    def decided(match: Match) -> tuple[Match, Sequence[Any]]:
        match.require_of(program)
        return decide(match)

    return decided
