"""What callers' request ids stand for: an id means one request for a day, whatever that request is about.

An aggregate remembers which requests changed it, and so answers a repeat. It cannot know that an id was used
for another aggregate or another method: that is what is kept here.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel, InsertOne
from pymongo.read_concern import ReadConcern

from services.kernel.fates import Removed
from services.kernel.mongo import attempts
from services.kernel.mongo.documents import Document, require_same
from services.kernel.mongo.model import Cause, Ref, request_cause
from services.kernel.mongo.spans import command
from services.kernel.mongo.trips import Duplicate, reading, writing

COLLECTION: Final = "request_ids"
KEPT: Final = timedelta(hours=24)
"""As long as mail and payment APIs keep an idempotency key."""
FATE: Final = Removed(after="24 hours")
INDEXES: Final = (IndexModel([("at", ASCENDING)], name="ttl", expireAfterSeconds=int(KEPT.total_seconds())),)


class Claims:
    """The request ids of all callers of one service.

    Methods may also raise PyMongoError or TimeoutError when the database does not answer before the caller's
    deadline.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Document]) -> None:
        self._collection = collection
        committed = collection.with_options(read_concern=ReadConcern("majority"))
        self._read = reading(committed)
        self._write = writing(collection)

    async def take(self, tenant: str, cause: Cause) -> bool:
        """Let the id of `cause` stand for its digest; return whether it is new.

        Raises Invalid REQUEST_ID_REUSED when it stands for another one.
        """
        key = f"{tenant}/{cause.id}"
        # The server removes by its own clock, so a development clock must not stamp this.
        document = {"_id": key, "h": cause.digest, "at": datetime.now(UTC)}

        async def attempt() -> bool | None:
            try:
                return await self._write(InsertOne(document))
            except Duplicate:
                known = await self._read(key)
            if known is None:
                return None
            require_same(known["h"], cause.digest)
            return False

        return await attempts.until(attempts.deadline_or_default(), attempt)

    async def forget(self, person: Ref) -> None:
        """Forget all ids of one caller, and with them the digests of what was asked."""
        own = re.escape(f"{person.tenant}/{request_cause(person.id)}")
        await self._collection.delete_many({"_id": {"$regex": f"^{own}"}})

    async def free(self, tenant: str, cause: Cause) -> None:
        """Forget what the id stands for: the request was refused and changed nothing."""
        with command(self._collection, "delete"):
            await self._collection.delete_one({"_id": f"{tenant}/{cause.id}", "h": cause.digest})
