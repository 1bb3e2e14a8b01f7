"""What is kept of one call, and the chain of an organization's entries in one service. Pure.

An entry is written at once, by whichever process answered the call, and never changed. A block, made within a
second by one process of the service, puts entries in order and binds each to the one before it:
hash = SHA-256(hash of the one before, place in the chain, everything in the entry).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

Document = dict[str, Any]
GENESIS: Final = "0" * 64
"""What the first entry of a chain is bound to."""
STARTED: Final = "STARTED"
"""In place of a code: a stream began, and how it ended stands in a later entry of the same call."""


class Change(msgspec.Struct, frozen=True):
    """One aggregate that a call changed, with its version before (0: it was new) and after."""

    kind: str
    id: str
    before: int
    after: int


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. Ids, codes and digests only: no name, no text that a person wrote.

    `code` is the status, or STARTED. `resources` are names the request was about. `digest` is the SHA-256 of
    the request's bytes, "" for streams. `etag` came with the request, `new_etag` went with the answer.
    `address` and `agent` say from where; `behalf` is the person for whom another service says it calls.
    """

    id: str
    tenant: str
    at: datetime
    caller: str
    roles: Sequence[str]
    method: str
    code: str
    call: str
    reason: str = ""
    behalf: str = ""
    resources: Sequence[str] = ()
    changes: Sequence[Change] = ()
    digest: str = ""
    etag: str = ""
    new_etag: str = ""
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Entries in the order of the chain: `ids` and their `hashes`.

    `number` counts an organization's blocks from 1, `first` is the place of the first entry, counted from 1.
    `previous` is the last hash of the block before, made at `previous_at`.
    """

    tenant: str
    number: int
    first: int
    at: datetime
    previous: str
    previous_at: datetime | None
    ids: Sequence[str]
    hashes: Sequence[str]

    @property
    def next(self) -> int:
        """Return the place of the next entry."""
        return self.first + len(self.ids)


def bound(previous: str, place: int, document: Document) -> str:
    """Return the hash of an entry at a place of the chain.

    It covers the whole document as it is stored, so that a build does not have to know every field of it.
    """
    content = msgspec.json.encode(document, order="deterministic")
    return hashlib.sha256(f"{previous}\n{place}\n".encode() + content).hexdigest()


def chained(last: Block | None, documents: Sequence[Document], now: datetime) -> Block:
    """Return the block that puts stored entries of one organization, in order, behind the last one."""
    place = last.next if last else 1
    previous = hash_ = last.hashes[-1] if last else GENESIS
    hashes = []
    for step, document in enumerate(documents):
        hash_ = bound(hash_, place + step, document)
        hashes.append(hash_)
    return Block(
        tenant=documents[0]["tenant_id"],
        number=last.number + 1 if last else 1,
        first=place,
        at=now,
        previous=previous,
        previous_at=last.at if last else None,
        ids=[document["_id"] for document in documents],
        hashes=hashes,
    )


def stored(entry: Entry) -> Document:
    """Return the document of an entry."""
    fields: dict[str, Any] = msgspec.to_builtins(entry, builtin_types=(datetime,))
    return {"_id": fields.pop("id"), "tenant_id": fields.pop("tenant"), **fields}


def restored(document: Mapping[str, Any]) -> Entry:
    """Return the entry of a document."""
    fields = {**document, "id": document["_id"], "tenant": document["tenant_id"]}
    del fields["_id"], fields["tenant_id"]
    return msgspec.convert(fields, Entry, builtin_types=(datetime,))
