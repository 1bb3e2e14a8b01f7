"""A copy of what another service told: the latest state per aggregate, guarded by the event's sequence."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import UpdateOne

from services.kernel import metrics
from services.kernel.mongo import attempts, pages
from services.kernel.mongo.documents import Document, plain, restored
from services.kernel.mongo.model import Query, Ref
from services.kernel.mongo.spans import command
from services.kernel.mongo.together import Together
from services.kernel.mongo.trips import reading, upsert_together

S = TypeVar("S")
LARGEST_FIND = 10_000


class Projection(Generic[S]):
    """States by `Ref`, each fed by the events of one subject. Made by `Database.projection`.

    A repeated or overtaken event changes nothing.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Document], state: type[S]) -> None:
        self._collection = collection
        self._state = state
        self._pages = pages.Pages(collection.name)
        self._repeats = metrics.REPEATS.labels(collection.name)
        self._read = reading(collection)
        self._write = Together(
            partial(upsert_together, collection), partial(command, collection, "bulkWrite")
        )

    async def put(self, ref: Ref, state: S, sequence: int) -> bool:
        """Store the state as of event `sequence`; False when that or a later one was stored before."""
        stored = await attempts.until(
            attempts.deadline_or_default(), lambda: self._written(ref, state, {"$lt": sequence}, sequence)
        )
        return stored or self._repeated()

    async def fold(self, ref: Ref, sequence: int, step: Callable[[S | None], S]) -> bool:
        """Store what `step` makes of the copy so far (None: none yet); False as `put`. It may run again."""

        async def attempt() -> bool | None:
            found = await self._read(ref.key)
            if found is not None and found["ver"] >= sequence:
                return self._repeated()
            state = step(None if found is None else restored(found["state"], self._state))
            guard = 0 if found is None else found["ver"]
            return await self._written(ref, state, guard, sequence) or None

        return await attempts.until(attempts.deadline_or_default(), attempt)

    async def _written(self, ref: Ref, state: S, guard: Any, sequence: int) -> bool:
        # Field by field: what only a newer build knows stays.
        fields = {f"state.{name}": value for name, value in plain(state).items()}
        copy = {"tenant_id": ref.tenant, "id": ref.id, **fields, "ver": sequence}
        return await self._write(UpdateOne({"_id": ref.key, "ver": guard}, {"$set": copy}, upsert=True))

    def _repeated(self) -> bool:
        self._repeats.inc()
        return False

    async def get(self, ref: Ref) -> S | None:
        """Return the copy, None when nothing was heard of it."""
        found = await self._read(ref.key)
        return None if found is None else restored(found["state"], self._state)

    async def find(self, tenant: str, where: Mapping[str, Any] | None = None) -> Sequence[tuple[str, S]]:
        """Return (id, copy) of a tenant's that match, by id, 10,000 at most; `where` as in `Query`."""
        asked = {f"state.{path}": plain(value) for path, value in (where or {}).items()}
        found = self._collection.find({"tenant_id": tenant, **asked}).sort("id", 1).limit(LARGEST_FIND)
        with command(self._collection, "find"):
            items = await found.to_list(None)
        return [(item["id"], restored(item["state"], self._state)) for item in items]

    async def page(self, tenant: str, query: Query) -> tuple[Sequence[tuple[str, S]], str]:
        """Return a page of (id, copy) and the token of the next one, "" on the last.

        `query.order` is a state path that every copy has. Invalid as `Aggregates.list`.
        """
        size, after = pages.size_of(query), self._pages.after(tenant, query)
        path, direction = pages.order_of(query)
        found = self._collection.find(pages.condition(tenant, query, after))
        with command(self._collection, "find"):
            documents = await found.sort([(path, direction), ("id", 1)]).limit(size + 1).to_list(None)
        items = [(document["id"], restored(document["state"], self._state)) for document in documents[:size]]
        if len(documents) <= size:
            return items, ""
        last = documents[size - 1]
        following = pages.After.item(last["id"], pages.value_at(last, path))
        return items, self._pages.token(tenant, query, following)
