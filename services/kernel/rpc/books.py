"""What the gate keeps of calls, in the service's own database."""

from dataclasses import dataclass
from typing import Self

from services.kernel.mongo import Database
from services.kernel.rpc.claiming import Claims
from services.kernel.rpc.quotas import Usage
from services.kernel.rpc.recording import Trail


@dataclass(frozen=True, slots=True)
class Books:
    """What request ids stand for, how much was used today, and the audit log."""

    claims: Claims
    usage: Usage
    trail: Trail

    @classmethod
    def of(cls, database: Database) -> Self:
        """Return those of a database."""
        return cls(database.claims, database.usage, database.trail)
