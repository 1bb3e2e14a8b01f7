"""What the application needs: where its aggregates are kept, and who oversees what.

Aggregates are named by ids; the organization is the caller's. Beside refusals of `domain`, every method of
the modules here raises NotFound for what is not there, and every change Conflict for a stale `etag`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Decide, Outcome, Page, Query, Ref, Save, Versioned
from services.mentorships.domain import Who
from services.mentorships.domain.participation import Participation

S = TypeVar("S")

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""

OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})
"""Roles that see every relationship, though not what the two say to each other."""

HR = frozenset({"hr_admin"})
"""The role that sees how all relationships go, in codes and ratings."""

ALL = "-"
"""Stands for all mentorships where a list asks for one."""

LEADS = frozenset({"program_lead"})
"""The role that sees the same of the relationships that it leads."""


def overseen(caller: Caller, program: str) -> dict[str, Any]:
    """Return which mentorships of a program HR or a lead oversees, as in `Query.where`."""
    return {"program": program, **({} if caller.roles & HR else {"lead": caller.subject})}


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[S]]:
        """Return those of `ids` that are there."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        """Store many, each once per its cause."""


@dataclass(frozen=True, slots=True)
class Employment:
    """Whether a person has left the company, as was last heard."""

    left: bool


class Employments(Protocol):
    """The copy of who has left, by person; nothing is kept of those of whom nothing was heard."""

    async def get(self, ref: Ref) -> Employment | None:
        """Return one, None if nothing was heard."""

    async def put(self, ref: Ref, state: Employment, sequence: int) -> bool:
        """Store what the event numbered `sequence` tells; False when a later one was stored."""


class People(Protocol):
    """Where people are known."""

    async def require_working(self, tenant: str, people: Sequence[str]) -> None:
        """Raise NotFound PERSON_NOT_FOUND, Refused PERSON_LEFT, or Unavailable."""


class Programs(Protocol):
    """Where programs are known."""

    async def require_open(self, tenant: str, program: str) -> None:
        """Raise NotFound PROGRAM_NOT_FOUND, Refused PROGRAM_CLOSED, or Unavailable."""

    async def participation(self, tenant: str, program: str, person: str) -> Participation:
        """Return how somebody takes part, NOBODY if never. NotFound PROGRAM_NOT_FOUND, or Unavailable."""


def who(caller: Caller) -> Who:
    """Return what a caller is to the relationships of the organization."""
    return Who(caller.subject, oversees=bool(caller.roles & OVERSEERS), hr="hr_admin" in caller.roles)
