"""Where the audit log lies: a database of its own, `<service>_audit`, in which nothing is ever updated.

entries: {_id, tenant_id, at, caller, roles, method, code, …}, the fields of `kernel.audit.entry.Entry`
blocks:   {_id: "tenant/number", tenant_id, at, number, first, previous, previous_at, ids, hashes}

A service's database user needs no more than find, insert, createIndex and collMod here: a block is a document
beside the entries, not a mark on them, and what is too old is taken away by the server itself (TTL).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure
from pymongo.read_concern import ReadConcern

from services.kernel.audit.entry import Block, Entry, restored, stored
from services.kernel.mongo import pages
from services.kernel.mongo.documents import Document
from services.kernel.mongo.model import Query
from services.kernel.mongo.spans import command
from services.kernel.mongo.together import Together
from services.kernel.mongo.trips import duplicates

ACTIONS: Final = ("find", "insert", "createCollection", "createIndex", "collMod")
"""What a service's user may do in its audit database: neither update nor remove."""

_ENTRIES: Final = "entries"
_BLOCKS: Final = "blocks"
_CONFLICT: Final = 85
_BLOCKS_OUTLIVE: Final = timedelta(days=1)


class Trail:
    """The entries and blocks of one service.

    Methods may also raise PyMongoError when the database does not answer before the caller's deadline.
    """

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        committed = database.with_options(read_concern=ReadConcern("majority"))
        self._database = database
        self._entries: AsyncIOMotorCollection[Document] = committed[_ENTRIES]
        self._blocks: AsyncIOMotorCollection[Document] = committed[_BLOCKS]
        self._pages = pages.Pages(f"{database.name}/{_ENTRIES}")
        self._insert = Together(self._insert_many, partial(command, self._entries, "insert"))

    async def migrate(self, retention: timedelta) -> None:
        """Create the indexes; entries older than `retention` are taken away from now on."""
        by_tenant = [("tenant_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]
        await self._entries.create_indexes([IndexModel(by_tenant, name="by_tenant")])
        await self._blocks.create_indexes([IndexModel(by_tenant[:2], name="by_tenant")])
        await self._expire(_ENTRIES, retention)
        await self._expire(_BLOCKS, retention + _BLOCKS_OUTLIVE)

    async def _expire(self, collection: str, after: timedelta) -> None:
        seconds = int(after.total_seconds())
        aged = IndexModel([("at", ASCENDING)], name="ttl", expireAfterSeconds=seconds)
        try:
            await self._database[collection].create_indexes([aged])
        except OperationFailure as error:
            if error.code != _CONFLICT:
                raise
            index = {"name": "ttl", "expireAfterSeconds": seconds}
            await self._database.command("collMod", collection, index=index)

    async def record(self, entry: Entry) -> None:
        """Store an entry; entries of one moment share a round trip."""
        await self._insert(stored(entry))

    async def _insert_many(self, documents: Sequence[Document]) -> Sequence[bool]:
        try:
            await self._entries.insert_many(list(documents), ordered=False)
        except BulkWriteError as error:
            duplicates(error)  # there already: the driver repeated what was lost on the way back
        return [True] * len(documents)

    async def since(self, at: datetime) -> Sequence[tuple[str, str]]:
        """Return (organization, id) of all entries from an instant on, earliest first."""
        asked = {"at": {"$gte": at}, "tenant_id": {"$type": "string"}}
        found = self._entries.find(asked, {"tenant_id": 1}).sort([("at", 1)])
        return [(document["tenant_id"], document["_id"]) async for document in found]

    async def chained_since(self, at: datetime, tenant: str = "") -> set[str]:
        """Return the ids of entries in blocks from an instant on, of all organizations or of one."""
        asked = {"tenant_id": tenant} if tenant else {}
        found = self._blocks.find({**asked, "at": {"$gte": at}}, {"ids": 1})
        return {key async for document in found for key in document["ids"]}

    async def last_block(self, tenant: str) -> Block | None:
        """Return an organization's latest block."""
        document = await self._blocks.find_one({"_id": _of(tenant)}, sort=[("_id", -1)])
        return None if document is None else _block(document)

    async def add(self, block: Block) -> bool:
        """Store a block; False where its number is taken: somebody else blocks too."""
        document: Document = msgspec.to_builtins(block, builtin_types=(datetime,))
        del document["tenant"]
        key = {"_id": f"{block.tenant}/{block.number:012d}", "tenant_id": block.tenant}
        try:
            await self._blocks.insert_one({**key, **document})
        except DuplicateKeyError:
            return False
        return True

    async def blocks(self, tenant: str) -> AsyncIterator[Block]:
        """Yield an organization's blocks by number."""
        async for document in self._blocks.find({"_id": _of(tenant)}).sort("_id", 1):
            yield _block(document)

    async def documents(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Document]:
        """Return those of the entries that are there, as they are stored."""
        wanted = {"_id": {"$in": list(ids)}, "tenant_id": tenant}
        return {document["_id"]: document async for document in self._entries.find(wanted)}

    async def count(self, tenant: str, until: datetime) -> int:
        """Return how many entries an organization has, up to an instant."""
        return await self._entries.count_documents({"tenant_id": tenant, "at": {"$lte": until}})

    async def places(self, tenant: str, span: tuple[datetime, datetime]) -> Mapping[str, tuple[int, str]]:
        """Return the place and hash of each entry that was chained in a time, by id."""
        start, end = span
        found: dict[str, tuple[int, str]] = {}
        async for document in self._blocks.find({"tenant_id": tenant, "at": {"$gte": start, "$lte": end}}):
            block = _block(document)
            places = range(block.first, block.next)
            found.update(zip(block.ids, zip(places, block.hashes, strict=True), strict=True))
        return found

    async def list(self, tenant: str, query: Query) -> tuple[Sequence[Entry], str]:
        """Return a page, latest first, and the token of the next. `query.where` are conditions on fields."""
        size, after = pages.size_of(query), self._pages.after(tenant, query)
        asked: Document = {"tenant_id": tenant, **query.where}
        if after is not None:
            at = after.stored
            beyond = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": after.id}}]}
            asked = {"$and": [asked, {"at": {"$lte": at}}, beyond]}
        found = self._entries.find(asked).sort([("at", -1), ("_id", -1)]).limit(size + 1)
        entries = [restored(document) async for document in found]
        if len(entries) <= size:
            return entries, ""
        last = entries[size - 1]
        return entries[:size], self._pages.token(tenant, query, pages.After.item(last.id, last.at))

    async def walk(self, tenant: str, where: Mapping[str, Any]) -> AsyncIterator[Entry]:
        """Yield all entries that match, earliest first."""
        async for document in self._entries.find({"tenant_id": tenant, **where}).sort(
            [("at", 1), ("_id", 1)]
        ):
            yield restored(document)


def _of(tenant: str) -> Mapping[str, Any]:
    return {"$regex": f"^{re.escape(tenant)}/"}


def _block(document: Mapping[str, Any]) -> Block:
    fields = {name: value for name, value in document.items() if name not in {"_id", "tenant_id"}}
    return msgspec.convert({**fields, "tenant": document["tenant_id"]}, Block, builtin_types=(datetime,))
