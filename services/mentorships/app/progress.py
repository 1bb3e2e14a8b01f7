"""Lists of what is open, done or given up."""

from collections.abc import Mapping
from typing import Any, Final

from services.mentorships.domain.progress import Progress

_CONDITIONS: Final[Mapping[Progress | None, Mapping[str, Any]]] = {
    None: {},
    Progress.OPEN: {"complete_time": None, "drop_time": None},
    Progress.COMPLETED: {"complete_time": {"$ne": None}},
    Progress.DROPPED: {"drop_time": {"$ne": None}},
}


def in_state(wanted: Progress | None) -> Mapping[str, Any]:
    """Return the condition of a `Query` on aggregates with `complete_time` and `drop_time`; None: all."""
    return _CONDITIONS[wanted]
