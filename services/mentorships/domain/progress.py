"""How far something is that is done once or given up."""

from datetime import datetime
from enum import StrEnum


class Progress(StrEnum):
    """How far a goal or an action item is."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    DROPPED = "DROPPED"


def progress(complete_time: datetime | None, drop_time: datetime | None) -> Progress:
    """Return how far something is that was done and given up at these times."""
    if complete_time is not None:
        return Progress.COMPLETED
    return Progress.OPEN if drop_time is None else Progress.DROPPED
