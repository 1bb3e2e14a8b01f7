"""In-memory stand-ins. Each passes the behaviour suite of what it stands for (tests/kernel/test_mongo_*)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from services.kernel.audit.entry import Entry
from services.kernel.clock import Clock
from services.kernel.errors import AlreadyExists, Refused
from services.kernel.mongo import Cause, Decide, Kind, Outcome, Page, Query, Ref, Save, Versioned, pages
from services.kernel.mongo.aggregates import not_found
from services.kernel.mongo.documents import (
    REMEMBERED_CAUSES,
    Document,
    Documents,
    Guarded,
    is_repeat,
    plain,
    require_etag,
    require_same,
    restored,
)
from services.kernel.mongo.model import request_cause
from services.kernel.mongo.usage import Use
from services.kernel.rpc.books import Books
from services.kernel.vault import Stored

S = TypeVar("S")


class Aggregates(Generic[S]):
    """`kernel.mongo.Aggregates` without a database.

    `rows` are the documents in the order they came; their `outbox` keeps all events, as nothing relays them.
    """

    def __init__(self, kind: Kind[S], clock: Clock) -> None:
        self.kind = kind
        self.documents = Documents(kind)
        self.rows: dict[str, Document] = {}
        self._clock = clock
        self._pages = pages.Pages(kind.collection)

    @property
    def outbox(self) -> list[Document]:
        """Every event told so far, in the order it was told; the fields are those of the stored outbox."""
        told = [
            {**event, "tenant": row["tenant_id"]} for row in self.rows.values() for event in row["outbox"]
        ]
        return sorted(told, key=lambda event: int(event["at"]))

    async def get(self, ref: Ref) -> Versioned[S]:
        return self.documents.versioned(self._row(ref))

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        found = {key: self.rows.get(Ref(tenant, key).key) for key in ids}
        return {key: self.documents.versioned(row) for key, row in found.items() if row is not None}

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        row = self.documents.created(ref, state, events, cause, self._clock.now())
        known = self.rows.get(ref.key)
        if known is None:
            self._require_unique(row)
            self.rows[ref.key] = row
            return self.documents.versioned(row)
        if not is_repeat(known, cause):
            raise AlreadyExists("ALREADY_EXISTS", "the name is taken")
        return self.documents.versioned(known)

    async def change(
        self,
        ref: Ref,
        decide: Decide[S],
        cause: Cause,
        *,
        etag: str = "",
        known: Versioned[S] | None = None,  # noqa: ARG002 -- here nothing is spared
    ) -> Versioned[S]:
        row = self._row(ref)
        before = self.documents.versioned(row)
        if is_repeat(row, cause):
            return before
        require_etag(before.version, etag)
        state, events = decide(before.state)
        if not events:
            return before
        self.save(self.documents.changed(row, state, events, cause, self._clock.now()))
        return self.documents.versioned(self._row(ref))

    async def list(self, tenant: str, query: Query) -> Page[S]:
        rows, token = _page(self._pages, self.rows.values(), tenant, query)
        items = [(row["id"], self.documents.versioned(_without(row, query.without))) for row in rows]
        return Page(items, token)

    async def values(self, tenant: str, query: Query, paths: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        rows, _ = _page(self._pages, self.rows.values(), tenant, query)
        return [pages.values_at(row["state"], paths) for row in rows]

    async def most_frequent(
        self, tenant: str, path: str, where: Mapping[str, Any], most: int
    ) -> Sequence[tuple[Any, int]]:
        rows = [row for row in self.rows.values() if row["tenant_id"] == tenant and _fits(row, where)]
        counted = Counter(value for row in rows for value in _at(row["state"], path.split(".")))
        return sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:most]

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        if any(change.ref.tenant != tenant for change in changes):
            raise ValueError("a batch is of one tenant")
        if len({change.ref for change in changes}) != len(changes):
            raise ValueError("a batch names each aggregate once")
        return [await self._apply(change) for change in changes]

    async def _apply(self, change: Save[S]) -> Outcome:
        known = self.rows.get(change.ref.key)
        if known is not None and is_repeat(known, change.cause):
            return Outcome.UNCHANGED
        decision = change.decide(None if known is None else self.documents.versioned(known).state)
        if decision is None or (known is not None and not decision[1]):
            return Outcome.UNCHANGED
        if known is None:
            await self.create(change.ref, *decision, change.cause)
            return Outcome.CREATED
        self.save(self.documents.changed(known, *decision, change.cause, self._clock.now()))
        return Outcome.UPDATED

    def save(self, save: Guarded) -> None:
        """Do what the database does with a guarded update that matches."""
        row = self.rows[save.guard["_id"]]
        changed = {**row, **save.update["$set"]}
        self._require_unique(changed)
        pushed = save.update.get("$push", {})
        for field in save.update.get("$unset", {}):
            changed.pop(field, None)
        changed["outbox"] = [*row["outbox"], *pushed.get("outbox", {}).get("$each", ())]
        seen = [*row["seen"], *pushed.get("seen", {}).get("$each", ())]
        changed["seen"] = seen[-REMEMBERED_CAUSES:]
        self.rows[row["_id"]] = changed

    def _row(self, ref: Ref) -> Document:
        if ref.key not in self.rows:
            raise not_found()
        return self.rows[ref.key]

    def _require_unique(self, row: Document) -> None:
        if self.kind.unique is None:
            return
        field, reason = self.kind.unique
        for other in self.rows.values():
            shared = set(other["state"][field]) & set(row["state"][field])
            if shared and other["_id"] != row["_id"] and other["tenant_id"] == row["tenant_id"]:
                raise Refused(reason, "taken")


class Projection(Generic[S]):
    """`kernel.mongo.Projection` without a database."""

    def __init__(self, state: type[S]) -> None:
        self._state = state
        self._copies: dict[Ref, tuple[int, Any]] = {}
        self._pages = pages.Pages("copies")

    async def put(self, ref: Ref, state: S, sequence: int) -> bool:
        return await self.fold(ref, sequence, lambda _: state)

    async def fold(self, ref: Ref, sequence: int, step: Callable[[S | None], S]) -> bool:
        known, _ = self._copies.get(ref, (-1, None))
        if known >= sequence:
            return False
        self._copies[ref] = (sequence, plain(step(await self.get(ref))))
        return True

    async def get(self, ref: Ref) -> S | None:
        found = self._copies.get(ref)
        return None if found is None else restored(found[1], self._state)

    async def find(self, tenant: str, where: Mapping[str, Any] | None = None) -> Sequence[tuple[str, S]]:
        return [
            (ref.id, restored(copy, self._state))
            for ref, (_, copy) in sorted(self._copies.items(), key=lambda item: item[0].id)
            if ref.tenant == tenant and _fits({"state": copy}, where or {})
        ]

    async def page(self, tenant: str, query: Query) -> tuple[Sequence[tuple[str, S]], str]:
        rows: list[Document] = [
            {"id": ref.id, "tenant_id": ref.tenant, "state": copy} for ref, (_, copy) in self._copies.items()
        ]
        found, token = _page(self._pages, rows, tenant, query)
        return [(row["id"], restored(row["state"], self._state)) for row in found], token


class KeyStore:
    """`kernel.vault.Store` without a database."""

    def __init__(self, clock: Clock) -> None:
        self._keys: dict[str, tuple[Stored, datetime]] = {}
        self._clock = clock

    async def find(self, owners: Sequence[str]) -> Mapping[str, Stored]:
        return {owner: self._keys[owner][0] for owner in owners if owner in self._keys}

    async def add(self, keys: Sequence[Stored]) -> None:
        for key in keys:
            known = self._keys.get(key.owner)
            if known is None or known[0].wrapped is None:
                gone = frozenset() if known is None else known[0].gone
                self._keys[key.owner] = (key._replace(gone=gone), self._clock.now())

    async def destroy(self, owner: str, until: datetime) -> None:
        known, made = self._keys.get(owner, (Stored(owner, b"", None, frozenset()), until))
        if made <= until and known.wrapped is not None:
            self._keys[owner] = (Stored(owner, b"", None, known.gone | {known.id}), made)

    async def has_newer(self, owner: str, since: datetime) -> bool:
        known = self._keys.get(owner)
        return known is not None and known[0].wrapped is not None and known[1] > since

    async def wrapped_otherwise(self, master: str, most: int) -> Sequence[Stored]:
        others = [key for key, _ in self._keys.values() if key.wrapped and key.wrapped.master != master]
        return others[:most]

    async def wrap(self, keys: Sequence[Stored]) -> int:
        for key in keys:
            self._keys[key.owner] = (key, self._keys[key.owner][1])
        return len(keys)


def _page(
    kept: pages.Pages, stored: Iterable[Document], tenant: str, query: Query
) -> tuple[list[Document], str]:
    """Return the documents of a page and the token of the next one."""
    size, after = pages.size_of(query), kept.after(tenant, query)
    path, direction = pages.order_of(query)

    def place(row: Document) -> tuple[Any, str]:
        return pages.value_at(row, path), str(row["id"])

    rows = [row for row in stored if row["tenant_id"] == tenant and _is_asked(row, query)]
    rows.sort(key=lambda row: str(row["id"]))
    rows.sort(key=lambda row: place(row)[0], reverse=direction < 0)
    if after is not None:
        # By value, as the last item of the page before may fit the query no longer.
        rows = [row for row in rows if _is_beyond(place(row), (after.stored, after.id), direction)]
    if len(rows) <= size:
        return rows, ""
    value, key = place(rows[size - 1])
    return rows[:size], kept.token(tenant, query, pages.After.item(key, value))


def _without(row: Document, fields: Sequence[str]) -> Document:
    return {**row, "state": _pruned(row["state"], fields)}


def _pruned(value: Any, paths: Sequence[str]) -> Any:
    """Return a value without what paths lead to, in every element of an array, as a projection of MongoDB."""
    if isinstance(value, list | tuple):
        return [_pruned(element, paths) for element in value]
    if not isinstance(value, Mapping):
        return value
    steps = [path.partition(".") for path in paths]
    below = {name: [rest for step, _, rest in steps if step == name and rest] for name in value}
    return {name: _pruned(part, below[name]) for name, part in value.items() if name not in paths}


def _is_beyond(place: tuple[Any, str], last: tuple[Any, str], direction: int) -> bool:
    value, key = place
    if value == last[0]:
        return key > last[1]
    return bool(value > last[0]) is (direction > 0)


def _is_asked(row: Document, query: Query) -> bool:
    if query.created_after is not None and row["create_time"] <= query.created_after:
        return False
    return _fits(row, query.where) and (not query.either or any(_fits(row, one) for one in query.either))


def _fits(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a row's state matches, as MongoDB understands it: an array matches if an element does."""
    return all(
        _meets(list(_at(row["state"], path.split("."))), plain(wanted)) for path, wanted in where.items()
    )


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what a dotted path leads to; through arrays by position and by element."""
    if not path:
        yield value
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, list | tuple):
        if path[0].isdigit() and int(path[0]) < len(value):
            yield from _at(value[int(path[0])], path[1:])
        for element in value:
            if isinstance(element, Mapping):
                yield from _at(element, path)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$eq": lambda found, wanted: found == wanted,
    "$in": lambda found, wanted: found in wanted,
    "$nin": lambda found, wanted: found not in wanted,
    "$gt": lambda found, wanted: found is not None and found > wanted,
    "$gte": lambda found, wanted: found is not None and found >= wanted,
    "$lt": lambda found, wanted: found is not None and found < wanted,
    "$lte": lambda found, wanted: found is not None and found <= wanted,
}


def _meets(found: Sequence[Any], wanted: Any) -> bool:
    values = [
        item for value in found for item in ([value, *value] if isinstance(value, list | tuple) else [value])
    ]
    if not isinstance(wanted, Mapping):
        return wanted in values or (wanted is None and not found)
    for operator, operand in wanted.items():
        if operator == "$ne":
            holds = operand not in values
        elif operator == "$all":
            holds = all(item in values for item in operand)
        elif operator == "$exists":
            holds = bool(found) is bool(operand)
        else:
            holds = any(_OPERATORS[operator](value, operand) for value in values)
        if not holds:
            return False
    return True


class Claims:
    """What request ids stand for, in memory."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    async def take(self, tenant: str, cause: Cause) -> bool:
        """Let an id stand for a request."""
        new = (tenant, cause.id) not in self._known
        require_same(self._known.setdefault((tenant, cause.id), cause.digest), cause.digest)
        return new

    async def free(self, tenant: str, cause: Cause) -> None:
        """Forget it."""
        self._known.pop((tenant, cause.id), None)

    async def forget(self, person: Ref) -> None:
        """Forget all ids of one caller."""
        theirs = request_cause(person.id)
        gone = [key for key in self._known if key[0] == person.tenant and key[1].startswith(theirs)]
        for key in gone:
            del self._known[key]


class Usage:
    """How much was used today, in memory."""

    def __init__(self) -> None:
        self.counts: Counter[Use] = Counter()

    async def take(self, use: Use, most: int) -> bool:
        """Count one use, unless there were `most` already."""
        free = self.counts[use] < most
        self.counts[use] += free
        return free

    async def give_back(self, use: Use) -> None:
        """Take one use back."""
        self.counts[use] -= 1

    async def add(self, _: str, counts: Mapping[Use, int]) -> Mapping[Use, int]:
        """Add counts; return what there is by now."""
        self.counts.update(counts)
        return {use: self.counts[use] for use in counts}


class Trail:
    """Audit entries in memory; `broken` is raised instead of keeping one, while it is set."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.broken: Exception | None = None

    async def record(self, entry: Entry) -> None:
        """Keep an entry."""
        if self.broken is not None:
            raise self.broken
        self.entries.append(entry)


def books() -> Books:
    """Return new books for a gate."""
    return Books(Claims(), Usage(), Trail())
