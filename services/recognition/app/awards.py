"""Badges that people hold. The organization is the caller's."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import AlreadyExists, Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_list
from services.recognition.app.badges import Badges, award_id
from services.recognition.app.choices import Choices
from services.recognition.app.ports import EVERYBODY, Stores, oversees, require_one
from services.recognition.domain import awards
from services.recognition.domain.awards import Award, Origin, Stage
from services.recognition.domain.recognitions import Recognition, not_found

USUAL_LEADERS: Final = 10


class Awards:
    """Awards by name. NotFound for what is absent or not the caller's to see."""

    def __init__(self, stores: Stores, badges: Badges, choices: Choices, clock: Clock) -> None:
        self._awards = stores.awards
        self._badges = badges
        self._choices = choices
        self._clock = clock

    async def award(self, proof: Ref, earned: Recognition, cause: Cause) -> None:
        """Award every enabled badge that the recognition `proof` earns and that is not held there yet."""
        now = self._clock.now()
        for badge, stored in (await self._badges.all(proof.tenant)).items():
            if not stored.state.enabled or not stored.state.earned_by(earned):
                continue
            decision = awards.award((badge, stored.state), (proof.id, earned), Origin.RULE, now)
            with suppress(Refused, AlreadyExists):  # held by an earlier proof; granted meanwhile
                await self._awards.create(Ref(proof.tenant, award_id(badge, proof.id)), *decision, cause)

    async def revoke(self, proof: Ref, cause: Cause) -> None:
        """Take every badge back that rests on the recognition `proof`."""
        query = Query(where={"recognition": proof.id})
        for award in [key async for key, _ in whole_list(self._awards, proof.tenant, query)]:
            await self._awards.change(Ref(proof.tenant, award), Award.revoke, cause)

    async def get(self, caller: Caller, person: str, award: str) -> Versioned[Award]:
        """Return one award of `person`, for its pair and those who oversee all."""
        stored = await self._awards.get(Ref(caller.org, award))
        stored.state.require_of(person)
        if not oversees(caller):
            stored.state.require_reader(caller.subject)
        if await self._choices.hides(caller, person):
            raise not_found()
        return stored

    async def list(self, caller: Caller, person: str, page: Query) -> Page[Award]:
        """Return a page of `person`'s awards; others than overseers get those of their own pairs only.

        EVERYBODY is for HR: Denied HR_ADMIN_ONLY for others.
        """
        require_one(caller, person)
        if await self._choices.hides(caller, person):
            return Page([])
        where: dict[str, Any] = {} if person == EVERYBODY else {"person": person}
        if caller.subject != person and not oversees(caller):
            where["people"] = caller.subject
        return await self._awards.list(caller.org, replace(page, where=where))

    async def leaders(self, caller: Caller, most: int) -> Sequence[tuple[str, int]]:
        """Return who holds most badges and how many. Refused LEADERBOARDS_OFF."""
        settings = (await self._choices.settings(caller.org)).state
        if settings.switched_off or not settings.leaderboards:
            raise Refused("LEADERBOARDS_OFF", "this organization shows no leaderboards")
        hidden = sorted(await self._choices.opted_out(caller.org))
        where = {"stage": Stage.HELD, "person": {"$nin": hidden}}
        return await self._awards.most_frequent(caller.org, "person", where, most or USUAL_LEADERS)
