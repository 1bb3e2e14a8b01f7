"""Reporting lines as intervals: one person is above another when their interval holds the other's start."""

from collections.abc import Mapping
from typing import NamedTuple


class Interval(NamedTuple):
    """Whoever is below a person enters at `enters` or later and before `leaves`."""

    enters: int
    leaves: int

    def joins(self, other: "Interval") -> bool:
        """Whether one of the two is above the other over any distance, or they are one."""
        first, second = sorted((self, other))
        return second.enters < first.leaves


def intervals(manager_of: Mapping[str, str]) -> dict[str, Interval]:
    """Return the interval of everybody who has a manager or is one.

    A circle in the data is cut above its smallest id. Same lines, whatever their order, same intervals.
    """
    above = _uncircled(manager_of)
    below: dict[str, list[str]] = {}
    for person, manager in sorted(above.items()):
        below.setdefault(manager, []).append(person)
    found: dict[str, Interval] = {}
    clock = 0
    for top in sorted(below.keys() - above.keys()):
        clock = _walk(top, below, found, clock)
    return found


def _walk(top: str, below: Mapping[str, list[str]], found: dict[str, Interval], clock: int) -> int:
    """Visit everybody below `top`, each before and after their own people; return the clock afterwards."""
    entered: dict[str, int] = {}
    stack = [top]
    while stack:
        person = stack[-1]
        if person in entered:
            stack.pop()
            found[person] = Interval(entered[person], clock)
            continue
        entered[person] = clock
        clock += 1
        stack.extend(below.get(person, ()))
    return clock


def _uncircled(manager_of: Mapping[str, str]) -> dict[str, str]:
    above = {person: manager for person, manager in manager_of.items() if manager}
    seen: dict[str, str] = {}
    for start in manager_of:
        person = start
        while person in above and person not in seen:
            seen[person] = start
            person = above[person]
        if seen.get(person) == start and person in above:
            above.pop(min(_circle(person, above)))
    return above


def _circle(person: str, above: Mapping[str, str]) -> list[str]:
    found = [person]
    while above[found[-1]] != person:
        found.append(above[found[-1]])
    return found
