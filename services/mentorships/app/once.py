"""What is stored once and never again, whatever comes later."""

from collections.abc import Callable, Sequence
from typing import Any

from services.mentorships.app.ports import S

Fresh = tuple[S, Sequence[Any]]
"""A new state and what it tells."""


def when_new(fresh: Fresh[S]) -> Callable[[S | None], Fresh[S] | None]:
    """Return the decision of a `Save` that leaves what is there alone."""
    return lambda known: fresh if known is None else None
