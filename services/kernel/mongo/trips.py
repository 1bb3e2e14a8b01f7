"""Round trips for many callers of one collection; each learns what became of its own."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.kernel.mongo.attempts import Unsure
from services.kernel.mongo.documents import Document
from services.kernel.mongo.spans import command
from services.kernel.mongo.together import Together

Write = InsertOne[Document] | UpdateOne
_DUPLICATE: Final = 11_000


class Duplicate(Exception):  # noqa: N818 -- what was found
    """A unique index has it already; `is_id` tells whether that is the one of `_id`."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__()
        self.is_id = "_id" in problem["keyPattern"]


def reading(collection: AsyncIOMotorCollection[Document]) -> Together[str, Document | None]:
    """Return what reads single documents by `_id`, as `read_together` does; each caller has a span."""
    return Together(partial(read_together, collection), partial(command, collection, "find"))


def writing(collection: AsyncIOMotorCollection[Document]) -> Together[Write, bool]:
    """Return what writes single documents, as `write_together` does; each caller has a span."""
    return Together(partial(write_together, collection), partial(command, collection, "bulkWrite"))


async def read_together(
    collection: AsyncIOMotorCollection[Document], keys: Sequence[str]
) -> list[Document | None]:
    """Return the document of each `_id`, without its outbox, or None."""
    found = await collection.find({"_id": {"$in": list(keys)}}, {"outbox": 0}).to_list(None)
    documents = {document["_id"]: document for document in found}
    return [documents.get(key) for key in keys]


async def write_together(
    collection: AsyncIOMotorCollection[Document], writes: Sequence[Write]
) -> list[bool | Exception]:
    """Return for each write whether it was applied; False is a guard that did not match.

    Duplicate for a broken unique index. Unsure for updates of which some matched: the server tells how many,
    not which. Raises Unsure or PyMongoError when the outcome of all is unknown.
    """
    problems: dict[int, Mapping[str, Any]] = {}
    try:
        matched = (await collection.bulk_write(list(writes), ordered=False)).matched_count
    except BulkWriteError as error:
        matched = error.details["nMatched"]
        problems = duplicates(error)
    updates = sum(isinstance(write, UpdateOne) for write in writes)
    tried = updates - sum(isinstance(writes[place], UpdateOne) for place in problems)
    updated: bool | Exception = Unsure() if 0 < matched < tried else matched > 0
    return [
        Duplicate(problems[place])
        if place in problems
        else (updated if isinstance(write, UpdateOne) else True)
        for place, write in enumerate(writes)
    ]


async def upsert_together(
    collection: AsyncIOMotorCollection[Document], upserts: Sequence[UpdateOne]
) -> list[bool]:
    """Return for each upsert whether it was applied; False: there is a document, and the guard missed it."""
    try:
        await collection.bulk_write(list(upserts), ordered=False)
    except BulkWriteError as error:
        missed = duplicates(error)
        return [place not in missed for place in range(len(upserts))]
    return [True] * len(upserts)


def duplicates(error: BulkWriteError) -> dict[int, Mapping[str, Any]]:
    """Return what broke a unique index, by place in the batch; the rest was applied as far as it matched.

    Raises Unsure when the set's majority did not confirm, and `error` itself for any other problem.
    """
    details: Mapping[str, Any] = error.details
    if details["writeConcernErrors"]:
        raise Unsure from error
    problems = {problem["index"]: problem for problem in details["writeErrors"]}
    if any(problem["code"] != _DUPLICATE for problem in problems.values()):
        raise error
    return problems
