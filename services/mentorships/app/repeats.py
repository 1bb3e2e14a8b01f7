"""Answers to requests that come again, though they would be refused by now."""

from services.kernel.mongo import Cause, Ref, Versioned
from services.mentorships.app.ports import Aggregates, S


async def created_before(store: Aggregates[S], ref: Ref, cause: Cause) -> Versioned[S] | None:
    """Return what the same request has created; None if nothing. Invalid REQUEST_ID_REUSED."""
    known = await store.get_many(ref.tenant, [ref.id])
    return await store.create(ref, known[ref.id].state, (), cause) if known else None
