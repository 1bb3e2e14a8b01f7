"""Keys in a database of their own, so that what is restored beside today's keys opens only what they open.

{_id: "tenant/person", key: {id, wrapped, master, create_time}, gone: [ids of destroyed keys]}
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from services.kernel.clock import Clock
from services.kernel.mongo.documents import Document
from services.kernel.mongo.spans import command
from services.kernel.mongo.together import Together
from services.kernel.mongo.trips import duplicates, reading
from services.kernel.vault import Stored, Wrapped

COLLECTION: Final = "keys"
_FEW: Final = 8
"""Owners of one text or two, asked for together with those of others; more are a round trip of their own."""


class KeyStore:
    """Keeps what `vault.Store` says."""

    def __init__(self, collection: AsyncIOMotorCollection[Document], clock: Clock) -> None:
        self.collection = collection
        self._committed = collection.with_options(read_concern=ReadConcern("majority"))
        self._clock = clock
        self._read = reading(self._committed)
        self._add = Together(self._added, partial(command, collection, "insert"))

    async def find(self, owners: Sequence[str]) -> Mapping[str, Stored]:
        """Return what is stored of each owner."""
        if len(owners) > _FEW:
            with command(self.collection, "find"):
                found = await self._committed.find({"_id": {"$in": list(owners)}}).to_list(None)
        else:
            asked = await asyncio.gather(*map(self._read, owners))
            found = [document for document in asked if document is not None]
        return {document["_id"]: stored(document) for document in found}

    async def add(self, keys: Sequence[Stored]) -> None:
        """Store the keys of those who have none; who was first, of several processes, stays."""
        await self._add(keys)

    async def _added(self, asked: Sequence[Sequence[Stored]]) -> Sequence[None]:
        """Store those of several callers, each owner's once: the first, as if they had come one by one."""
        first = {key.owner: key for keys in reversed(asked) for key in keys}
        await self._insert(list(first.values()))
        return [None] * len(asked)

    async def _insert(self, keys: Sequence[Stored]) -> None:
        now = self._clock.now()
        new = [{"_id": key.owner, "key": _described(key, now)} for key in keys]
        try:
            with command(self.collection, "insert"):
                await self.collection.insert_many(new, ordered=False)
        except BulkWriteError as error:  # those of some were destroyed, or another process was first
            known = [new[place] for place in duplicates(error)]
            writes = [
                UpdateOne({"_id": one["_id"], "key": {"$exists": False}}, {"$set": {"key": one["key"]}})
                for one in known
            ]
            await self.collection.bulk_write(writes, ordered=False)

    async def destroy(self, owner: str, until: datetime) -> None:
        """Overwrite a key that was made by `until`; its id stays."""
        gone = {"$concatArrays": [{"$ifNull": ["$gone", []]}, ["$key.id"]]}
        await self.collection.update_one(
            {"_id": owner, "key.create_time": {"$lte": until}}, [{"$set": {"gone": gone}}, {"$unset": "key"}]
        )

    async def has_newer(self, owner: str, since: datetime) -> bool:
        """Whether the present key was made after `since`."""
        newer = {"_id": owner, "key.create_time": {"$gt": since}}
        return await self._committed.find_one(newer, {"_id": 1}) is not None

    async def wrapped_otherwise(self, master: str, most: int) -> Sequence[Stored]:
        """Return keys that another master key wraps."""
        others = {"key.master": {"$exists": True, "$ne": master}}
        return [stored(document) for document in await self._committed.find(others).to_list(most)]

    async def wrap(self, keys: Sequence[Stored]) -> int:
        """Replace the wrapped form of keys that are still there."""
        writes = [UpdateOne({"_id": key.owner, "key.id": key.id}, {"$set": _wrapping(key)}) for key in keys]
        return (await self.collection.bulk_write(writes, ordered=False)).matched_count


def stored(document: Document) -> Stored:
    """Return the keys that a document holds."""
    gone = frozenset(document.get("gone", ()))
    key: Mapping[str, Any] | None = document.get("key")
    if key is None:
        return Stored(document["_id"], b"", None, gone)
    return Stored(document["_id"], key["id"], Wrapped(key["master"], key["wrapped"]), gone)


def _described(key: Stored, now: datetime) -> Document:
    return {"id": key.id, "create_time": now, **_wrapped(key)}


def _wrapping(key: Stored) -> Document:
    return {f"key.{name}": value for name, value in _wrapped(key).items()}


def _wrapped(key: Stored) -> Document:
    if key.wrapped is None:
        raise ValueError("there is no key to store")
    return {"wrapped": key.wrapped.key, "master": key.wrapped.master}
