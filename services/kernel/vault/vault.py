"""The keys of people: made when first needed, remembered for a minute, destroyed for good."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from services.kernel.vault.cipher import ID_BYTES, KEY_BYTES, DataKey, Unreadable
from services.kernel.vault.master import Master, Wrapped

INDEX_KEY: Final = "@index"
"""The person whose key makes an organization's searchable texts comparable; no real one has such an id."""
REMEMBERED_SECONDS: Final = 60.0
"""How long another process may still open what was erased."""
MOST_REMEMBERED: Final = 50_000


_BATCH: Final = 1_000
_NOTHING: Final = (float("-inf"), None)


class KeyMissing(Unreadable):
    """A sealed text's key is neither there nor known to be destroyed: the keys' database is not whole.

    Nothing is read and nothing saved over it, so that keys which come back make it readable again.
    """


class Stored(NamedTuple):
    """One owner's keys as stored: the present one, if any, and the ids of those that were destroyed."""

    owner: str
    id: bytes
    wrapped: Wrapped | None
    gone: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Keys:
    """What is known of one owner's keys: the present one, and the ids of those that were destroyed."""

    present: DataKey | None
    gone: frozenset[bytes]

    def by_id(self, key_id: bytes) -> DataKey | None:
        """Return the key of an id, None if it was destroyed. KeyMissing."""
        if self.present is not None and self.present.id == key_id:
            return self.present
        if key_id in self.gone:
            return None
        raise KeyMissing


class Store(Protocol):
    """Where keys lie; owners are "tenant/person"."""

    async def find(self, owners: Sequence[str]) -> Mapping[str, Stored]:
        """Return what is stored of those of `owners` that are known."""

    async def add(self, keys: Sequence[Stored]) -> None:
        """Store the first key of each, and a new one of those whose last was destroyed; others stay."""

    async def destroy(self, owner: str, until: datetime) -> None:
        """Forget the present key if it was made at `until` or before, but for its id."""

    async def has_newer(self, owner: str, since: datetime) -> bool:
        """Whether the present key was made after `since`."""

    async def wrapped_otherwise(self, master: str, most: int) -> Sequence[Stored]:
        """Return up to `most` that another master key wraps."""

    async def wrap(self, keys: Sequence[Stored]) -> int:
        """Store anew wrapped forms of the same keys; return of how many, as some may be destroyed by now."""


class Vault:
    """The keys of one service. Errors of its store pass through."""

    def __init__(self, master: Master, store: Store, now: Callable[[], float] = time.monotonic) -> None:
        self._master = master
        self._store = store
        self._now = now
        self._known: OrderedDict[str, tuple[float, Keys]] = OrderedDict()

    def remembered(self, owners: Iterable[str]) -> dict[str, Keys] | None:
        """Return the keys of all owners without asking anybody, None if one is not remembered."""
        found: dict[str, Keys] = {}
        for owner in owners:
            keys = self._remembered(owner)
            if keys is None:
                return None
            found[owner] = keys
        return found

    def _remembered(self, owner: str) -> Keys | None:
        until, keys = self._known.get(owner, _NOTHING)
        return keys if self._now() < until else None

    async def keys(self, owners: Collection[str]) -> dict[str, Keys]:
        """Return what is known of each owner's keys. WrongMaster."""
        known = {owner: keys for owner in owners if (keys := self._remembered(owner)) is not None}
        missing = [owner for owner in owners if owner not in known]
        return known | await self._loaded(missing) if missing else known

    async def making(self, owners: Collection[str]) -> dict[str, DataKey]:
        """Return the present key of each owner, made where there is none. WrongMaster."""
        present = _present(await self.keys(owners))
        while without := [owner for owner in owners if owner not in present]:  # again if destroyed meanwhile
            await self._store.add([self._made(owner) for owner in without])
            present |= _present(await self._loaded(without))
        return present

    async def destroy(self, owner: str, until: datetime) -> None:
        """Make all that was sealed under the owner's present key unreadable, if that was made by `until`.

        Repeats change nothing, and neither do they for a key made since.
        """
        await self._store.destroy(owner, until)
        self._known.pop(owner, None)

    async def has_newer(self, owner: str, since: datetime) -> bool:
        """Whether the owner has a key that was made after `since`."""
        return await self._store.has_newer(owner, since)

    async def rewrap(self) -> int:
        """Let the first master key wrap all that others do; return how many. WrongMaster."""
        count = 0
        while others := await self._store.wrapped_otherwise(self._master.current, _BATCH):
            count += await self._store.wrap([self._rewrapped(stored) for stored in others])
        return count

    def _rewrapped(self, stored: Stored) -> Stored:
        if stored.wrapped is None:
            return stored
        raw = self._master.unwrap(stored.wrapped, stored.owner)
        return stored._replace(wrapped=self._master.wrap(raw, stored.owner))

    async def _loaded(self, owners: Sequence[str]) -> dict[str, Keys]:
        stored = await self._store.find(owners)
        until = self._now() + REMEMBERED_SECONDS
        loaded = {owner: self._unwrapped(stored.get(owner)) for owner in owners}
        for owner, keys in loaded.items():
            self._known[owner] = (until, keys)
            self._known.move_to_end(owner)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return loaded

    def _unwrapped(self, stored: Stored | None) -> Keys:
        if stored is None:
            return Keys(None, frozenset())
        if stored.wrapped is None:
            return Keys(None, stored.gone)
        raw = self._master.unwrap(stored.wrapped, stored.owner)
        return Keys(DataKey.of(stored.id, raw), stored.gone)

    def _made(self, owner: str) -> Stored:
        wrapped = self._master.wrap(os.urandom(KEY_BYTES), owner)
        return Stored(owner, os.urandom(ID_BYTES), wrapped, frozenset())


def _present(found: Mapping[str, Keys]) -> dict[str, DataKey]:
    return {owner: keys.present for owner, keys in found.items() if keys.present is not None}
