"""Aggregates that are there from the start, in a default state, and stored once they are changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from services.kernel.errors import AlreadyExists, Conflict, NotFound
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.recognition.app.ports import Aggregates

S = TypeVar("S")

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Defaults(Generic[S]):
    """Reads and changes aggregates of which `default` tells the first state by id, None where there is none.

    A first state has version 0.
    """

    def __init__(self, kept: Aggregates[S], default: Callable[[str], S | None]) -> None:
        self._kept = kept
        self._default = default

    def first(self, key: str) -> Versioned[S]:
        """Return the first state of one. NotFound where nothing was from the start."""
        state = self._default(key)
        if state is None:
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        return Versioned(state, 0, _START, _START)

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound where nothing is stored and nothing was from the start."""
        stored = await self._kept.get_many(ref.tenant, [ref.id])
        return stored[ref.id] if ref.id in stored else self.first(ref.id)

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause. NotFound as `get`, Conflict by `etag`."""
        try:
            return await self._kept.change(ref, decide, cause, etag=etag)
        except NotFound:
            first = self.first(ref.id)
        if etag not in {"", first.etag}:
            raise Conflict("ETAG_MISMATCH", "it was changed since it was read")
        decision = decide(first.state)
        if not decision[1]:
            return first
        try:
            return await self._kept.create(ref, *decision, cause)
        except AlreadyExists:  # another request was faster
            return await self._kept.change(ref, decide, cause, etag=etag)
