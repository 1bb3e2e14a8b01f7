"""The ledger of erasures, what profiles itself forgets, and telling all of it again."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import AlreadyExists
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_stored
from services.profiles.app.people import People
from services.profiles.domain import erasure, person
from services.profiles.domain.erasure import Erasure, Reason

Named = tuple[str, Versioned[Erasure]]
"""An entry of the ledger with its id."""


class Ledger(Protocol):
    """Where erasures are kept; `kernel.mongo.Aggregates` tells the contract."""

    async def get(self, ref: Ref) -> Versioned[Erasure]:
        """Return one. NotFound."""

    async def list(self, tenant: str, query: Query) -> Page[Erasure]:
        """Return a page."""

    async def create(
        self, ref: Ref, state: Erasure, events: Sequence[Any], cause: Cause
    ) -> Versioned[Erasure]:
        """Store a new one. AlreadyExists."""

    async def change(
        self, ref: Ref, decide: Decide[Erasure], cause: Cause, *, etag: str = ""
    ) -> Versioned[Erasure]:
        """Store what `decide` makes of one. NotFound."""


class Erasures:
    """Who is to be forgotten."""

    def __init__(self, ledger: Ledger, people: People, clock: Clock) -> None:
        self._ledger = ledger
        self._people = people
        self._clock = clock

    async def erase(self, caller: Caller, who: str, reason: Reason, cause: Cause) -> Named:
        """Enter a person's erasure; who is erased and not back since has an entry already. NotFound."""
        found = await self._people.get(Ref(caller.org, who))
        if person.is_erased(found.state) and (known := await self._latest(caller.org, who)) is not None:
            return known
        # The version tells one life of an id from the next, and makes requests of one moment one erasure.
        ref = Ref(caller.org, ids.derived_id("erasure", caller.org, who, str(found.version)))
        entry = Erasure(who, reason, caller.subject, self._clock.now())
        try:
            return ref.id, await self._ledger.create(ref, *erasure.begin(entry), cause)
        except AlreadyExists:
            return ref.id, await self._ledger.get(ref)

    async def _latest(self, tenant: str, who: str) -> Named | None:
        query = Query({"person": who}, page_size=1, order="-create_time")
        return next(iter((await self._ledger.list(tenant, query)).items), None)

    async def get(self, caller: Caller, entry: str) -> Versioned[Erasure]:
        """Return an entry. NotFound."""
        return await self._ledger.get(Ref(caller.org, entry))

    async def list(self, caller: Caller, who: str, page: tuple[int, str]) -> Page[Erasure]:
        """Return a page of (size, token), latest first, of one person if `who` is given."""
        where = {"person": who} if who else {}
        return await self._ledger.list(caller.org, Query(where, *page, order="-create_time"))

    async def confirmed(self, ref: Ref, service: str, cause: Cause) -> None:
        """Note that a service is through with an erasure."""
        now = self._clock.now()
        await self._ledger.change(ref, lambda entry: entry.confirm(service, now), cause)

    async def all_of(self, tenant: str) -> AsyncIterator[Named]:
        """Yield an organization's whole ledger, oldest first."""
        async for item in whole_stored(self._ledger, tenant, Query()):
            yield item

    async def told_again(self, ref: Ref, entry: Erasure, cause: Cause) -> None:
        """Let an erasure be told again, and enter it if a restore lost it."""
        try:
            await self._ledger.create(ref, *erasure.begin(entry), cause)
        except AlreadyExists:
            await self._ledger.change(ref, Erasure.repeat, cause)
