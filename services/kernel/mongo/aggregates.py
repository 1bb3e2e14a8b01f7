"""Aggregates of one kind: read, decide, save under the version that was read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.read_concern import ReadConcern

from services.kernel import metrics
from services.kernel.audit.entry import Change
from services.kernel.clock import Clock
from services.kernel.crash import crash_point
from services.kernel.errors import AlreadyExists, NotFound, Refusal
from services.kernel.mongo import attempts, pages, touched
from services.kernel.mongo.batches import Batches, broken_unique
from services.kernel.mongo.documents import Document, Documents, Guarded, is_repeat, require_etag
from services.kernel.mongo.model import Cause, Decide, Kind, Outcome, Page, Query, Ref, Save, Versioned
from services.kernel.mongo.news import News
from services.kernel.mongo.sealing import AS_IS, AsIs, Sealing
from services.kernel.mongo.spans import command
from services.kernel.mongo.trips import Duplicate, reading, writing
from services.kernel.personal import shape_of

S = TypeVar("S")
Collection = AsyncIOMotorCollection[Document]

_WITHOUT_EVENTS = {"outbox": 0}


class Aggregates(Generic[S]):
    """One document each. Made by `Database.aggregates`.

    Every method may also raise PyMongoError or TimeoutError when the database does not answer before the
    caller's deadline; the change may then have happened, and the same cause again tells.
    """

    def __init__(
        self,
        collection: Collection,
        kind: Kind[S],
        clock: Clock,
        news: News,
        sealing: Sealing | AsIs = AS_IS,
    ) -> None:
        self.kind = kind
        self.sealing = sealing
        self.shape = shape_of(kind.state)
        self.documents = Documents(kind, news.writer)
        self.collection = collection
        self.news = news
        # A local read may show, as already done, a save that a failover then rolls back.
        self.committed = collection.with_options(read_concern=ReadConcern("majority"))
        self._clock = clock
        self._turns = attempts.Turns()
        self._read = reading(self.committed)
        self._write = writing(collection)
        self._pages = pages.Pages(f"{collection.database.name}/{collection.name}")
        self._batches = Batches(self.collection, self.committed, self.documents, clock, (news, sealing))
        self._seconds = metrics.MONGO_COMMAND_SECONDS.labels(kind.collection)
        self._races = metrics.MONGO_VERSION_RACES.labels(kind.collection)
        self._repeats = metrics.REPEATS.labels(kind.collection)

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""
        document = await self._find(ref)
        if document is None:
            raise not_found()
        return replace(self.documents.versioned(document), document=document)

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        """Return those of `ids` that are there, by id."""
        wanted = {"_id": {"$in": [Ref(tenant, key).key for key in dict.fromkeys(ids)]}}
        with command(self.collection, "find"):
            found = await self.committed.find(wanted, _WITHOUT_EVENTS).to_list(None)
        await self.sealing.open(found)
        return {document["id"]: self.documents.versioned(document) for document in found}

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one and what it tells.

        The same cause again returns what is stored by now. Raises AlreadyExists for another cause, Invalid
        REQUEST_ID_REUSED for the same cause with another digest, Refused when `Kind.unique` is broken.
        """
        now = self._clock.now()
        document = self.documents.created(ref, state, events, cause, now)
        await self.sealing.seal([document])

        async def attempt() -> Versioned[S] | None:
            try:
                await self._write(InsertOne(document))
            except Duplicate as duplicate:
                return await self._taken(ref, cause, duplicate)
            crash_point("after_save_before_reply")
            self.news.ring(self.kind.collection)
            touched.note(Change(self.kind.collection, ref.id, 0, document["version"]))
            return Versioned(state, document["version"], now, now)

        with self._seconds.time():
            return await attempts.until(attempts.deadline_or_default(), attempt)

    async def _taken(self, ref: Ref, cause: Cause, duplicate: Duplicate) -> Versioned[S] | None:
        """Return what was stored by the same cause; None if it is not to be read yet."""
        if not duplicate.is_id:
            raise broken_unique(self.kind) from duplicate
        document = await self._find(ref)
        if document is None:
            return None
        if not is_repeat(document, cause):
            raise AlreadyExists("ALREADY_EXISTS", "the name is taken")
        self._repeats.inc()
        return self.documents.versioned(document)

    async def change(
        self,
        ref: Ref,
        decide: Decide[S],
        cause: Cause,
        *,
        etag: str = "",
        known: Versioned[S] | None = None,
    ) -> Versioned[S]:
        """Store what `decide` makes of the present state, and what that tells; no events, nothing stored.

        `decide` may run several times. A cause that was handled (one of the last 32) returns what is stored.
        `known` is what `get` returned just now: if it is still so, it need not be read again.
        Raises NotFound, Conflict ETAG_MISMATCH unless `etag` is empty or the present one, Invalid
        REQUEST_ID_REUSED, Refused when `Kind.unique` is broken, and whatever `decide` raises.
        """
        end, hint = attempts.deadline_or_default(), known

        async def attempt() -> Versioned[S] | None:
            nonlocal hint
            before, hint = hint, None
            if before is not None and not etag and (saved := await self._presumed(before, decide, cause)):
                return saved
            return await self._changed(ref, decide, cause, etag)

        with self._seconds.time():
            turn = await self._turns.take(ref.key, end)
            try:
                return await attempts.until(end, attempt)
            finally:
                turn.release()

    async def _presumed(self, known: Versioned[S], decide: Decide[S], cause: Cause) -> Versioned[S] | None:
        """Decide on what was read before and save, if that is still so; None: only reading again tells."""
        if known.document is None or is_repeat(known.document, cause):
            return None
        try:
            state, events = decide(known.state)
        except Refusal:
            return None
        return await self._stored(known.document, known, (state, events), cause) if events else None

    async def _changed(self, ref: Ref, decide: Decide[S], cause: Cause, etag: str) -> Versioned[S] | None:
        """Read, decide and save once; None when the version was passed meanwhile."""
        document = await self._find(ref)
        if document is None:
            raise not_found()
        before = self.documents.versioned(document)
        if is_repeat(document, cause):
            self._repeats.inc()
            return before
        require_etag(before.version, etag)
        decision = decide(before.state)
        return await self._stored(document, before, decision, cause) if decision[1] else before

    async def _stored(
        self,
        document: Mapping[str, Any],
        before: Versioned[S],
        decision: tuple[S, Sequence[Any]],
        cause: Cause,
    ) -> Versioned[S] | None:
        """Save what was decided on a document; None when its version was passed meanwhile."""
        now = self._clock.now()
        save = self.documents.changed(document, *decision, cause, now)
        await self.sealing.seal([save])
        if not await self._saved(save):
            self._races.inc()
            return None
        crash_point("after_save_before_reply")
        self.news.ring(self.kind.collection)
        touched.note(Change(self.kind.collection, document["id"], before.version, save.version))
        return Versioned(decision[0], save.version, before.create_time, now)

    async def _saved(self, save: Guarded) -> bool:
        try:
            return await self._write(UpdateOne(save.guard, save.update))
        except Duplicate as duplicate:
            raise broken_unique(self.kind) from duplicate

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page. Invalid for a negative size and for a token of another list."""
        size, path = pages.size_of(query), pages.order_of(query)[0]
        left_out = _WITHOUT_EVENTS | {f"state.{field}": 0 for field in query.without}
        documents = await self._page(tenant, query, left_out, size + 1)
        await self.sealing.open(documents)
        items = [(document["id"], self.documents.versioned(document)) for document in documents[:size]]
        if len(documents) <= size:
            return Page(items)
        last = documents[size - 1]
        following = pages.After.item(last["id"], pages.value_at(last, path))
        return Page(items, self._pages.token(tenant, query, following))

    async def values(self, tenant: str, query: Query, paths: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        """Return what state paths lead to in a page, None where one leads nowhere. Invalid as `list`.

        For what is asked often and needs little: no state is made. Sealed texts come as they lie there.
        """
        wanted = {f"state.{path}": 1 for path in paths}
        documents = await self._page(tenant, query, wanted, pages.size_of(query))
        return [pages.values_at(document["state"], paths) for document in documents]

    async def _page(
        self, tenant: str, query: Query, shown: Mapping[str, int], most: int
    ) -> Sequence[Document]:
        """Return the documents of a page as they are stored, `most` of them, with the fields `shown`."""
        path, direction = pages.order_of(query)
        after, asked = self._pages.after(tenant, query), await self.sealing.asked(tenant, query)
        found = self.committed.find(pages.condition(tenant, asked, after), shown)
        with command(self.collection, "find"):
            return await found.sort([(path, direction), ("id", 1)]).limit(most).to_list(None)

    async def most_frequent(
        self, tenant: str, path: str, where: Mapping[str, Any], most: int
    ) -> Sequence[tuple[Any, int]]:
        """Return the `most` frequent values at a state path, with their numbers, among those that match."""
        stages: list[Document] = [
            {"$match": pages.condition(tenant, Query(where), None)},
            {"$group": {"_id": f"$state.{path}", "count": {"$sum": 1}}},
            {"$sort": {"count": -1, "_id": 1}},
            {"$limit": most},
        ]
        with command(self.collection, "aggregate"):
            found = await self.committed.aggregate(stages).to_list(None)
        return [(group["_id"], group["count"]) for group in found]

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        """Create or change many, at most 500 per round trip; return what became of each, in order.

        Not atomic as a whole, only each by itself; the same causes again finish what was cut off. Each
        aggregate may stand in `changes` once, and only of `tenant`: ValueError.
        """
        return await self._batches.apply(tenant, changes)

    async def _find(self, ref: Ref) -> Document | None:
        document = await self._read(ref.key)
        if document is None or document["tenant_id"] != ref.tenant:
            return None
        await self.sealing.open([document])
        return document


def not_found() -> NotFound:
    """Return the one answer for what is absent and for what is hidden from the caller."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
