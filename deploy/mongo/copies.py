"""Copies of databases in a folder, counted and hashed.

`<database>/<collection>.bson` holds the documents of a collection one after the other, as mongodump writes
them, in the order of their ids; `manifest.json` tells how many they are, and their SHA-256.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

KEYS: Final = "_keys"
"""Ending of the databases that hold the keys of people."""
MANIFEST: Final = "manifest.json"
_OF_THE_SERVER: Final = frozenset({"admin", "config", "local"})
_RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(RawBSONDocument)
_BATCH: Final = 500

Client = MongoClient[RawBSONDocument]
Part = Literal["data", "keys"]


class BackupError(Exception):
    """What cannot be copied, or is not as the manifest says; one line each."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One collection: `sha256` is of its documents in the order of their ids."""

    database: str
    collection: str
    documents: int
    sha256: str

    @property
    def file(self) -> str:
        """Return its place in the folder."""
        return f"{self.database}/{self.collection}.bson"


def databases(client: Client, part: Part, only: Sequence[str] = ()) -> list[str]:
    """Return the databases of a part, or those of `only` that belong to it."""
    names = [name for name in client.list_database_names() if name not in _OF_THE_SERVER]
    chosen = [name for name in names if name.endswith(KEYS) == (part == "keys")]
    return sorted(name for name in chosen if not only or name in only)


def dump(client: Client, names: Sequence[str], folder: Path) -> list[Copied]:
    """Copy databases into a folder, which must be new. Raises BackupError, PyMongoError.

    One snapshot of all: MongoDB keeps it for five minutes, or minSnapshotHistoryWindowInSeconds.
    """
    if not names:
        raise BackupError("there are no such databases")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BackupError(f"{folder} exists: name a folder that does not") from None
    taken = datetime.now(UTC)
    with client.start_session(snapshot=True) as session:
        copied = [
            _dumped(client, session, folder / name, collection)
            for name in names
            for collection in _collections(client, name)
        ]
    manifest = {"time": taken.isoformat(timespec="seconds"), "collections": [asdict(one) for one in copied]}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return copied


def restore(client: Client, folder: Path, *, drop: bool = False) -> list[Copied]:
    """Copy a folder back and compare what is there then. Raises BackupError, PyMongoError.

    The files are checked before anything is changed. Databases that hold documents are refused, unless `drop`
    lets them be dropped first.
    """
    expected = manifest(folder)
    damaged = [one.file for one in expected if _read(folder, one) != one]
    if damaged:
        raise BackupError("\n".join(f"{file} is not as it was written" for file in damaged))
    names = sorted({one.database for one in expected})
    filled = [name for name in names if any(_documents(client, name))]
    if filled and not drop:
        raise BackupError("\n".join(f"{name} holds documents: --drop replaces it" for name in filled))
    for name in names:
        client.drop_database(name)
    for one in expected:
        _fill(client[one.database][one.collection], folder / one.file)
    verify(client, folder)
    return expected


def verify(client: Client, folder: Path) -> list[Copied]:
    """Compare the databases with a folder. BackupError says what differs."""
    expected = manifest(folder)
    with client.start_session(snapshot=True) as session:
        found = [_counted(client[one.database][one.collection], session) for one in expected]
    differing = [
        f"{was.database}.{was.collection} has {now.documents} documents, {was.documents} in the backup"
        + (", with other content" if now.documents == was.documents else "")
        for was, now in zip(expected, found, strict=True)
        if was != now
    ]
    if differing:
        raise BackupError("\n".join(differing))
    return expected


def manifest(folder: Path) -> list[Copied]:
    """Return what a folder holds. BackupError when it is no whole backup."""
    try:
        told = json.loads((folder / MANIFEST).read_text())
        return [Copied(**one) for one in told["collections"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{folder} is no whole backup: {MANIFEST}: {error}") from error


def _collections(client: Client, database: str) -> list[str]:
    listed = client[database].list_collections(filter={"type": "collection"})
    names = (str(entry["name"]) for entry in listed)
    return sorted(name for name in names if not name.startswith("system."))


def _documents(client: Client, database: str) -> Iterator[RawBSONDocument]:
    for collection in _collections(client, database):
        yield from client[database][collection].find(limit=1)


def _dumped(client: Client, session: ClientSession, folder: Path, collection: str) -> Copied:
    folder.mkdir(exist_ok=True)
    stored = _stored(client[folder.name][collection], session)
    with (folder / f"{collection}.bson").open("wb") as file:
        return _summed(folder.name, collection, (document for document in stored if file.write(document)))


def _counted(collection: Collection[RawBSONDocument], session: ClientSession) -> Copied:
    return _summed(collection.database.name, collection.name, _stored(collection, session))


def _summed(database: str, collection: str, documents: Iterable[bytes]) -> Copied:
    digest, count = hashlib.sha256(), 0
    for document in documents:
        digest.update(document)
        count += 1
    return Copied(database, collection, count, digest.hexdigest())


def _stored(collection: Collection[RawBSONDocument], session: ClientSession) -> Iterator[bytes]:
    with closing(collection.find(session=session).sort("_id").hint([("_id", 1)])) as documents:
        yield from (bytes(document.raw) for document in documents)


def _read(folder: Path, one: Copied) -> Copied:
    try:
        documents = (bytes(document.raw) for document in _documents_of(folder / one.file))
        return _summed(one.database, one.collection, documents)
    except (OSError, BSONError) as error:
        raise BackupError(f"{one.file}: {error}") from error


def _documents_of(file: Path) -> Iterator[RawBSONDocument]:
    with file.open("rb") as stream:
        yield from decode_file_iter(stream, _RAW)


def _fill(collection: Collection[RawBSONDocument], file: Path) -> None:
    documents = _documents_of(file)
    while batch := list(islice(documents, _BATCH)):
        collection.insert_many(batch, ordered=False, bypass_document_validation=True)
