"""Seals and opens the marked texts of whole documents of one collection, where they lie.

Of a sealed text nothing is readable in the database; texts of a searchable field can be compared as a whole,
by a digest under a key of the organization. What was stored before texts were sealed stays readable.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from services.kernel.mongo.documents import Document, Guarded
from services.kernel.mongo.model import Query
from services.kernel.personal import INDEX, Shape, Text
from services.kernel.vault import INDEX_KEY, DataKey, Keys, Vault
from services.kernel.vault.cipher import key_id

_DIGEST_BYTES: Final = 16
NOT_SEALED: Final[Mapping[str, Any]] = {"$type": "string"}
"""Of a searchable field: it lies there as it was stored before texts were sealed."""

Save = Document | Guarded
"""A new document, or the update of one."""


class AsIs:
    """Seals nothing: for states without marked texts, and for development without keys."""

    shape: Final = Shape({}, {})

    async def open(self, documents: Sequence[Document]) -> None:
        """Leave stored documents as they are."""

    async def seal(self, saves: Sequence[Save]) -> None:
        """Leave what will be stored as it is."""

    async def asked(self, _: str, query: Query) -> Query:
        """Return the query."""
        return query


AS_IS: Final = AsIs()


class Sealing:
    """The marked texts of one collection. All methods may raise what the vault raises."""

    def __init__(self, shape: Shape, collection: str, vault: Vault) -> None:
        self.shape = shape
        self._collection = collection
        self._vault = vault

    async def open(self, documents: Sequence[Document]) -> None:
        """Make every sealed text of stored documents readable; "" where the key of one was destroyed.

        Raises KeyMissing and Tampered.
        """
        found = [
            (document["tenant_id"], text)
            for document in documents
            for text in self.shape.texts(document["state"], document["id"])
            if isinstance(text.holder[text.key], bytes)
        ]
        owners = _owners(found)
        keys = self._vault.remembered(owners)
        if keys is None:
            keys = await self._vault.keys(owners)
        for tenant, text in found:
            if isinstance(text.holder[text.key], bytes):  # who read the same document may have been faster
                text.holder[text.key] = self._opened(tenant, text, keys)

    async def seal(self, saves: Sequence[Save]) -> None:
        """Seal every text of what will be stored, in place. KeyMissing."""
        states = [state for save in saves if (state := _state(save)) is not None]
        found = [(tenant, text) for tenant, key, state in states for text in self.shape.texts(state, key)]
        owners = _owners(found)
        if self.shape.searchable:
            owners |= {_owner(tenant, INDEX_KEY) for tenant, _, _ in states}
        keys = await self._vault.making(owners)
        if self.shape.searchable:
            for tenant, _, content in states:
                content[INDEX] = self._index(content, keys[_owner(tenant, INDEX_KEY)])
        for tenant, text in found:
            text.holder[text.key] = self._sealed(tenant, text, keys)

    async def asked(self, tenant: str, query: Query) -> Query:
        """Return the query with a searchable text looked for by its digest, or as stored before.

        ValueError for two of them, for alternatives beside one, and for other conditions than "$in".
        """
        fields = [field for field in self.shape.searchable if field in query.where]
        if not fields:
            return query
        if len(fields) > 1 or query.either:
            raise ValueError("one searchable field at a time, and no alternatives beside it")
        owner = _owner(tenant, INDEX_KEY)
        key = (await self._vault.making((owner,)))[owner]
        rest = {path: value for path, value in query.where.items() if path != fields[0]}
        return replace(query, where=rest, either=self._either(key, fields[0], _texts(query.where[fields[0]])))

    def _either(self, key: DataKey, field: str, texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        digests = [self._digest(key, field, text) for text in texts]
        return ({f"{INDEX}.{field}": {"$in": digests}}, {field: {"$in": texts, **NOT_SEALED}})

    def _index(self, state: Document, key: DataKey) -> Document:
        texts = {field: state[field] for field in self.shape.searchable if state.get(field)}
        return {field: self._digest(key, field, text) for field, text in texts.items()}

    def _digest(self, key: DataKey, field: str, text: str) -> bytes:
        about = f"{self._collection}.{field}\0{text}".encode()
        return hmac.digest(key.raw, about, "sha256")[:_DIGEST_BYTES]

    def _sealed(self, tenant: str, text: Text, keys: Mapping[str, DataKey]) -> bytes:
        """Return the text under the keys of all its owners, one around the other."""
        body: bytes = text.holder[text.key].encode()
        for person in text.owners:
            body = keys[_owner(tenant, person)].seal(body, self._place(tenant, person, text.path))
        return body

    def _opened(self, tenant: str, text: Text, keys: Mapping[str, Keys]) -> str:
        body: bytes = text.holder[text.key]
        for person in reversed(text.owners):
            key = keys[_owner(tenant, person)].by_id(key_id(body))
            if key is None:
                return ""
            body = key.open(body, self._place(tenant, person, text.path))
        return body.decode()

    def _place(self, tenant: str, person: str, path: str) -> bytes:
        """Return what binds a text to its owner and its field."""
        return f"{tenant}|{person}|{self._collection}.{path}".encode()


def _state(save: Save) -> tuple[str, str, Document] | None:
    """Return (tenant, id, state) of a save, None when it leaves the state alone."""
    if not isinstance(save, Guarded):
        return save["tenant_id"], save["id"], save["state"]
    tenant, _, key = save.guard["_id"].partition("/")
    state = save.update["$set"].get("state")
    return None if state is None else (tenant, key, state)


def _owner(tenant: str, person: str) -> str:
    return f"{tenant}/{person}"


def _owners(found: Sequence[tuple[str, Text]]) -> set[str]:
    return {_owner(tenant, person) for tenant, text in found for person in text.owners}


def _texts(wanted: Any) -> Sequence[str]:
    if isinstance(wanted, str):
        return [wanted]
    if isinstance(wanted, Mapping) and wanted.keys() == {"$in"}:
        return list(wanted["$in"])
    raise ValueError("a searchable field is looked for by whole texts only")
