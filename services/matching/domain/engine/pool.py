"""Who fits one participant best: one row of a market that is kept ready."""

import numpy as np

from services.kernel.errors import NotFound
from services.matching.domain.cohort import Cohort
from services.matching.domain.engine import collector, search
from services.matching.domain.engine.market import no_price
from services.matching.domain.engine.participants import everybody
from services.matching.domain.engine.ranking import ANYBODY, MASK, NOBODY
from services.matching.domain.engine.search import Lists, Wanted, floor_at
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.members import Role
from services.matching.domain.plan import Proposal


class Partners:
    """Everybody of a program, seen from both sides; `cohort.Pool` states the contract."""

    def __init__(self, cohort: Cohort) -> None:
        these = everybody(cohort)
        with collector.paused():
            self._snapshot = Snapshot(cohort, these)
        ids = {Role.MENTEE: these.mentees, Role.MENTOR: these.mentors}
        self._ids = ids
        self._place = {role: {one: place for place, one in enumerate(ids[role])} for role in Role}
        self._market = {role: self._snapshot.market(role) for role in Role}
        has_room = {
            Role.MENTEE: np.array([one not in cohort.busy for one in these.mentees], np.bool_),
            Role.MENTOR: np.array(these.seats, np.int64) > 0,
        }
        self._floor = {role: floor_at(np.where(has_room[role], NOBODY, ANYBODY)) for role in Role}
        self._no_floor = {role: floor_at(np.full(len(ids[role]), NOBODY)) for role in Role}

    def best(self, person: str, role: Role, k: int, *, open_only: bool) -> list[Proposal]:
        """Return the best k partners."""
        place = self._place[role].get(person)
        if place is None:
            raise NotFound("NOT_ENROLLED", "the person takes no part in this role")
        partner = Role.MENTOR if role is Role.MENTEE else Role.MENTEE
        floor = (self._floor if open_only else self._no_floor)[partner]
        found = search.no_lists(1, min(k, len(floor.key)))
        if found.key.size:
            wanted = Wanted(np.full(1, ANYBODY), floor, no_price(), 0)
            search.best(self._market[role], np.array([place], np.int32), wanted, found)
        return self._explained(
            person, role, [self._ids[partner][MASK - (key & MASK)] for key in _keys(found)]
        )

    def _explained(self, person: str, role: Role, partners: list[str]) -> list[Proposal]:
        asking = self._snapshot.side(person)
        found = []
        for rank, one in enumerate(partners, 1):
            other = self._snapshot.side(one)
            mentor, mentee = (other, asking) if role is Role.MENTEE else (asking, other)
            found.append(self._snapshot.proposal(mentor, mentee, rank=rank))
        return found


def _keys(lists: Lists) -> list[int]:
    keys: list[int] = lists.key[0, : lists.size[0]].tolist()
    return keys
