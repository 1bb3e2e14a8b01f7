"""What the gate keeps of calls, in the service's own database."""

from dataclasses import dataclass
from typing import Self

from services.kernel.mongo import Database
from services.kernel.rpc.claiming import Claims
from services.kernel.rpc.quotas import Usage


@dataclass(frozen=True, slots=True)
class Books:
    """What request ids stand for, and how much was used today."""

    claims: Claims
    usage: Usage

    @classmethod
    def of(cls, database: Database) -> Self:
        """Return those of a database."""
        return cls(database.claims, database.usage)
