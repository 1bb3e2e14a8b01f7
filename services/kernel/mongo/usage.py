"""How much of a day's allowance is used, added up over all processes and kept over restarts.

A day is that of the machines' real clocks, in UTC. Documents: {_id: "tenant/day/key", tenant_id, n, at}.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError

from services.kernel.fates import Kept
from services.kernel.mongo import attempts
from services.kernel.mongo.documents import Document
from services.kernel.mongo.spans import command

COLLECTION: Final = "usage"
_KEPT: Final = timedelta(days=3)
FATE: Final = Kept("counts by ids, gone after 3 days")
INDEXES: Final = (IndexModel([("at", ASCENDING)], name="ttl", expireAfterSeconds=int(_KEPT.total_seconds())),)


class Use(NamedTuple):
    """What is counted: `key` names what, and of whom, inside an organization."""

    tenant: str
    key: str


def today() -> str:
    """Return the day that is counted now."""
    return datetime.now(UTC).date().isoformat()


class Usage:
    """The counts of one service.

    Methods may also raise PyMongoError when the database does not answer before the caller's deadline.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Document]) -> None:
        self._collection = collection

    async def take(self, use: Use, most: int) -> bool:
        """Count one use today, unless there were `most` already; whether it was counted."""
        within = {"_id": _key(use, today()), "n": {"$lt": most}}
        for _ in range(2):  # the first may collide with another process's very first use of the day
            with suppress(DuplicateKeyError), self._counting():
                await self._collection.update_one(within, _adding(use, 1), upsert=True)
                return True
        return False  # there is a count, and it is not below

    async def give_back(self, use: Use) -> None:
        """Take one use back that was counted today."""
        with self._counting():
            await self._collection.update_one({"_id": _key(use, today())}, {"$inc": {"n": -1}})

    @contextmanager
    def _counting(self) -> Iterator[None]:
        with attempts.budget(attempts.deadline_or_default()), command(self._collection, "update"):
            yield

    async def add(self, day: str, counts: Mapping[Use, int]) -> Mapping[Use, int]:
        """Add what one process counted on a day; return what all of them have by now."""
        if not counts:
            return {}
        writes = [
            UpdateOne({"_id": _key(use, day)}, _adding(use, count), upsert=True)
            for use, count in counts.items()
        ]
        await self._collection.bulk_write(writes, ordered=False)
        keys = {_key(use, day): use for use in counts}
        found = self._collection.find({"_id": {"$in": list(keys)}})
        return {keys[document["_id"]]: document["n"] async for document in found}


def _key(use: Use, day: str) -> str:
    return f"{use.tenant}/{day}/{use.key}"


def _adding(use: Use, count: int) -> Document:
    return {"$inc": {"n": count}, "$setOnInsert": {"tenant_id": use.tenant, "at": datetime.now(UTC)}}
