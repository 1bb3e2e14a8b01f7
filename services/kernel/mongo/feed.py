"""What is saved of one kind from now on, by whatever process, as it happens; no more is promised.

A change stream holds one of motor's threads and costs a read per save: open it only while somebody reads.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.model import Ref, Versioned

S = TypeVar("S")

_WAIT_MS: Final = 1000
"""Below `timeoutMS`, or the server ends the wait as a timeout."""
_SAVED: Final[Sequence[Mapping[str, Any]]] = [
    # The relay's own $pull and a timer that only moved leave `saved` alone.
    {
        "$match": {
            "$or": [
                {"operationType": "insert"},
                {"updateDescription.updatedFields.saved": {"$exists": True}},
            ]
        }
    },
    {"$project": {"fullDocument.outbox": 0}},
]


async def follow(
    aggregates: Aggregates[S], visit: Callable[[Ref, Versioned[S]], None], listening: asyncio.Event
) -> None:
    """Let `visit` see every save from when `listening` is set; PyMongoError ends it.

    Saves that come fast may be seen as their latest state only.
    """
    async with aggregates.collection.watch(
        list(_SAVED), full_document="updateLookup", max_await_time_ms=_WAIT_MS
    ) as stream:
        listening.set()
        async for change in stream:
            document = change.get("fullDocument")
            if document is not None:
                await aggregates.sealing.open([document])
                ref = Ref(document["tenant_id"], document["id"])
                visit(ref, aggregates.documents.versioned(document))
