"""What callers and events make mentorships and goals do: get, decide, save.

Mentorships and goals are named by ids; the organization is the caller's. Beside refusals of `domain`, every
method raises NotFound for what is not there and every change raises Conflict for a stale `etag`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.mentorships import domain
from services.mentorships.domain import Goal, GoalDraft, Mentorship, Terms

S = TypeVar("S")

_OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})
_GOAL_OVERSEERS = frozenset({"hr_admin"})


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        """Return those of `ids` that are there."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""


class Mentorships:
    """The relationships."""

    def __init__(self, mentorships: Aggregates[Mentorship]) -> None:
        self._mentorships = mentorships

    async def begin(self, ref: Ref, mentorship: Mentorship, cause: Cause) -> None:
        """Store the mentorship that a confirmed match asks for, once."""
        await self._mentorships.create(ref, *domain.begin(mentorship), cause)

    async def finish(self, ref: Ref, cause: Cause) -> None:
        """Finish the mentorship whose match is over; nothing happens when its own end ended the match."""
        await self._mentorships.change(ref, Mentorship.finish, cause)

    async def get(self, caller: Caller, mentorship: str) -> Versioned[Mentorship]:
        """Return one mentorship; participants get their own only."""
        stored = await self._mentorships.get(Ref(caller.org, mentorship))
        if not caller.roles & _OVERSEERS:
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, person: str, program: str, page: Query) -> Page[Mentorship]:
        """Return a page, narrowed to a person and a program unless empty; participants get their own only."""
        people = {person} - {""}
        if not caller.roles & _OVERSEERS:
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
        oversees = bool(caller.roles & _OVERSEERS)
        return await self._mentorships.change(
            Ref(caller.org, mentorship),
            lambda state: state.end(caller.subject, oversees=oversees),
            cause,
            etag=etag,
        )


class Goals:
    """What mentees want to reach."""

    def __init__(self, goals: Aggregates[Goal], mentorships: Aggregates[Mentorship], clock: Clock) -> None:
        self._goals = goals
        self._mentorships = mentorships
        self._clock = clock

    async def create(
        self, caller: Caller, mentorship: str, draft: GoalDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Goal]]:
        """Set a goal. A repeat answers what was stored, even when its mentorship has ended since."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "goal", caller.subject, cause.id))
        known = await self._goals.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._goals.create(ref, known[ref.id].state, (), cause)
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = parent.state.set_goal(mentorship, caller.subject, draft, self._clock.now())
        return ref, await self._goals.create(ref, *decision, cause)

    async def get(self, caller: Caller, mentorship: str, goal: str) -> Versioned[Goal]:
        """Return one goal of a mentorship; without its words for those who only oversee."""
        stored = await self._goals.get(Ref(caller.org, goal))
        if stored.state.mentorship != mentorship:
            raise domain.not_found()
        return _readable(caller, stored)

    async def list(self, caller: Caller, mentorship: str, page: Query) -> Page[Goal]:
        """Return a page of a mentorship's goals; without their words for those who only oversee."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        if not caller.roles & _GOAL_OVERSEERS:
            parent.state.require_reader(caller.subject)
        found = await self._goals.list(caller.org, replace(page, where={"mentorship": mentorship}))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def complete(
        self, caller: Caller, mentorship: str, goal: str, cause: Cause, *, etag: str
    ) -> Versioned[Goal]:
        """Mark a goal as reached: one read and one guarded update."""
        now = self._clock.now()
        return await self._goals.change(
            Ref(caller.org, goal),
            lambda state: state.complete(mentorship, caller.subject, now),
            cause,
            etag=etag,
        )


def _readable(caller: Caller, stored: Versioned[Goal]) -> Versioned[Goal]:
    oversees = bool(caller.roles & _GOAL_OVERSEERS)
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees))
