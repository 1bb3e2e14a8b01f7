"""What single pairs have of their own: who may not meet, who asked for whom, who were partners before."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.matching.domain import scoring
from services.matching.domain.cohort import Cohort
from services.matching.domain.engine.kernels import Between
from services.matching.domain.engine.participants import Participants
from services.matching.domain.policy import Past, Policy


@dataclass(frozen=True, slots=True)
class Special:
    """Pairs of a mentee's and a mentor's place, each once, and what is added to the scores of either."""

    mentee: NDArray[np.int64]
    mentor: NDArray[np.int64]
    for_mentee: NDArray[np.int32]
    for_mentor: NDArray[np.int32]
    barred: NDArray[np.int32]

    def turned(self) -> "Special":
        """Return the same as mentors see it: they take the mentees' part."""
        return replace(
            self,
            mentee=self.mentor,
            mentor=self.mentee,
            for_mentee=self.for_mentor,
            for_mentor=self.for_mentee,
        )

    def by_row(self, rows: int) -> Between:
        """Return the pairs by who looks."""
        order = np.lexsort((self.mentor, self.mentee))
        start = np.zeros(rows + 1, np.int64)
        np.cumsum(np.bincount(self.mentee, minlength=rows), out=start[1:])
        column = self.mentor[order].astype(np.int32)
        return Between(start, column, self.for_mentee[order], self.for_mentor[order], self.barred[order])


def special(cohort: Cohort, these: Participants, policy: Policy) -> Special:
    """Return the pairs of a cohort that are not like all others."""
    found = _Found(these)
    for mentee, mentor in _kept_apart(cohort, these, policy):
        found.add(mentee, mentor, (0, 0, 1))
    for whose, partner, credit in _asked_for(these):
        found.add(whose, partner, (credit * policy.mentee_weights.preference, 0, 0))
        found.add(partner, whose, (0, credit * policy.mentor_weights.preference, 0))
    past = policy.rules.past
    change = scoring.history(past, partners_before=True) - scoring.history(past, partners_before=False)
    for pair in cohort.previous:
        both = (change * policy.mentee_weights.history, change * policy.mentor_weights.history, 0)
        found.add(pair.mentee, pair.mentor, both)
    return found.special()


class _Found:
    """Pairs as they are found; people who do not take part that way round are passed over."""

    def __init__(self, these: Participants) -> None:
        self._mentee_at = {one: place for place, one in enumerate(these.mentees)}
        self._mentor_at = {one: place for place, one in enumerate(these.mentors)}
        self._pairs: dict[tuple[int, int], tuple[int, int, int]] = {}

    def add(self, mentee: str, mentor: str, what: tuple[int, int, int]) -> None:
        """Add (for the mentee, for the mentor, barred) to what is known of a pair."""
        if mentee in self._mentee_at and mentor in self._mentor_at:
            place = self._mentee_at[mentee], self._mentor_at[mentor]
            known = self._pairs.get(place, (0, 0, 0))
            self._pairs[place] = known[0] + what[0], known[1] + what[1], known[2] | what[2]

    def special(self) -> Special:
        """Return what was found."""
        places = np.array([*self._pairs], np.int64).reshape(-1, 2)
        values = np.array([*self._pairs.values()], np.int32).reshape(-1, 3)
        return Special(*places.T, *values.T)


def _kept_apart(cohort: Cohort, these: Participants, policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield (mentee, mentor) whom somebody's word keeps apart; pairs that cannot be may be among them."""
    for one, entry in these.entries.items():
        yield one, one
        for other in entry.blocked:
            yield one, other
            yield other, one
    for pair in (*cohort.refused, *cohort.options.excluded_pairs):
        yield pair.mentee, pair.mentor
    if policy.rules.past is Past.FORBID:
        for pair in cohort.previous:
            yield pair.mentee, pair.mentor


def _asked_for(these: Participants) -> Iterator[tuple[str, str, int]]:
    """Yield (who, whom, credit) of everybody's preferred partners, each once."""
    for one, entry in these.entries.items():
        for place, other in enumerate(dict.fromkeys(entry.preferred)):
            yield one, other, scoring.preferred_credit(place)
