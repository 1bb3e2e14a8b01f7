"""Taking part in a program: what it takes to come into one of its groups, and to stay."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.kernel.errors import Refused


class Role(StrEnum):
    """As what somebody takes part."""

    MENTEE = "MENTEE"
    MENTOR = "MENTOR"


@dataclass(frozen=True, slots=True)
class Participation:
    """How somebody takes part. `active`: now, neither waiting for approval nor paused. `stays`: has not left.

    Who took part until the program closed has not left it.
    """

    roles: frozenset[Role] = frozenset()
    active: bool = False
    stays: bool = False

    def require(self, role: Role, field: str) -> None:
        """Raise Refused NOT_IN_PROGRAM, naming the request's `field`, unless active in the role."""
        if self.active and role in self.roles:
            return
        problem = f"must be of somebody who takes part in the group's program as a {role.lower()} now"
        raise Refused("NOT_IN_PROGRAM", f"{field} {problem}", fields=((field, problem),))


NOBODY: Final = Participation()
"""Who has never taken part."""
