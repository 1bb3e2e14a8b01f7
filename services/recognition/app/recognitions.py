"""What people were recognised for. The organization is the caller's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.recognition.app.awards import Awards
from services.recognition.app.choices import Choices
from services.recognition.app.ports import EVERYBODY, Stores, oversees, require_one
from services.recognition.domain import recognitions
from services.recognition.domain.recognitions import Event, Reason, Recognition


class Recognitions:
    """Recognitions by name. NotFound for what is absent or not the caller's to see."""

    def __init__(self, stores: Stores, awards: Awards, choices: Choices) -> None:
        self._recognitions = stores.recognitions
        self._awards = awards
        self._choices = choices

    async def earn(self, ref: Ref, earned: Recognition, cause: Cause) -> None:
        """Store what was earned and award what it earns, once per `ref`; nothing for who opted out.

        Nor for a count over all mentorships that the person was recognised for, whatever came of that: once
        such counts were of one mentorship, under other ids. Refused EVIDENCE_MISSING.
        """
        decision = recognitions.issue(earned)
        if await self._choices.is_silent(ref.tenant, earned.earner) or await self._known(ref, earned):
            return
        stored = await self._recognitions.create(ref, *decision, cause)
        await self._awards.award(ref, stored.state, cause)

    async def _known(self, ref: Ref, earned: Recognition) -> bool:
        """Whether the person has the same count under another id."""
        if earned.kind not in recognitions.OF_A_PERSON:
            return False
        same = {"person": earned.earner, "kind": earned.kind.value, "count": earned.count}
        page = await self._recognitions.list(ref.tenant, Query(where=same))
        return any(known != ref.id for known, _ in page.items)

    async def get(self, caller: Caller, person: str, recognition: str) -> Versioned[Recognition]:
        """Return one recognition of `person`, for its pair and those who oversee all."""
        stored = await self._recognitions.get(Ref(caller.org, recognition))
        stored.state.require_of(person)
        if not oversees(caller):
            stored.state.require_reader(caller.subject)
        if await self._choices.hides(caller, person):
            raise recognitions.not_found()
        return stored

    async def list(self, caller: Caller, person: str, page: Query) -> Page[Recognition]:
        """Return a page of what `person` earned; others than overseers get those of their own pairs only.

        EVERYBODY is for HR: Denied HR_ADMIN_ONLY for others.
        """
        require_one(caller, person)
        if await self._choices.hides(caller, person):
            return Page([])
        sees_all = person == caller.subject or oversees(caller)
        either = () if person == EVERYBODY else _earned_by(person, "" if sees_all else caller.subject)
        return await self._recognitions.list(caller.org, replace(page, either=either))

    async def revoke(
        self, caller: Caller, names: tuple[str, str], reason: Reason, etag: str, cause: Cause
    ) -> Versioned[Recognition]:
        """Take a recognition, named by (person, recognition), back, and the badges that rest on it.

        Conflict for a stale `etag`. A repeat finishes what was cut off.
        """
        person, recognition = names
        ref = Ref(caller.org, recognition)

        def decide(state: Recognition) -> tuple[Recognition, Sequence[Event]]:
            state.require_of(person)
            return state.revoke(reason)

        revoked = await self._recognitions.change(ref, decide, cause, etag=etag)
        await self._awards.revoke(ref, cause)
        return revoked


def _earned_by(person: str, other: str) -> Sequence[Mapping[str, Any]]:
    """Return the conditions of which one holds for what `person` earned, with `other` unless that is empty.

    What was stored before mentors were recognised too names no person: it was the mentee.
    """
    earned = {"person": person}, {"mentee": person, "person": {"$exists": False}}
    if not other:
        return earned
    return [{**one, side: other} for one in earned for side in ("mentor", "mentee") if side not in one]
