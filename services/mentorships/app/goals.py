"""What mentees want to reach, in words for the two of a pair only."""

from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships import domain
from services.mentorships.app.ports import Aggregates
from services.mentorships.domain import Goal, GoalDraft, Mentorship

_OVERSEERS = frozenset({"hr_admin"})


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
        if not caller.roles & _OVERSEERS:
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
    oversees = bool(caller.roles & _OVERSEERS)
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees))
