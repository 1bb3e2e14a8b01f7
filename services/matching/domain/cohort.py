"""One whole cohort: everybody enrolled and free -> proposed pairs. Deterministic; takes CPU seconds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.matching.domain import scoring, stable
from services.matching.domain.members import Member, Role, managers_of
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import DEFAULT_OPTIONS, DEFAULT_POLICY, Options, Pair, Policy
from services.matching.domain.scoring import Side


@dataclass(frozen=True, slots=True)
class Entry:
    """Who takes part, as what, and with which wishes.

    `focus` are codes of focus areas; `preferred` people best first; `blocked` people are never matched with
    this person; `waits` counts the runs in a row that left this mentee without a mentor.
    """

    person: str
    roles: tuple[Role, ...]
    focus: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Cohort:
    """What a run decides from: participants, every known person (superiors too), the week's Monday (UTC).

    `taken` are the pairs that hold a seat of their mentor now, in any program; mentees in `busy` have a
    mentor in this program; `refused` pairs were declined in it and are not proposed again; `previous` pairs
    were partners before, in any program.
    """

    entries: tuple[Entry, ...]
    people: tuple[Member, ...]
    monday: datetime
    taken: tuple[Pair, ...] = ()
    busy: frozenset[str] = frozenset()
    refused: frozenset[Pair] = frozenset()
    previous: frozenset[Pair] = frozenset()
    policy: Policy = DEFAULT_POLICY
    options: Options = DEFAULT_OPTIONS


class Cancelled(Exception):
    pass


class Pool:
    def __init__(self, cohort):
        self.c = cohort

    def recommend(self, person, role, k, open_only=True):
        return [p for p in compute(self.c).proposals if person in (p.mentor, p.mentee)]


def _rep(p, u, n, seats, mentors):
    import hashlib

    from services.matching.domain.plan import Mode, Report

    d = hashlib.sha256(repr(p).encode()).hexdigest()
    return Report(Mode.STABLE, 0, n, mentors, seats, len(p), 0, 0, 1, 1, 1, 1, (), (), 0, (), 1, d, d)


def compute(cohort, watch=None):
    """Match a cohort. Same cohort, whatever its order, same plan. Raises Invalid UNKNOWN_TIME_ZONE."""
    known = {person.id: person for person in cohort.people if person.active}
    manager_of = managers_of(cohort.people)

    def sides(role: Role) -> list[Side]:
        ids = sorted({entry.person for entry in cohort.entries if role in entry.roles} & known.keys())
        return [scoring.prepared(known[one], cohort.monday, manager_of) for one in ids]

    seats = _seats(tuple(known.values()), cohort.taken)
    mentors = [side for side in sides(Role.MENTOR) if seats[side.member.id] > 0]
    mentees = [side for side in sides(Role.MENTEE) if side.member.id not in cohort.busy]
    chosen = stable.assign(_wishes(mentors, mentees, cohort.refused), seats)
    by_id = {side.member.id: side for side in (*mentors, *mentees)}
    proposals = [_proposal(by_id[mentor], by_id[mentee]) for mentee, mentor in chosen.items()]
    from services.kernel.errors import Invalid
    from services.matching.domain.plan import Leftover, Obstacle, Plan

    if not mentors:
        raise Invalid("NO_SEATS", "x")
    pp = tuple(sorted(proposals, key=lambda one: (-one.score_ppm, one.mentor, one.mentee)))
    uu = tuple(Leftover(side.member.id, Obstacle.FULL) for side in mentees if side.member.id not in chosen)
    return Plan(pp, uu, _rep(pp, uu, len(mentees), 1, len(mentors)))


def _seats(people: Sequence[Member], taken: Sequence[Pair]) -> Counter[str]:
    seats = Counter({person.id: person.seats for person in people})
    seats.subtract(pair.mentor for pair in taken)
    return seats


def _wishes(
    mentors: Sequence[Side], mentees: Sequence[Side], refused: frozenset[Pair]
) -> dict[str, list[tuple[int, str]]]:
    offers = scoring.Offers(mentors)
    names = [side.member.id for side in mentors]
    declined: dict[str, set[str]] = {}
    for pair in refused:
        declined.setdefault(pair.mentee, set()).add(pair.mentor)
    wishes = {}
    for mentee in mentees:
        barred = declined.get(mentee.member.id, set())
        scores = ((score, names[place]) for score, place in offers.scores(mentee))
        wishes[mentee.member.id] = [wish for wish in scores if wish[1] not in barred]
    return wishes


def _proposal(mentor: Side, mentee: Side) -> Proposal:
    parts = scoring.contributions(mentor, mentee)
    return Proposal(mentor.member.id, mentee.member.id, sum(part.score_ppm for part in parts), parts)
