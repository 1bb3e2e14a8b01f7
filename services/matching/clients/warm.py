"""`python -m services.matching.clients.warm`: compiles the kernels of matching, once per state of sources.

Whoever computes first would otherwise wait for it. The code is kept below NUMBA_CACHE_DIR if that is set.
"""

from dataclasses import replace
from datetime import UTC, datetime

from services.matching.domain.cohort import Cohort, Entry, Pool, compute
from services.matching.domain.members import Member, Role
from services.matching.domain.policy import Mode, Options, Proposing
from services.matching.domain.skills import Skill
from services.matching.domain.week import Window

_DAY = tuple(Window(day, 0, 24 * 60) for day in range(7))
_PEOPLE = (
    Member("a", seeks=(Role.MENTEE,), languages=("en",), sought=(Skill("python", 3),), hours=_DAY),
    Member("b", seeks=(Role.MENTOR,), languages=("en",), offered=(Skill("python", 5),), seats=1, hours=_DAY),
)
_COHORT = Cohort(
    tuple(Entry(person.id, person.seeks) for person in _PEOPLE), _PEOPLE, datetime(2026, 1, 5, tzinfo=UTC)
)


def warm() -> None:
    """Match two people in every way."""
    for mode in Mode:
        compute(replace(_COHORT, options=Options(mode=mode)))
    compute(replace(_COHORT, options=Options(proposing=Proposing.MENTORS)))
    Pool(_COHORT).recommend("a", Role.MENTEE, 1)


if __name__ == "__main__":
    warm()
