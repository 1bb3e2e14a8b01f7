"""What mentees want to reach, in words for the two of a pair and those the mentee shares them with."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import OVERSEERS, Aggregates, How
from services.mentorships.app.progress import in_state
from services.mentorships.app.repeats import created_before
from services.mentorships.domain import Goal, GoalDraft, GoalEvent, Mentorship, Progress, ProgressNote

Names = tuple[str, str]
"""A goal: (mentorship, goal)."""

Act = Callable[[Goal, datetime], tuple[Goal, list[GoalEvent]]]
"""What one of the two does to a goal at a time."""

ALL: Final = "-"
"""Stands for every mentorship."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which goals: of a mentorship or of `ALL`, in a state or whichever (None), all or those shared."""

    mentorship: str
    state: Progress | None = None
    shared_with_caller: bool = False


class Goals:
    """What mentees want to reach. Refusals of changes are those of `Goal`."""

    def __init__(self, goals: Aggregates[Goal], mentorships: Aggregates[Mentorship], clock: Clock) -> None:
        self._goals = goals
        self._mentorships = mentorships
        self._clock = clock

    async def create(
        self, caller: Caller, mentorship: str, draft: GoalDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Goal]]:
        """Set a goal. A repeat answers what was stored, even when its mentorship has ended since."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "goal", caller.subject, cause.id))
        if (known := await created_before(self._goals, ref, cause)) is not None:
            return ref, known
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = parent.state.set_goal(mentorship, caller.subject, draft, self._clock.now())
        return ref, await self._goals.create(ref, *decision, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[Goal]:
        """Return one goal of a mentorship, as far as the caller may read it."""
        mentorship, goal = names
        stored = await self._goals.get(Ref(caller.org, goal))
        stored.state.require_of(mentorship)
        return _readable(caller, stored)

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[Goal]:
        """Return a page, earliest first, as far as the caller may read it and without progress notes."""
        where = {**await self._whose(caller, asked), **in_state(asked.state)}
        found = await self._goals.list(caller.org, replace(page, where=where, without=("notes",)))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def complete(self, caller: Caller, names: Names, how: How) -> Versioned[Goal]:
        """Mark a goal as reached: one read and one guarded update."""
        return await self._change(caller, names, Goal.complete, how)

    async def reopen(self, caller: Caller, names: Names, how: How) -> Versioned[Goal]:
        """Open a goal again."""
        return await self._change(caller, names, lambda goal, _: goal.reopen(), how)

    async def drop(self, caller: Caller, names: Names, how: How) -> Versioned[Goal]:
        """Give a goal up."""
        return await self._change(caller, names, Goal.drop, how)

    async def update(
        self, caller: Caller, names: Names, wanted: tuple[GoalDraft, Collection[str]], how: How
    ) -> Versioned[Goal]:
        """Take those fields of a draft."""
        draft, changed = wanted
        return await self._change(
            caller, names, lambda goal, now: goal.update(caller.subject, draft, changed, now), how
        )

    async def complete_milestone(
        self, caller: Caller, names: Names, milestone: str, how: How
    ) -> Versioned[Goal]:
        """Mark a milestone as reached."""
        return await self._change(
            caller, names, lambda goal, now: goal.complete_milestone(milestone, now), how
        )

    async def complete_task(self, caller: Caller, names: Names, task: str, how: How) -> Versioned[Goal]:
        """Mark a task as done."""
        return await self._change(caller, names, lambda goal, now: goal.complete_task(task, now), how)

    async def add_note(
        self, caller: Caller, names: Names, said: tuple[str, int | None], how: How
    ) -> Versioned[Goal]:
        """Note how it goes: words and, perhaps, per cent."""
        text, percent = said
        key = ids.derived_id("progress-note", *names, how[1].id)

        def act(goal: Goal, now: datetime) -> tuple[Goal, list[GoalEvent]]:
            return goal.add_note(ProgressNote(key, caller.subject, now, text, percent))

        return await self._change(caller, names, act, how)

    async def _change(self, caller: Caller, names: Names, act: Act, how: How) -> Versioned[Goal]:
        mentorship, goal = names
        etag, cause = how
        now = self._clock.now()

        def decide(state: Goal) -> tuple[Goal, Sequence[GoalEvent]]:
            state.require_own(mentorship, caller.subject)
            return act(state, now)

        return await self._goals.change(Ref(caller.org, goal), decide, cause, etag=etag)

    async def _whose(self, caller: Caller, asked: Selection) -> Mapping[str, Any]:
        """Return the condition on whose goals the caller gets. NotFound for a mentorship of others."""
        within = {} if asked.mentorship == ALL else {"mentorship": asked.mentorship}
        if asked.shared_with_caller:
            return {**within, "shared_with": caller.subject}
        oversees = bool(caller.roles & OVERSEERS)
        if asked.mentorship == ALL:
            return {} if oversees else {"people": caller.subject}
        parent = await self._mentorships.get(Ref(caller.org, asked.mentorship))
        if not oversees:
            parent.state.require_reader(caller.subject)
        return within


def _readable(caller: Caller, stored: Versioned[Goal]) -> Versioned[Goal]:
    oversees = bool(caller.roles & OVERSEERS)
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees))
