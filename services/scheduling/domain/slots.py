"""When several people are free at once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from services.scheduling.domain.diary import Diary, padded
from services.scheduling.domain.hours import Search, Slot


def free_slots(diaries: Sequence[Diary], search: Search, now: datetime) -> list[Slot]:
    """Return times that are free in all diaries, on quarter hours, earliest first; they may overlap.

    Raises Refused TIME_ZONE_UNKNOWN.
    """
    grid = padded(search.start, search.end)
    bits = grid.inside(search.start, search.end - search.length)
    for diary in diaries:
        bits &= diary.possible(grid, search.length, now)
    found = islice(grid.moments(bits), search.limit)
    return [Slot(start, start + search.length) for start in found]


def missing(
    slots: Sequence[Slot], diaries: Sequence[Diary], search: Search, now: datetime
) -> list[list[str]]:
    """Return of each time who of `diaries` is not free then. Raises as `free_slots`."""
    if not slots or not diaries:
        return [[] for _ in slots]
    grid = padded(search.start, search.end)
    free = {one.person: frozenset(grid.moments(one.possible(grid, search.length, now))) for one in diaries}
    return [[person for person, starts in free.items() if slot.start not in starts] for slot in slots]
