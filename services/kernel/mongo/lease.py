"""One holder at a time, by the server's clock. A new holder has a higher `epoch`."""

import os
import socket
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument

from services.kernel import metrics
from services.kernel.crash import crash_point
from services.kernel.fates import Kept
from services.kernel.mongo.documents import Document

COLLECTION: Final = "leases"
FATE: Final = Kept("which process does what, about no person")
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _claim(owner: str, ttl: float) -> list[dict[str, Any]]:
    """Return the update that takes a free or own lease and leaves any other alone.

    A pipeline: $expr is refused in the filter of an upsert.
    """
    mine = {"$eq": ["$owner", owner]}
    free = {"$lt": [{"$ifNull": ["$until", _NEVER]}, "$$NOW"]}
    next_epoch = {"$cond": [mine, "$epoch", {"$add": [{"$ifNull": ["$epoch", 0]}, 1]}]}
    until = {"$add": ["$$NOW", int(ttl * 1000)]}
    return [
        {"$set": {"_taken": {"$or": [mine, free]}}},
        {
            "$set": {
                "epoch": {"$cond": ["$_taken", next_epoch, "$epoch"]},
                "until": {"$cond": ["$_taken", until, "$until"]},
                "owner": {"$cond": ["$_taken", owner, "$owner"]},
            }
        },
        {"$unset": "_taken"},
    ]


class Lease:
    """A named lease of `ttl` seconds. A dead holder's lease is free after at most that time."""

    def __init__(self, collection: AsyncIOMotorCollection[Document], name: str, ttl: float) -> None:
        self._collection = collection
        self._name = name
        self.ttl = ttl
        # New for each process start: a restart must not take its old lease for its own.
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4()}"
        self._until = 0.0
        self.epoch = 0

    @property
    def left(self) -> float:
        """Return for how many seconds it is surely ours; negative when lost."""
        return self._until - time.monotonic()

    async def acquire(self) -> bool:
        """Take or renew it; whether it is ours."""
        metrics.LEASE_HELD.labels(self._name).set_function(lambda: float(self.left > 0))
        asked = time.monotonic()
        found = await self._collection.find_one_and_update(
            {"_id": self._name},
            _claim(self._owner, self.ttl),
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if found["owner"] != self._owner:
            self._until = 0.0
            return False
        self.epoch, self._until = found["epoch"], asked + self.ttl
        crash_point("after_lease_taken")
        return True

    async def release(self) -> None:
        """Let the next one have it at once."""
        self._until = 0.0
        await self._collection.update_one(
            {"_id": self._name, "owner": self._owner},
            [{"$set": {"owner": None, "until": {"$subtract": ["$$NOW", 1]}}}],
        )
