"""What is kept about one person: their own texts opened, those of others left out."""

from datetime import datetime
from typing import Any, NamedTuple

from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.documents import Document
from services.kernel.mongo.model import Kind, Ref
from services.kernel.mongo.spans import command
from services.kernel.personal import INDEX, ITSELF


class Kept(NamedTuple):
    """One document as it may be handed out: its state without what is withheld."""

    collection: str
    id: str
    content: Document
    create_time: datetime
    update_time: datetime


async def about(aggregates: Aggregates[Any], person: Ref, after: str, limit: int) -> list[Kept]:
    """Return up to `limit` documents about a person with ids after `after`, in the order of ids.

    PyMongoError, Unreadable.
    """
    asked = {"$and": [concerning(aggregates.kind, person), {"id": {"$gt": after}}]}
    found = aggregates.committed.find(asked, {"outbox": 0, "seen": 0})
    with command(aggregates.collection, "find"):
        documents = await found.sort("id", 1).limit(limit).to_list(None)
    for document in documents:
        _leave_out(aggregates, document, person.id)
    await aggregates.sealing.open(documents)
    return [_kept(aggregates, document) for document in documents]


def concerning(kind: Kind[Any], person: Ref) -> Document:
    """Return the condition of a kind's documents about a person; the kind says whom they concern."""
    return {"tenant_id": person.tenant, "$or": [{_path(path): person.id} for path in kind.concerns]}


def _path(path: str) -> str:
    return "id" if path == ITSELF else f"state.{path}"


def _leave_out(aggregates: Aggregates[Any], document: Document, person: str) -> None:
    """Drop entries and empty texts that are somebody else's; who is only named in a text does not own it."""
    for field in aggregates.kind.personwise:
        entries = document["state"].get(field, ())
        document["state"][field] = [entry for entry in entries if entry["person"] == person]
    for text in aggregates.shape.texts(document["state"], document["id"]):
        if text.owners[0] != person:
            text.holder[text.key] = ""


def _kept(aggregates: Aggregates[Any], document: Document) -> Kept:
    hidden = {INDEX, *aggregates.kind.withheld}
    content = {name: value for name, value in document["state"].items() if name not in hidden}
    return Kept(
        aggregates.kind.collection,
        document["id"],
        content,
        document["create_time"],
        document["update_time"],
    )
