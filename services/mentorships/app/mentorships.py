"""The relationships: what callers make of them. What becomes of them otherwise: `following`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.following import succeed, successor_id
from services.mentorships.app.ports import OVERSEERS, Aggregates, People, who
from services.mentorships.app.surveys import Surveys
from services.mentorships.domain import (
    Agreement,
    Mentorship,
    MentorshipEvent,
    Stage,
    Successor,
    Terms,
    agreeing,
    ask,
    closing,
    ending,
    resting,
)
from services.mentorships.domain.survey import Occasion

Act = Callable[[Mentorship, datetime], tuple[Mentorship, Sequence[MentorshipEvent]]]
"""What somebody does to a mentorship at a time."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which mentorships: of a person, of a program, in a stage; "" and None: whichever."""

    person: str = ""
    program: str = ""
    stage: Stage | None = None


class Mentorships:
    """The relationships. Refusals of changes are those of the decisions named in each method."""

    def __init__(
        self, mentorships: Aggregates[Mentorship], people: People, surveys: Surveys, clock: Clock
    ) -> None:
        self._mentorships = mentorships
        self._people = people
        self._surveys = surveys
        self._clock = clock

    async def get(self, caller: Caller, mentorship: str) -> Versioned[Mentorship]:
        """Return one mentorship; participants get their own only, and overseers no words."""
        return _readable(caller, await self._mentorships.get(Ref(caller.org, mentorship)))

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[Mentorship]:
        """Return a page, earlier agreements left out; participants get their own only, overseers no words."""
        people = {asked.person} - {""}
        if not caller.roles & OVERSEERS:
            people.add(caller.subject)
        where: dict[str, Any] = {"program": asked.program} if asked.program else {}
        if people:
            where["people"] = {"$all": sorted(people)}
        if asked.stage is not None:
            where["stage"] = asked.stage.value
        found = await self._mentorships.list(caller.org, replace(page, where=where, without=("earlier",)))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def revisions(self, caller: Caller, mentorship: str) -> Sequence[Agreement]:
        """Return what both have signed so far, the latest first."""
        return agreeing.revisions((await self.get(caller, mentorship)).state)

    async def create(
        self, caller: Caller, people: tuple[str, str], cause: Cause
    ) -> tuple[Ref, Versioned[Mentorship]]:
        """Ask the other one of `people` for an informal mentorship. A repeat answers what was stored.

        Refusals: `ask`, `People.require_working`, Refused MENTORSHIP_OPEN while the two have one.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "mentorship", caller.subject, cause.id))
        known = await self._mentorships.get_many(caller.org, [ref.id])
        if known:
            stored = await self._mentorships.create(ref, known[ref.id].state, (), cause)
            return ref, _readable(caller, stored)
        decision = ask(people, caller.subject)
        await self._people.require_working(caller.org, people)
        return ref, _readable(caller, await self._mentorships.create(ref, *decision, cause))

    async def propose(
        self, caller: Caller, mentorship: str, terms: Terms, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Put terms on the table: `agreeing.propose`."""
        return await self._change(
            caller,
            mentorship,
            lambda state, now: agreeing.propose(state, caller.subject, terms, now),
            cause,
            etag,
        )

    async def sign(
        self, caller: Caller, mentorship: str, revision: int, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Sign a revision for the caller: `agreeing.sign`."""
        return await self._change(
            caller,
            mentorship,
            lambda state, now: agreeing.sign(state, caller.subject, revision, now),
            cause,
            etag,
        )

    async def withdraw(
        self, caller: Caller, mentorship: str, revision: int, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Take a revision off the table: `agreeing.withdraw`."""
        return await self._change(
            caller,
            mentorship,
            lambda state, _: agreeing.withdraw(state, caller.subject, revision),
            cause,
            etag,
        )

    async def pause(
        self, caller: Caller, mentorship: str, rest: resting.Rest, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Let it rest: `resting.pause`."""
        return await self._change(
            caller, mentorship, lambda state, now: resting.pause(state, who(caller), rest, now), cause, etag
        )

    async def resume(
        self, caller: Caller, mentorship: str, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Let it go on: `resting.resume`."""
        return await self._change(
            caller, mentorship, lambda state, now: resting.resume(state, who(caller), now), cause, etag
        )

    async def ask_for_more(
        self, caller: Caller, mentorship: str, end_date: date | None, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Ask for a later last day: `closing.ask_for_more`."""
        return await self._change(
            caller,
            mentorship,
            lambda state, now: closing.ask_for_more(state, caller.subject, end_date, now),
            cause,
            etag,
        )

    async def extend(
        self, caller: Caller, mentorship: str, end_date: date, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Agree to a later last day: `closing.extend`."""
        return await self._change(
            caller,
            mentorship,
            lambda state, now: closing.extend(state, caller.subject, end_date, now),
            cause,
            etag,
        )

    async def close(
        self, caller: Caller, mentorship: str, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Say that it has reached its end: `closing.close`."""
        return await self._change(
            caller, mentorship, lambda state, now: closing.close(state, caller.subject, now), cause, etag
        )

    async def look_back(
        self, caller: Caller, mentorship: str, answers: closing.Answers, cause: Cause, *, etag: str
    ) -> Versioned[Mentorship]:
        """Answer the closing survey: `closing.look_back`."""
        known = (await self._mentorships.get(Ref(caller.org, mentorship))).state
        form = (await self._surveys.plan(caller.org, known.program)).form(Occasion.CLOSING)
        return await self._change(
            caller,
            mentorship,
            lambda state, now: closing.look_back(state, caller.subject, answers, now, form),
            cause,
            etag,
        )

    async def end(
        self,
        caller: Caller,
        mentorship: str,
        cause: Cause,
        *,
        etag: str,
        parting: ending.Parting = ending.NO_REASON,
    ) -> Versioned[Mentorship]:
        """Finish the relationship: `ending.end`."""
        return await self._change(
            caller, mentorship, lambda state, now: ending.end(state, who(caller), parting, now), cause, etag
        )

    async def hand_over(
        self, caller: Caller, mentorship: str, mentor: str, cause: Cause, *, etag: str
    ) -> tuple[Ref, Versioned[Mentorship]]:
        """Let `mentor` go on in a mentorship of its own, and return that one.

        When this is cut off in between, the event of the first half begins the other mentorship. Refusals:
        `ending.hand_over`, `People.require_working`.
        """
        ref, now = Ref(caller.org, mentorship), self._clock.now()
        before = (await self._mentorships.get(ref)).state
        if before.successor is None:
            await self._people.require_working(caller.org, (mentor, before.mentee))
        successor = Successor(successor_id(ref), mentor)
        await self._mentorships.change(
            ref, lambda state: ending.hand_over(state, successor, now), cause, etag=etag
        )
        following, stored = await succeed(self._mentorships, ref, cause)
        return following, _readable(caller, stored)

    async def _change(
        self, caller: Caller, mentorship: str, act: Act, cause: Cause, etag: str
    ) -> Versioned[Mentorship]:
        ref, now = Ref(caller.org, mentorship), self._clock.now()
        stored = await self._mentorships.change(ref, lambda state: act(state, now), cause, etag=etag)
        return _readable(caller, stored)


def _readable(caller: Caller, stored: Versioned[Mentorship]) -> Versioned[Mentorship]:
    oversees = bool(caller.roles & OVERSEERS)
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees))
