"""What waits in the documents of one kind: events to be published, timers to be fired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from services.kernel import tracing
from services.kernel.mongo import attempts
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.documents import Document
from services.kernel.mongo.spans import shared
from services.kernel.tracing import Trace

# A positional path: the index holds the head of each array only, so there is no flag to keep up to date.
PENDING: Final[Mapping[str, Any]] = {"outbox.0.at": {"$gt": 0}}
DUE: Final[Mapping[str, Any]] = {"due_at": {"$type": "date"}}
EVENTS_PER_DOCUMENT: Final = 100


@dataclass(frozen=True, slots=True)
class Pending:
    """One document's unpublished events, oldest first; the fields are listed in `documents`.

    `writer` is the process that saved it last.
    """

    key: str
    tenant: str
    events: Sequence[Document]
    writer: str


class Timer(NamedTuple):
    """A document whose time has come, and where what follows from that is traced."""

    document: Document
    trace: Trace


async def events(aggregates: Aggregates[Any], limit: int) -> list[Pending]:
    """Return the `limit` documents that have waited longest, never what a failover could roll back."""
    found = (
        aggregates.committed.find(
            PENDING, {"tenant_id": 1, "saved": 1, "outbox": {"$slice": EVENTS_PER_DOCUMENT}}
        )
        .sort("outbox.0.at", 1)
        .limit(limit)
    )
    places: list[Trace] = []
    with shared(aggregates.collection, "find", places):
        waiting = [
            Pending(item["_id"], item["tenant_id"], item["outbox"], item.get("saved", "").partition(":")[0])
            for item in await found.to_list(None)
        ]
        places += _sampled(waiting)
    return waiting


def _sampled(waiting: Sequence[Pending]) -> list[Trace]:
    """Return the places in traces that are kept, of all that told the events."""
    headers = (event["trace"] for item in waiting for event in item.events)
    places = (tracing.sampled(header) for header in headers)
    return list(dict.fromkeys(place for place in places if place is not None))


async def remove(aggregates: Aggregates[Any], published: Sequence[Pending]) -> None:
    """Forget events that the broker acknowledged; what was added meanwhile stays. TimeoutError.

    One update of many documents costs the server less than half of as many updates. The driver does not
    repeat such a one after a lost connection; that is done here, as forgetting twice is the same as once.
    """
    documents = {"_id": {"$in": [item.key for item in published]}}
    told = [event["id"] for item in published for event in item.events]
    forget = {"$pull": {"outbox": {"id": {"$in": told}}}}
    end = attempts.deadline_or_default()
    with attempts.budget(end), shared(aggregates.collection, "update", _sampled(published)):
        await attempts.until(end, lambda: aggregates.collection.update_many(documents, forget))


async def timers(aggregates: Aggregates[Any], now: datetime, limit: int, sample: float) -> list[Timer]:
    """Return the `limit` documents whose time has passed longest ago; each begins a trace."""
    found = aggregates.committed.find({"due_at": {**DUE["due_at"], "$lte": now}}, {"outbox": 0})
    places: list[Trace] = []
    with shared(aggregates.collection, "find", places):
        documents = await found.sort("due_at", 1).limit(limit).to_list(None)
        due = [Timer(document, tracing.begin(sample)) for document in documents]
        places += sampled(due)
    return due


def sampled(due: Sequence[Timer]) -> list[Trace]:
    """Return the places of those whose spans are kept."""
    return [timer.trace for timer in due if timer.trace.sampled]


async def save(
    aggregates: Aggregates[Any], writes: Sequence[UpdateOne], places: Sequence[Trace] = ()
) -> tuple[int, set[int]]:
    """Return how many guarded updates matched, and the places of those that the database refused.

    `places` are those in traces of whom the writes are.
    """
    try:
        with shared(aggregates.collection, "bulkWrite", places):
            result = await aggregates.collection.bulk_write(list(writes), ordered=False)
    except BulkWriteError as error:
        return error.details["nModified"], {problem["index"] for problem in error.details["writeErrors"]}
    finally:
        aggregates.news.ring(aggregates.kind.collection)
    return result.modified_count, set()
