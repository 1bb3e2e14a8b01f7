"""An assignment -> the plan: every pair explained, every mentee left over with the reason, the figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.matching.domain import report
from services.matching.domain.cohort import Cohort
from services.matching.domain.engine import kernels
from services.matching.domain.engine.edges import Audit
from services.matching.domain.engine.market import Field
from services.matching.domain.engine.modes import Decision, boosts
from services.matching.domain.engine.participants import Participants
from services.matching.domain.engine.problem import Assigned
from services.matching.domain.engine.ranking import MASK, score_of
from services.matching.domain.engine.search import Standing
from services.matching.domain.engine.snapshot import Snapshot
from services.matching.domain.members import Member
from services.matching.domain.plan import Leftover, Obstacle, Plan, Proposal, Stopped
from services.matching.domain.policy import Grouping

EXPLAINED_AT_ONCE: Final = 256
"""Pairs explained between two looks of the watch: some milliseconds."""

_RULES: Final = (
    (kernels.OVERLAP, Obstacle.OVERLAP),
    (kernels.LANGUAGE, Obstacle.LANGUAGE),
    (kernels.REPORTING_LINE, Obstacle.REPORTING_LINE),
    (kernels.DEPARTMENTS, Obstacle.DEPARTMENT),
    (kernels.GRADE_GAP, Obstacle.GRADE_GAP),
    (kernels.EXCLUDED, Obstacle.EXCLUDED),
)
"""In the order of `Obstacle`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who got whom: the mentor of each mentee, -1 none. `field` were decided about, `locked` given."""

    cohort: Cohort
    snapshot: Snapshot
    field: Field
    locked: Field
    mentor_of: NDArray[np.int32]
    decision: Decision


def answered(answer: Answer) -> Plan:
    """Look at all pairs once more, and tell."""
    free = answer.field.standing(answer.mentor_of[answer.field.rows], answer.decision.price)
    given = answer.locked.standing(answer.mentor_of[answer.locked.rows])
    rank, blocking, feasible = np.zeros((3, len(answer.mentor_of)), np.int32)
    for rows, found in ((answer.field.rows, free), (answer.locked.rows, given)):
        rank[rows], feasible[rows] = found.rank, found.stopped[:, kernels.ALLOWED]
    blocking[answer.field.rows] = free.blocking
    proposals = dict(_explained(answer, rank))
    assigned = Assigned(answer.mentor_of, *_scores(proposals, len(rank)))
    return Plan(
        tuple(sorted(proposals.values(), key=lambda one: (-one.score_ppm, one.mentor, one.mentee))),
        tuple(_left_over(answer, free)),
        report.report(
            report.Result(
                assigned=assigned,
                audit=Audit(rank, blocking, feasible),
                seats=np.array(answer.snapshot.these.seats, np.int32),
                labels=labels(answer.snapshot.these, answer.cohort.options.group_by),
                best_total=_best_total(answer, free, assigned),
                input_digest=report.digest(answer.snapshot.canonical()),
                result_digest=report.digest(_canonical(proposals)),
                fell_back=answer.decision.fell_back,
            ),
            answer.cohort.options,
        ),
    )


def labels(these: Participants, by: Grouping) -> list[str]:
    """Return the group of each mentee, "" not stated."""
    return [_label(these.people[one], by) for one in these.mentees]


def _label(member: Member, by: Grouping) -> str:
    if by is Grouping.GRADE:
        return str(member.grade)
    if by is Grouping.COUNTRY:
        return member.country
    return member.department if by is Grouping.DEPARTMENT else member.time_zone


def _explained(answer: Answer, rank: NDArray[np.int32]) -> Iterator[tuple[int, Proposal]]:
    """Yield every pair by the mentee's row; all mentees of a mentor together, who is made ready once."""
    snapshot, watch = answer.snapshot, answer.field.watch
    rows = np.argsort(answer.mentor_of, kind="stable")[int((answer.mentor_of < 0).sum()) :].tolist()
    given, at, mentor = set(answer.locked.rows.tolist()), -1, None
    for done, row in enumerate(rows):
        if done % EXPLAINED_AT_ONCE == 0:
            watch("explaining", done, len(rows))
        if mentor is None or at != answer.mentor_of[row]:
            at = int(answer.mentor_of[row])
            mentor = snapshot.side(snapshot.these.mentors[at])
        mentee = snapshot.side(snapshot.these.mentees[row])
        yield row, snapshot.proposal(mentor, mentee, rank=int(rank[row]), locked=row in given)


def _scores(proposals: Mapping[int, Proposal], mentees: int) -> NDArray[np.int32]:
    """Return what the pair of each mentee is worth to the mentee, and to the mentor; 0 without pair."""
    scores = np.zeros((2, mentees), np.int32)
    for row, one in proposals.items():
        scores[:, row] = one.score_ppm, one.mentor_score_ppm
    return scores


def _left_over(answer: Answer, standing: Standing) -> Iterator[Leftover]:
    these = answer.snapshot.these
    for at in np.flatnonzero(standing.rank == 0).tolist():
        mentee = these.mentees[int(answer.field.rows[at])]
        counts = standing.stopped[at].tolist()
        stopped = tuple(Stopped(obstacle, counts[rule]) for rule, obstacle in _RULES if counts[rule])
        if not counts[kernels.ALLOWED]:
            most = max(stopped, key=lambda one: one.mentors)
            yield Leftover(mentee, most.obstacle, stopped)
            continue
        key = int(standing.nearest[at])
        yield Leftover(mentee, Obstacle.FULL, stopped, these.mentors[MASK - (key & MASK)], score_of(key))


def _best_total(answer: Answer, standing: Standing, assigned: Assigned) -> int:
    """Return what the given pairs come to, and what all others cannot exceed (`dual` tells why).

    That holds at any prices: at those found, and at none, which is better where those are far from right.
    Boosts count in a mentor's order and not in a score: what they surely added is taken off.
    """
    decision, given = answer.decision, answer.locked.rows
    gains = np.maximum(standing.gain - boosts(answer.field)[:, None], 0)
    paid, unpaid = (int(total) for total in gains.sum(axis=0, dtype=np.int64))
    worth: int = min(paid + int((decision.price * answer.field.seats).sum()), unpaid, decision.most)
    return worth + int((assigned.u[given].astype(np.int64) + assigned.v[given]).sum())


def _canonical(proposals: Mapping[int, Proposal]) -> Iterator[bytes]:
    for row in sorted(proposals):
        one = proposals[row]
        yield f"{one.mentee}\0{one.mentor}\0{one.score_ppm}\0{one.mentor_score_ppm}".encode()
