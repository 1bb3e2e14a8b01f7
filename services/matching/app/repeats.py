"""Answers to requests that come again, though they would be refused by now."""

from services.kernel.errors import NotFound, Refusal
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.matching.app.ports import Aggregates, S


async def answered_before(store: Aggregates[S], ref: Ref, objection: Refusal, cause: Cause) -> Versioned[S]:
    """Return what is stored if `cause` had its effect on it; raise `objection` otherwise."""
    try:
        return await store.change(ref, refusing(objection), cause)
    except NotFound:
        raise objection from None


def refusing(objection: Refusal) -> Decide[S]:
    """Return the decision that refuses: only a repeat is answered, as it is before anything is decided."""

    def decide(_: S) -> tuple[S, list[object]]:
        raise objection

    return decide
