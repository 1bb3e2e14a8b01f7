"""One service's database: connection, collections, indexes, leases and the doorbell."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Self, TypeVar

import pymongo
from motor.frameworks.asyncio import max_workers
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel

from services.kernel.clock import Clock
from services.kernel.fates import COPY, Fate
from services.kernel.mongo import claims, keys, lease, trail, usage
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.documents import CODEC, Document
from services.kernel.mongo.model import Kind
from services.kernel.mongo.news import News
from services.kernel.mongo.pending import DUE, PENDING
from services.kernel.mongo.projection import Projection
from services.kernel.mongo.sealing import AS_IS, NOT_SEALED, Sealing
from services.kernel.personal import INDEX, Shape, shape_of
from services.kernel.vault import Master, Vault

S = TypeVar("S")

_OPTIONS: Final[dict[str, Any]] = {
    # Each operation holds one of motor's threads, so more connections would never be used.
    "maxPoolSize": max_workers,
    "minPoolSize": 2,
    "timeoutMS": 5000,
    "serverSelectionTimeoutMS": 3000,
    "uuidRepresentation": "standard",
    # zlib is left out: mongod below 6.0.27 reads past its buffer with it.
    "compressors": "snappy,zstd",
}
_DOORBELL_WAIT_MS: Final = 1000
"""Below `timeoutMS`, or the server ends the wait as a timeout."""


class Database:
    """Connects lazily; make it inside the running event loop. `name` is also the client's name in logs.

    Personal texts are sealed under keys that `master` wraps and that lie in the database `<name>_keys`;
    without it they are stored as they are. `options` are further ones of the driver: TLS and login. The audit
    log lies in the database `<name>_audit`, and `retention` is how long it keeps entries. `fates` says
    of every collection so far what becomes of a person's documents at erasure; None: nobody said so.
    """

    def __init__(
        self,
        url: str,
        name: str,
        clock: Clock,
        master: Master | None = None,
        options: Mapping[str, Any] = MappingProxyType({}),
        retention: timedelta = timedelta(days=400),
    ) -> None:
        given = {**_OPTIONS, **options}
        self.client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(url, appname=name, **given)
        self.name = name
        self._database = self.client.get_database(name, codec_options=CODEC)
        self._clock = clock
        kept = self.client.get_database(f"{name}_keys", codec_options=CODEC)
        self.keys = keys.KeyStore(kept.get_collection(keys.COLLECTION), clock)
        self.vault = None if master is None else Vault(master, self.keys)
        self.news = News()
        self._indexes: dict[str, Sequence[IndexModel]] = {
            claims.COLLECTION: claims.INDEXES,
            usage.COLLECTION: usage.INDEXES,
        }
        self.fates: dict[str, Fate[Any] | None] = {
            claims.COLLECTION: claims.FATE,
            usage.COLLECTION: usage.FATE,
            lease.COLLECTION: lease.FATE,
        }
        self.claims = claims.Claims(self._collection(claims.COLLECTION))
        self._retention = retention
        self.trail = trail.Trail(self.client.get_database(f"{name}_audit", codec_options=CODEC))
        self.usage = usage.Usage(self._collection(usage.COLLECTION))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop all connections."""
        self.client.close()

    async def ping(self) -> None:
        """Return once the server answers. PyMongoError after 3 s."""
        await self._database.command("ping")

    def aggregates(self, kind: Kind[S]) -> Aggregates[S]:
        """Return the aggregates of a kind."""
        shape = shape_of(kind.state)
        self._indexes[kind.collection] = _aggregate_indexes(kind, shape)
        self.fates[kind.collection] = kind.erasure
        vault = self.vault if shape else None
        sealing = AS_IS if vault is None else Sealing(shape, kind.collection, vault)
        return Aggregates(self._collection(kind.collection), kind, self._clock, self.news, sealing)

    def projection(
        self, name: str, state: type[S], *, indexes: Sequence[tuple[str, ...]] = ()
    ) -> Projection[S]:
        """Return a copy of what others told; `indexes` are state paths that `find` filters by.

        TypeError for a state with personal texts: they stay with the service that owns them.
        """
        if shape_of(state):
            raise TypeError(f"{state.__name__} has personal texts")
        self._indexes[name] = [_index(), *(_index(*paths) for paths in indexes)]
        self.fates[name] = COPY
        return Projection(self._collection(name), state)

    def lease(self, name: str, ttl: float) -> lease.Lease:
        """Return this process's view of a lease of `ttl` seconds."""
        return lease.Lease(self._collection(lease.COLLECTION), name, ttl)

    async def migrate(self) -> None:
        """Create the indexes of every collection asked for so far; those that exist stay.

        One of a large collection takes longer than any call may, so there is no limit but the caller's own.
        """
        with pymongo.timeout(0):  # None would leave the limit of the client in force
            for name, indexes in self._indexes.items():
                await self._collection(name).create_indexes(list(indexes))
            await self.trail.migrate(self._retention)

    async def missing_indexes(self) -> list[str]:
        """Return what `migrate` would create, as collection.index."""
        missing = []
        for name, indexes in self._indexes.items():
            there = await self._collection(name).index_information()
            missing += [
                f"{name}.{made}" for index in indexes if (made := index.document["name"]) not in there
            ]
        return missing

    async def listen(self, collections: Sequence[str]) -> None:
        """Ring `news.bell` when listening, and for what other processes save; PyMongoError ends it.

        It holds one of motor's threads while it listens.
        """
        async with self._database.watch(
            self.news.of_others(collections), max_await_time_ms=_DOORBELL_WAIT_MS
        ) as stream:
            self.news.ring(*collections)
            async for change in stream:
                self.news.ring(change["ns"]["coll"])

    def _collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        return self._database.get_collection(name)


def _index(*paths: str) -> IndexModel:
    keys = ["tenant_id", *(f"state.{path}" for path in paths), "create_time", "id"]
    return IndexModel([(key, ASCENDING) for key in keys])


def _text_indexes(field: str) -> list[IndexModel]:
    """Return the index of a searchable text's digest, and that of those stored before they were sealed."""
    plain = [("tenant_id", ASCENDING), (f"state.{field}", ASCENDING)]
    unsealed = {f"state.{field}": dict(NOT_SEALED)}
    return [
        _index(f"{INDEX}.{field}"),
        IndexModel(plain, name=f"plain_{field}", partialFilterExpression=unsealed),
    ]


def _aggregate_indexes(kind: Kind[Any], shape: Shape) -> list[IndexModel]:
    indexes = [
        IndexModel([("outbox.0.at", ASCENDING)], name="pending", partialFilterExpression=PENDING),
        IndexModel([("due_at", ASCENDING)], name="due", partialFilterExpression=DUE),
        _index(),
        *(_index(*paths) for paths in kind.indexes),
        *(index for field in shape.searchable for index in _text_indexes(field)),
    ]
    if kind.unique is None:
        return indexes
    field, _ = kind.unique
    # Only while the tuple holds something: a released element is free again.
    held = {f"state.{field}.0": {"$exists": True}}
    keys = [("tenant_id", ASCENDING), (f"state.{field}", ASCENDING)]
    return [*indexes, IndexModel(keys, name="unique", unique=True, partialFilterExpression=held)]
