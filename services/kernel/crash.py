"""Named points where a test makes the process die as if the power went (SIGKILL: no handler, no flush)."""

import os
import signal
from collections import Counter
from typing import Final

POINTS: Final = frozenset(
    {
        "after_save_before_reply",
        "after_publish_before_pull",
        "after_told_before_table",
        "after_effect_before_commit",
        "after_dead_letter_before_commit",
        "after_smtp_before_record",
        "after_lease_taken",
        "after_due_saved",
    }
)
"""Every boundary between two side effects that has a crash point."""

_seen: Counter[str] = Counter()
_armed: dict[str, int] = {}


def parse(text: str) -> tuple[str, int]:
    """Read "name" or "name:3" (die the third time). ValueError for an unknown point or a count below 1."""
    point, _, count = text.partition(":")
    if point not in POINTS:
        raise ValueError(f"unknown crash point, one of: {', '.join(sorted(POINTS))}")
    nth = int(count or "1")
    if nth < 1:
        raise ValueError("the count of a crash point starts at 1")
    return point, nth


def arm(text: str) -> None:
    """Make this process die at the point that `text` names."""
    point, nth = parse(text)
    _armed[point] = nth


def crash_point(point: str) -> None:
    """Die here if this point was armed and this is its time."""
    if point not in _armed:
        return
    _seen[point] += 1
    if _seen[point] >= _armed[point]:
        os.kill(os.getpid(), signal.SIGKILL)
