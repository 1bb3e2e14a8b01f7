"""Many changes in few round trips: one read and one unordered write of up to 500 documents."""

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.kernel.clock import Clock
from services.kernel.errors import Refusal, Refused
from services.kernel.mongo import attempts
from services.kernel.mongo.documents import Document, Documents, Guarded, is_repeat
from services.kernel.mongo.model import Kind, Outcome, Save
from services.kernel.mongo.news import News
from services.kernel.mongo.sealing import AsIs, Sealing
from services.kernel.mongo.spans import command
from services.kernel.mongo.trips import Write, duplicates

S = TypeVar("S")
BATCH: Final = 500


class Batches(Generic[S]):
    """The batched writer of one kind."""

    def __init__(
        self,
        collection: AsyncIOMotorCollection[Document],
        committed: AsyncIOMotorCollection[Document],
        documents: Documents[S],
        clock: Clock,
        beside: tuple[News, Sealing | AsIs],
    ) -> None:
        self._collection = collection
        self._committed = committed
        self._documents = documents
        self._clock = clock
        self._news, self._sealing = beside

    async def apply(self, tenant: str, changes: Sequence[Save[S]]) -> list[Outcome]:
        """Apply all; `Aggregates.apply_many` tells the contract. TimeoutError when a batch takes too long."""
        _require_distinct(tenant, changes)
        outcomes: list[Outcome] = []
        for start in range(0, len(changes), BATCH):
            outcomes += await self._apply_batch(changes[start : start + BATCH])
        return outcomes

    async def _apply_batch(self, changes: Sequence[Save[S]]) -> list[Outcome]:
        """Repeat with those that lost a race, and after an unknown result, until each has its outcome."""
        tried: dict[str, Outcome] = {}
        outcomes: dict[str, Outcome] = {}
        end = attempts.deadline_or_default()

        async def attempt() -> bool | None:
            waiting = [change for change in changes if change.ref.key not in outcomes]
            stored = await self._read(waiting)
            saves: dict[str, Document | Guarded] = {}
            for change in waiting:
                key = change.ref.key
                document = stored.get(key)
                if document is not None and is_repeat(document, change.cause):
                    outcomes[key] = tried.get(key, Outcome.UNCHANGED)
                elif (save := self._save(change, document)) is None:
                    outcomes[key] = Outcome.UNCHANGED
                else:
                    saves[key] = save
                    tried[key] = Outcome.CREATED if document is None else Outcome.UPDATED
            await self._sealing.seal(list(saves.values()))
            if await self._saved([_write(save) for save in saves.values()]) < len(saves):
                return None  # which ones missed their version is not told: the next read shows
            outcomes.update((key, tried[key]) for key in saves)
            return True

        with attempts.budget(end):
            await attempts.until(end, attempt)
        return [outcomes[change.ref.key] for change in changes]

    async def _read(self, changes: Sequence[Save[S]]) -> dict[str, Document]:
        wanted = {"_id": {"$in": [change.ref.key for change in changes]}}
        with command(self._collection, "find"):
            found = await self._committed.find(wanted, {"outbox": 0}).to_list(None)
        await self._sealing.open(found)
        return {document["_id"]: document for document in found}

    def _save(self, change: Save[S], document: Document | None) -> Document | Guarded | None:
        now = self._clock.now()
        if document is None:
            decision = change.decide(None)
            if decision is None:
                return None
            return self._documents.created(change.ref, *decision, change.cause, now)
        decision = change.decide(self._documents.versioned(document).state)
        if decision is None or not decision[1]:
            return None
        return self._documents.changed(document, *decision, change.cause, now)

    async def _saved(self, writes: Sequence[Write]) -> int:
        """Return how many were stored; those that lost a race are not. Refused when `unique` is broken."""
        if not writes:
            return 0
        try:
            with command(self._collection, "bulkWrite"):
                result = await self._collection.bulk_write(list(writes), ordered=False)
        except BulkWriteError as error:
            if not all("_id" in problem["keyPattern"] for problem in duplicates(error).values()):
                raise broken_unique(self._documents.kind) from error
            return int(error.details["nInserted"]) + int(error.details["nModified"])
        finally:
            self._news.ring(self._documents.kind.collection)
        return result.inserted_count + result.modified_count


def _write(save: Document | Guarded) -> Write:
    return UpdateOne(save.guard, save.update) if isinstance(save, Guarded) else InsertOne(save)


def broken_unique(kind: Kind[Any]) -> Refusal:
    """Return the refusal for an element that another aggregate holds."""
    field, reason = kind.unique or ("", "ALREADY_EXISTS")
    return Refused(reason, f"something in {field} is taken")


def _require_distinct(tenant: str, changes: Sequence[Save[S]]) -> None:
    if any(change.ref.tenant != tenant for change in changes):
        raise ValueError("a batch is of one tenant")
    if len({change.ref.key for change in changes}) != len(changes):
        raise ValueError("a batch names each aggregate once")
