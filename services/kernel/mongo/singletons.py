"""Aggregates of which there is one per person, program or organization, there from the start.

Nothing is stored until something is said: until then such a one has its first state and the version 0.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from services.kernel.errors import AlreadyExists, NotFound
from services.kernel.mongo.documents import require_etag
from services.kernel.mongo.model import Cause, Decide, Ref, Versioned

S = TypeVar("S")
F = TypeVar("F")

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Singletons(Protocol[S]):
    """Where they are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause. AlreadyExists for another cause."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause. NotFound, Conflict by `etag`."""


def unstored(state: S) -> Versioned[S]:
    """Return what is not stored, at version 0; its times say nothing."""
    return Versioned(state, 0, _NEVER, _NEVER)


async def present(kept: Singletons[S], ref: Ref, first: S) -> Versioned[S]:
    """Return what is stored, else the first state."""
    return await _stored(kept, ref) or unstored(first)


async def put(
    kept: Singletons[S],
    one: tuple[Ref, F],
    decide: Callable[[S | F], tuple[S, Sequence[Any]]],
    how: tuple[str, Cause],
) -> Versioned[S]:
    """Store what `decide` makes of one, of `first` while nothing is stored; no events, nothing stored.

    `one` is (ref, first), `how` is (etag, cause). `first` may be None, for a `decide` that tells what was
    never said from what is said to be as usual. Of two first changes at one moment the second changes what
    the first one stored. Raises Conflict ETAG_MISMATCH unless `etag` is empty or the present one, that of
    version 0 while nothing is stored, and all else that `Singletons.change` and `decide` raise.
    """
    (ref, first), (etag, cause) = one, how
    if await _stored(kept, ref) is None:
        require_etag(0, etag)
        state, events = decide(first)
        if not events:
            return unstored(state)
        with suppress(AlreadyExists):  # another request was faster
            return await kept.create(ref, state, events, cause)
    return await kept.change(ref, decide, cause, etag=etag)


async def _stored(kept: Singletons[S], ref: Ref) -> Versioned[S] | None:
    try:
        return await kept.get(ref)
    except NotFound:
        return None
