"""What the running call has changed so far: aggregates note it as they save, the audit log tells it."""

from contextvars import ContextVar
from typing import Final

from services.kernel.audit.entry import Change

MOST: Final = 20

changes: ContextVar[list[Change] | None] = ContextVar("changes", default=None)
"""Of the running call; None outside of one that is recorded."""


def note(change: Change) -> None:
    """Add a change, unless nobody listens or there are twenty."""
    noted = changes.get()
    if noted is not None and len(noted) < MOST:
        noted.append(change)
