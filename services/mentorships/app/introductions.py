"""Introductions of mentees to third people."""

from dataclasses import dataclass, replace
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import ALL, HR, Aggregates, People
from services.mentorships.domain import Mentorship
from services.mentorships.domain import introductions as domain
from services.mentorships.domain.introductions import (
    Introduction,
    IntroductionDraft,
    IntroductionEvent,
    Progress,
)

Names = tuple[str, str]
"""(mentorship, introduction)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which introductions: of a mentorship or `ALL`, at a stage unless None."""

    mentorship: str
    progress: Progress | None = None

    @property
    def where(self) -> dict[str, Any]:
        """The condition on states."""
        asked = {"mentorship": self.mentorship, "progress": self.progress}
        return {path: value for path, value in asked.items() if value not in {None, ALL}}


class Introductions:
    """Proposed by mentors, agreed to by mentees and contacts. Refusals are those of the domain."""

    def __init__(
        self,
        introductions: Aggregates[Introduction],
        mentorships: Aggregates[Mentorship],
        people: People,
        clock: Clock,
    ) -> None:
        self._introductions = introductions
        self._mentorships = mentorships
        self._people = people
        self._clock = clock

    async def propose(
        self, caller: Caller, mentorship: str, draft: IntroductionDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Introduction]]:
        """Propose one; a repeat answers what was stored.

        Refused INTRODUCTION_KNOWN while one to the same contact is open or made; `People.require_working`.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "introduction", caller.subject, cause.id))
        known = await self._introductions.get_many(caller.org, [ref.id])
        if known:
            stored = await self._introductions.create(ref, known[ref.id].state, (), cause)
            return ref, _readable(caller, stored)
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = domain.propose(mentorship, parent.state, caller.subject, draft, self._clock.now())
        await self._people.require_working(caller.org, [draft.contact])
        return ref, await self._introductions.create(ref, *decision, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[Introduction]:
        """Return one, as far as the caller may read it."""
        mentorship, introduction = names
        stored = await self._introductions.get(Ref(caller.org, introduction))
        stored.state.require_of(mentorship)
        return _readable(caller, stored)

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[Introduction]:
        """Return a page, latest first: one's own, and all for HR."""
        where = asked.where if caller.roles & HR else {**asked.where, "readers": caller.subject}
        found = await self._introductions.list(caller.org, replace(page, where=where, order="-create_time"))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def consent(
        self, caller: Caller, names: Names, cause: Cause, *, etag: str
    ) -> Versioned[Introduction]:
        """Agree, as the mentee or the contact."""
        mentorship, introduction = names
        between, now = (await self._mentorships.get(Ref(caller.org, mentorship))).state, self._clock.now()

        def decide(state: Introduction) -> tuple[Introduction, list[IntroductionEvent]]:
            state.require_of(mentorship)
            return state.consent(caller.subject, now, between=between)

        ref = Ref(caller.org, introduction)
        return _readable(caller, await self._introductions.change(ref, decide, cause, etag=etag))

    async def decline(
        self, caller: Caller, names: Names, cause: Cause, *, etag: str
    ) -> Versioned[Introduction]:
        """Decline or take back."""
        mentorship, introduction = names
        now = self._clock.now()

        def decide(state: Introduction) -> tuple[Introduction, list[IntroductionEvent]]:
            state.require_of(mentorship)
            return state.decline(caller.subject, now)

        ref = Ref(caller.org, introduction)
        return _readable(caller, await self._introductions.change(ref, decide, cause, etag=etag))

    async def over(self, mentorship: Ref, cause: Cause) -> None:
        """Let the open introductions of a mentorship that is over be off."""
        where = {"mentorship": mentorship.id, "progress": Progress.PROPOSED}
        page = await self._introductions.list(mentorship.tenant, Query(where=where, page_size=1000))
        for key, _ in page.items:
            await self._introductions.change(Ref(mentorship.tenant, key), Introduction.drop, cause)


def _readable(caller: Caller, stored: Versioned[Introduction]) -> Versioned[Introduction]:
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=bool(caller.roles & HR)))
