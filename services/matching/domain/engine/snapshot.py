"""Participants made ready for kernels, once; never changed, and the same whatever the order of the input."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from services.kernel.errors import Invalid
from services.matching.domain import scoring, skills, week
from services.matching.domain.cohort import Cohort, Watch, silent
from services.matching.domain.engine.between import special
from services.matching.domain.engine.gather import Codes, Gathered, Vocabulary, weeks_apart
from services.matching.domain.engine.kernels import Market, Terms, Weighing
from services.matching.domain.engine.participants import Participants, policy_of
from services.matching.domain.engine.ranking import MOST_PEOPLE
from services.matching.domain.lines import intervals
from services.matching.domain.members import Role, managers_of
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Pair, Weights
from services.matching.domain.scoring import Side

READ_AT_ONCE: Final = 512
"""People read between two looks of the watch: some milliseconds."""

KEPT: Final = 20_000
"""People up to whom everybody stays ready to be explained, at 2 KiB each; beyond, they are read again."""

_CROWD_INPUTS: Final = 7  # the fields of a crowd but for the skills by tile, which say the same again
_NO_LEAST_GAP: Final = -(1 << 30)
_SALTS: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))  # any two: mentees', mentors'


class Snapshot:
    """A market of some participants: arrays for kernels, and the people for explanations.

    Raises Invalid UNKNOWN_TIME_ZONE, TOO_MANY_PEOPLE.
    """

    def __init__(self, cohort: Cohort, these: Participants, watch: Watch = silent) -> None:
        if max(len(these.mentees), len(these.mentors)) > MOST_PEOPLE:
            raise Invalid("TOO_MANY_PEOPLE", f"at most {MOST_PEOPLE} people a side can be matched at once")
        self.these = these
        self._policy, self._options, self._previous = policy_of(cohort), cohort.options, cohort.previous
        zones = (week.zone(these.people[one].time_zone) for one in (*these.mentees, *these.mentors))
        self._weeks = week.phases(zones, cohort.monday)
        self._vocabulary = Vocabulary(Codes(), Codes(), Codes(), Codes())
        _ = self._vocabulary.departments[""]  # unstated is 0
        self._keeps = len(these.mentees) + len(these.mentors) <= KEPT
        self._sides: dict[str, Side] = {}
        lines = intervals(managers_of(cohort.people))
        sides = [Gathered(role, self._vocabulary, lines, cohort.options.seed) for role in Role]
        for gathered, people in zip(sides, (these.mentees, these.mentors), strict=True):
            self._gather(gathered, people, watch)
        kept = weeks_apart(sides, len(self._weeks))
        self._weeks = tuple(self._weeks[place] for place in kept)
        self._layout = self._vocabulary.layout(len(kept))
        self._mentees, self._mentors = (gathered.crowd(self._layout, kept) for gathered in sides)
        self._special = special(cohort, these, self._policy)

    def market(self, looking: Role) -> Market:
        """Return the market as the side `looking` sees it: its people are the rows."""
        terms = self._terms(looking)
        if looking is Role.MENTEE:
            pairs = self._special.by_row(len(self.these.mentees))
            return Market(self._mentees, self._mentors, pairs, terms)
        pairs = self._special.turned().by_row(len(self.these.mentors))
        return Market(self._mentors, self._mentees, pairs, terms)

    def side(self, person: str) -> Side:
        """Return a participant made ready for an explanation."""
        if (known := self._sides.get(person)) is not None:
            return known
        entry = self.these.entries[person]
        member = self.these.people[person]
        return scoring.prepared(member, self._weeks, focus=entry.focus, preferred=entry.preferred)

    def proposal(self, mentor: Side, mentee: Side, *, rank: int = 0, locked: bool = False) -> Proposal:
        """Explain a pair."""
        before = Pair(mentor.member.id, mentee.member.id) in self._previous
        found = scoring.proposal(mentor, mentee, self._policy, partners_before=before)
        return replace(found, rank=rank, locked=locked)

    def canonical(self) -> Iterator[bytes]:
        """Yield everything that decides a run, the same whatever the order of the input."""
        yield repr((self._policy, self._options, self._weeks[0])).encode()
        yield "\0".join((*self.these.mentees, "", *self.these.mentors)).encode()
        yield repr([list(codes) for codes in self._vocabulary]).encode()
        yield repr(self.these.seats).encode()
        for side in (self._mentees, self._mentors):
            yield from (np.ascontiguousarray(part).tobytes() for part in side[:_CROWD_INPUTS])
        yield from (part.tobytes() for part in self._special.by_row(len(self.these.mentees)))

    def _gather(self, gathered: Gathered, people: Sequence[str], watch: Watch) -> None:
        for done, one in enumerate(people):
            if done % READ_AT_ONCE == 0:
                watch("reading", done, len(people))
            side = self.side(one)
            gathered.add(side, self.these.entries[one].waits)
            if self._keeps:
                self._sides[one] = side

    def _terms(self, looking: Role) -> Terms:
        policy, rules = self._policy, self._policy.rules
        sides = [(policy.mentee_weights, _SALTS[0]), (policy.mentor_weights, _SALTS[1])]
        (own, own_salt), (other, other_salt) = sides if looking is Role.MENTEE else sides[::-1]
        return Terms(
            own=_weighing(own),
            other=_weighing(other),
            words=self._layout,
            level_sign=1 if looking is Role.MENTEE else -1,
            best_gap=policy.best_grade_gap,
            least_gap=_NO_LEAST_GAP if rules.least_grade_gap is None else rules.least_grade_gap,
            least_slots=-(-rules.least_overlap_minutes // week.SLOT_MINUTES),
            same_department=int(rules.same_department),
            history=scoring.history(rules.past, partners_before=False),
            own_salt=own_salt,
            other_salt=other_salt,
            soft=np.array([skills.is_soft(tag) for tag in self._vocabulary.tags], np.int32),
        )


def _weighing(weights: Weights) -> Weighing:
    return Weighing(
        technical=weights.skills,
        soft=weights.soft_skills,
        focus=weights.focus,
        overlap=weights.overlap,
        seniority=weights.seniority,
        languages=weights.languages,
        department=weights.department,
        meeting=weights.meeting,
        history=weights.history,
    )
