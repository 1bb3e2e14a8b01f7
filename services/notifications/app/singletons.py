"""Aggregates of which there is one per person or category, and none until somebody chose something."""

from typing import TypeVar

from services.kernel.errors import AlreadyExists, Conflict, NotFound
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.notifications.app.ports import Aggregates

S = TypeVar("S")


async def found(kept: Aggregates[S], ref: Ref) -> Versioned[S] | None:
    """Return one, None while there is none."""
    try:
        return await kept.get(ref)
    except NotFound:
        return None


async def stored(
    kept: Aggregates[S], first: tuple[Ref, S], decide: Decide[S], cause: Cause, etag: str = ""
) -> Versioned[S] | None:
    """Store what `decide` makes of one, of `first` while there is none; None if that leaves none.

    Raises Conflict ETAG_MISMATCH and whatever `decide` raises.
    """
    ref, empty = first
    if await found(kept, ref) is not None:
        return await kept.change(ref, decide, cause, etag=etag)
    if etag:
        raise Conflict("ETAG_MISMATCH", "nothing is stored yet")
    state, events = decide(empty)
    if not events:
        return None
    try:
        return await kept.create(ref, state, events, cause)
    except AlreadyExists:  # another request was faster
        return await kept.change(ref, decide, cause)
