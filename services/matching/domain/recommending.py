"""What is asked when partners are to be recommended, and what is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.matching.domain.members import Role
from services.matching.domain.plan import Proposal


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom, as what (a mentee is answered with mentors), how many; whether full mentors count too."""

    person: str
    role: Role
    limit: int
    include_full: bool = False


@dataclass(frozen=True, slots=True)
class Recommended:
    """Best fit first; `as_of` (aware UTC) is when the participants were looked at."""

    proposals: Sequence[Proposal]
    as_of: datetime
