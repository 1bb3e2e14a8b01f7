"""Mentee-optimal stable assignment with capacities: deferred acceptance over complete preference lists.

Stable: no mentor and mentee, both allowed, would rather have each other than what they got.
"""

import heapq
from collections.abc import Mapping, Sequence


def assign(wishes: Mapping[str, Sequence[tuple[int, str]]], seats: Mapping[str, int]) -> dict[str, str]:
    """Return mentee -> mentor for everybody who gets one.

    `wishes` holds for each mentee every allowed (score, mentor). Both like a higher score better; mentees
    break ties by the smaller mentor id, mentors by the smaller mentee id, so the order of the input does not
    matter. Mentors absent from `seats` have none.
    """
    ranked = {mentee: sorted(wishes[mentee], key=_liking, reverse=True) for mentee in wishes}
    held: dict[str, list[tuple[int, _Later]]] = {}
    free = sorted(ranked, reverse=True)
    while free:
        mentee = free.pop()
        if not ranked[mentee]:
            continue
        score, mentor = ranked[mentee].pop()
        released = _consider(held.setdefault(mentor, []), (score, _Later(mentee)), seats.get(mentor, 0))
        if released:
            free.append(released)
    return {str(mentee): mentor for mentor, pairs in held.items() for _, mentee in pairs}


class _Later(str):
    """A mentee's id that sorts backwards: of equal scores the largest id is the first to be let go."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


def _liking(wish: tuple[int, str]) -> tuple[int, str]:
    score, mentor = wish
    return -score, mentor


def _consider(pairs: list[tuple[int, _Later]], proposal: tuple[int, _Later], seats: int) -> str:
    """Add the proposal; return who is let go for it, maybe the proposer, or "" while a seat is free."""
    if len(pairs) < seats:
        heapq.heappush(pairs, proposal)
        return ""
    if not seats:
        return proposal[1]
    return heapq.heappushpop(pairs, proposal)[1]
