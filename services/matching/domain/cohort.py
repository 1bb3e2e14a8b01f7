"""One whole cohort: everybody enrolled and free -> proposed pairs. Deterministic; takes CPU seconds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.matching.domain.members import Member, Role
from services.matching.domain.plan import Plan, Proposal
from services.matching.domain.policy import DEFAULT_OPTIONS, DEFAULT_POLICY, Options, Pair, Policy


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


class Cancelled(Exception):  # noqa: N818 -- nothing is wrong: the answer is no longer wanted
    """Raised by a `Watch` to end a computation."""


class Watch(Protocol):
    """Told how far a computation is, every few milliseconds; raises `Cancelled` to end it."""

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Hear that `done` rows of `total` are through in a stage."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Watch nothing."""


def compute(cohort: Cohort, watch: Watch = silent) -> Plan:
    """Match a cohort. Same cohort, whatever its order, same plan.

    Raises Invalid NO_MENTEES, NO_MENTORS, NO_SEATS, LOCK_UNKNOWN, LOCK_BREAKS_RULE, WEIGHT_INVALID,
    UNKNOWN_TIME_ZONE, TOO_MANY_PEOPLE; whatever `watch` raises.
    """
    from services.matching.domain.engine import run  # noqa: PLC0415 -- see `engine`: only who computes pays

    return run.plan(cohort, watch)


class Pool:
    """The participants of a program as they are now, kept ready to recommend partners to single people.

    Safe to ask from several threads. Raises Invalid WEIGHT_INVALID, UNKNOWN_TIME_ZONE, TOO_MANY_PEOPLE.
    """

    def __init__(self, cohort: Cohort) -> None:
        from services.matching.domain.engine import pool  # noqa: PLC0415 -- see `engine`

        self._partners = pool.Partners(cohort)

    def recommend(self, person: str, role: Role, k: int, *, open_only: bool = True) -> list[Proposal]:
        """Return the best k partners that the rules allow, best first, for a participant in a role.

        With `open_only` mentors without a free seat and mentees who have a mentor are left out. The rank of a
        proposal is its place in the answer. NotFound NOT_ENROLLED.
        """
        return self._partners.best(person, role, k, open_only=open_only)
