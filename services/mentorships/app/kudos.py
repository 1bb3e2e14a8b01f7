"""Thanks between the two."""

from dataclasses import dataclass, replace
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import ALL, HR, Aggregates
from services.mentorships.domain import Mentorship
from services.mentorships.domain import kudos as domain
from services.mentorships.domain.kudos import DAILY, Kudos, KudosDraft
from services.mentorships.domain.rules import not_found


@dataclass(frozen=True, slots=True)
class Selection:
    """Which kudos: of a mentorship or `ALL`, by and to a person unless empty."""

    mentorship: str
    author: str = ""
    recipient: str = ""

    @property
    def where(self) -> dict[str, Any]:
        """The condition on states."""
        asked = {"mentorship": self.mentorship, "people.0": self.author, "people.1": self.recipient}
        return {path: value for path, value in asked.items() if value not in {"", ALL}}


class KudosGiving:
    """Kudos between the two of a mentorship."""

    def __init__(self, kudos: Aggregates[Kudos], mentorships: Aggregates[Mentorship], clock: Clock) -> None:
        self._kudos = kudos
        self._mentorships = mentorships
        self._clock = clock

    async def give(
        self, caller: Caller, mentorship: str, draft: KudosDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Kudos]]:
        """Thank the other one; a repeat answers what was stored.

        Refusals: `domain.kudos.give`, KUDOS_SPENT when all of the day's places are taken.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "kudos", caller.subject, cause.id))
        known = await self._kudos.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._kudos.create(ref, known[ref.id].state, (), cause)
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        given, events = domain.give(mentorship, parent.state, caller.subject, draft)
        today = self._clock.now().date()
        for place in range(DAILY):
            try:
                return ref, await self._kudos.create(ref, given.placed(place, today), events, cause)
            except Refused:  # the store's only one: the place is taken
                continue
        raise Refused("KUDOS_SPENT", f"at most {DAILY} a day")

    async def get(self, caller: Caller, mentorship: str, kudos: str) -> Versioned[Kudos]:
        """Return one, without its words for HR."""
        stored = await self._kudos.get(Ref(caller.org, kudos))
        if stored.state.mentorship != mentorship:
            raise not_found()
        return _readable(caller, stored)

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[Kudos]:
        """Return a page, latest first; participants get their own only, HR no words."""
        where = asked.where if caller.roles & HR else {**asked.where, "people": caller.subject}
        found = await self._kudos.list(caller.org, replace(page, where=where, order="-create_time"))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])


def _readable(caller: Caller, stored: Versioned[Kudos]) -> Versioned[Kudos]:
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=bool(caller.roles & HR)))
