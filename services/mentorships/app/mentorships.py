"""The relationships: what callers, confirmed matches and their ends make them do."""

from dataclasses import replace
from typing import Any

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import OVERSEERS, Aggregates
from services.mentorships.domain import Mentorship, Terms, begin


class Mentorships:
    """The relationships."""

    def __init__(self, mentorships: Aggregates[Mentorship]) -> None:
        self._mentorships = mentorships

    async def begin(self, ref: Ref, mentorship: Mentorship, cause: Cause) -> None:
        """Store the mentorship that a confirmed match asks for, once."""
        await self._mentorships.create(ref, *begin(mentorship), cause)

    async def finish(self, ref: Ref, cause: Cause) -> None:
        """Finish the mentorship whose match is over; nothing happens when its own end ended the match."""
        await self._mentorships.change(ref, Mentorship.finish, cause)

    async def get(self, caller: Caller, mentorship: str) -> Versioned[Mentorship]:
        """Return one mentorship; participants get their own only."""
        stored = await self._mentorships.get(Ref(caller.org, mentorship))
        if not caller.roles & OVERSEERS:
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, person: str, program: str, page: Query) -> Page[Mentorship]:
        """Return a page, narrowed to a person and a program unless empty; participants get their own only."""
        people = {person} - {""}
        if not caller.roles & OVERSEERS:
            people.add(caller.subject)
        where: dict[str, Any] = {"program": program} if program else {}
        if people:
            where["people"] = {"$all": sorted(people)}
        return await self._mentorships.list(caller.org, replace(page, where=where))

    async def propose(
        self, caller: Caller, mentorship: str, terms: Terms, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Put terms on the table."""
        return await self._mentorships.change(
            Ref(caller.org, mentorship), lambda state: state.propose(caller.subject, terms), cause, etag=etag
        )

    async def sign(
        self, caller: Caller, mentorship: str, revision: int, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Sign a revision for the caller."""
        return await self._mentorships.change(
            Ref(caller.org, mentorship), lambda state: state.sign(caller.subject, revision), cause, etag=etag
        )

    async def end(self, caller: Caller, mentorship: str, cause: Cause, *, etag: str) -> Versioned[Mentorship]:
        """Finish the relationship."""
        oversees = bool(caller.roles & OVERSEERS)
        return await self._mentorships.change(
            Ref(caller.org, mentorship),
            lambda state: state.end(caller.subject, oversees=oversees),
            cause,
            etag=etag,
        )
