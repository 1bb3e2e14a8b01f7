"""Seals what was stored before texts were sealed, while the service runs."""

import copy
from typing import Any, Final

from pymongo import UpdateOne

from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.documents import Document, Guarded

BATCH: Final = 500


async def seal_stored(aggregates: Aggregates[Any]) -> int:
    """Seal every stored text that is not yet; return of how many documents. They keep version and times.

    What is saved meanwhile by a process that seals is sealed already; by one that does not, it takes another
    run. PyMongoError, Unreadable.
    """
    paths = list(aggregates.sealing.shape.paths())
    if not paths:
        return 0
    count, last = 0, ""
    plain = [{f"state.{path}": {"$gt": ""}} for path in paths]  # only texts are greater than a text
    while True:
        found = aggregates.committed.find({"_id": {"$gt": last}, "$or": plain}, {"outbox": 0})
        documents = await found.sort("_id", 1).limit(BATCH).to_list(None)
        if not documents:
            return count
        count, last = count + await _sealed(aggregates, documents), documents[-1]["_id"]


async def _sealed(aggregates: Aggregates[Any], documents: list[Document]) -> int:
    """Replace states that are still as they were read: a timer may move without a new version."""
    states = [copy.deepcopy(document["state"]) for document in documents]
    await aggregates.sealing.open(documents)
    saves = [
        Guarded({"_id": document["_id"], "state": state}, {"$set": {"state": document["state"]}}, 0)
        for document, state in zip(documents, states, strict=True)
    ]
    await aggregates.sealing.seal(saves)
    writes = [UpdateOne(save.guard, save.update) for save in saves]
    return (await aggregates.collection.bulk_write(writes, ordered=False)).modified_count
