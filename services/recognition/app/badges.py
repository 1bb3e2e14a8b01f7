"""Badges: what earns them, what a rule would mean, and awards for what was earned before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import AlreadyExists, Conflict, Refused
from services.kernel.mongo import Cause, Decide, Query, Ref, Save, Versioned
from services.kernel.mongo.singletons import present, put, unstored
from services.kernel.mongo.whole import whole_list
from services.recognition.app.choices import Choices
from services.recognition.app.ports import Stores
from services.recognition.domain import awards, badges
from services.recognition.domain.awards import Award, Origin, Stage
from services.recognition.domain.badges import DEFAULTS, Badge, Preview
from services.recognition.domain.recognitions import Place, Recognition

MOST_BADGES: Final = 200
MOST_GRANTS: Final = 5_000
"""Awards that one call grants: a few seconds, after the reading of what was recognised."""

Proofs = Mapping[Place, tuple[str, Recognition]]


@dataclass(frozen=True, slots=True)
class Granted:
    """Where things stand after granting, counted in awards."""

    held: int
    opted_out: int
    remaining: int


class Badges:
    """Badges by id. NotFound, and Conflict for a stale etag."""

    def __init__(
        self, stores: Stores, choices: Choices, clock: Clock, *, most_grants: int = MOST_GRANTS
    ) -> None:
        self._most_grants = most_grants
        self._stores = stores
        self._choices = choices
        self._clock = clock

    async def create(self, caller: Caller, badge: str, wanted: Badge, cause: Cause) -> Versioned[Badge]:
        """Add a badge. AlreadyExists, Refused TOO_MANY_BADGES, Invalid as `domain.badges.create`."""
        if badge in DEFAULTS:
            raise AlreadyExists("ALREADY_EXISTS", "the name is taken")
        known = await self.all(caller.org)
        if len(known) >= MOST_BADGES and badge not in known:
            raise Refused("TOO_MANY_BADGES", f"an organization has at most {MOST_BADGES} badges")
        return await self._stores.badges.create(Ref(caller.org, badge), *badges.create(wanted), cause)

    async def get(self, tenant: str, badge: str) -> Versioned[Badge]:
        """Return one badge."""
        ref, kept = Ref(tenant, badge), self._stores.badges
        return await (present(kept, ref, DEFAULTS[badge]) if badge in DEFAULTS else kept.get(ref))

    async def all(self, tenant: str) -> Mapping[str, Versioned[Badge]]:
        """Return every badge of an organization, by id in order."""
        stored = await self._stores.badges.list(tenant, Query(page_size=MOST_BADGES * 2))
        found = {badge: unstored(state) for badge, state in DEFAULTS.items()} | dict(stored.items)
        return dict(sorted(found.items()))

    async def update(
        self, caller: Caller, badge: str, decide: Decide[Badge], etag: str, cause: Cause
    ) -> Versioned[Badge]:
        """Change a badge for what is earned from now on. Invalid as `domain.badges.create`."""
        ref, kept = Ref(caller.org, badge), self._stores.badges
        if badge in DEFAULTS:
            return await put(kept, (ref, DEFAULTS[badge]), decide, (etag, cause))
        return await kept.change(ref, decide, cause, etag=etag)

    async def preview(self, caller: Caller, badge: str, rule: Badge) -> Preview:
        """Return what `rule` would mean if it counted for all that was recognised so far."""
        proven = await self._proofs(caller.org, rule)
        held = await self._held(caller.org, badge)
        return badges.preview(proven.keys(), held, await self._silent(caller.org, proven))

    async def grant(self, caller: Caller, badge: str, etag: str, cause: Cause) -> Granted:
        """Award a badge to all who earned it before and hold it not, at most `most_grants` in one call.

        `etag` is that of the badge previewed. Refused BADGE_DISABLED; CLAIM_TAKEN when somebody earned it
        at the same moment, and a repeat goes on.
        """
        stored = await self.get(caller.org, badge)
        if etag != stored.etag:
            raise Conflict("ETAG_MISMATCH", "it was changed since it was read")
        if not stored.state.enabled:
            raise Refused("BADGE_DISABLED", "this badge is not awarded")
        proven = await self._proofs(caller.org, stored.state)
        held = await self._held(caller.org, badge)
        silent = await self._silent(caller.org, proven)
        open_places = [place for place in proven if place not in held]
        due = [place for place in open_places if place.person not in silent]
        proof = [proven[place] for place in due[: self._most_grants]]
        await self._award(caller.org, (badge, stored.state), proof, cause)
        return Granted(
            held=len(proven) - len(open_places) + len(proof),
            opted_out=len(open_places) - len(due),
            remaining=len(due) - len(proof),
        )

    async def _award(
        self, tenant: str, badge: tuple[str, Badge], proofs: Sequence[tuple[str, Recognition]], cause: Cause
    ) -> None:
        now = self._clock.now()

        def save(proof: tuple[str, Recognition]) -> Save[Award]:
            ref = Ref(tenant, award_id(badge[0], proof[0]))
            return Save(
                ref, lambda known: None if known else awards.award(badge, proof, Origin.GRANT, now), cause
            )

        await self._stores.awards.apply_many(tenant, [save(proof) for proof in proofs])

    async def _proofs(self, tenant: str, rule: Badge) -> Proofs:
        """Return the first recognition that meets a rule, with its id, for each place."""
        where: dict[str, Any] = {"kind": rule.kind}
        if rule.min_count:  # what was stored before there were counts has none
            where["count"] = {"$gte": rule.min_count}
        found: dict[Place, tuple[str, Recognition]] = {}
        async for key, recognition in whole_list(self._stores.recognitions, tenant, Query(where=where)):
            if rule.earned_by(recognition):
                found.setdefault(recognition.place, (key, recognition))
        return found

    async def _held(self, tenant: str, badge: str) -> frozenset[Place]:
        query = Query(where={"badge": badge, "stage": Stage.HELD}, without=("credential",))
        return frozenset([state.place async for _, state in whole_list(self._stores.awards, tenant, query)])

    async def _silent(self, tenant: str, proven: Proofs) -> frozenset[str]:
        if (await self._choices.settings(tenant)).state.switched_off:
            return frozenset(place.person for place in proven)
        return await self._choices.opted_out(tenant)


def award_id(badge: str, recognition: str) -> str:
    """Return the id of the award of a badge for a recognition."""
    return ids.derived_id(badge, "award", recognition)
