"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Decide, Outcome, Page, Query, Ref, Save, Versioned
from services.matching.domain.cohort import Cohort, Plan
from services.matching.domain.matches import Match
from services.matching.domain.members import Member
from services.matching.domain.programs import Enrolment, Program
from services.matching.domain.requests import MatchRequest
from services.matching.domain.runs import CohortRun
from services.matching.domain.seats import Seats

S = TypeVar("S")

BATCH = 500
"""Documents per write of many: some tens of milliseconds."""

_OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` tells the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Versioned[S]]:
        """Return those that exist."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one. AlreadyExists."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one. NotFound, Conflict."""

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        """Store many, new or not."""


class People(Protocol):
    """Where people are known."""

    async def get_many(self, tenant: str, people: Sequence[str]) -> Sequence[Member]:
        """Return any number of people in the order asked for. NotFound when one is absent, Unavailable."""


class Matcher(Protocol):
    """Computes, off the event loop."""

    async def compute(self, cohort: Cohort) -> Plan:
        """Match a cohort. Refusals: `domain.cohort.compute`; Unavailable when the computation was cut off."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that matching keeps."""

    programs: Aggregates[Program]
    enrolments: Aggregates[Enrolment]
    runs: Aggregates[CohortRun]
    matches: Aggregates[Match]
    requests: Aggregates[MatchRequest]
    seats: Aggregates[Seats]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a list: at most `size` entries (0: the default) from `token` on."""

    size: int = 0
    token: str = ""


def oversees(caller: Caller) -> bool:
    """Whether the caller may read everything of the organization."""
    return not caller.roles.isdisjoint(_OVERSEERS)


async def whole_list(
    store: Aggregates[S], tenant: str, where: Mapping[str, Any], page_size: int
) -> AsyncIterator[tuple[str, S]]:
    """Yield (id, state) of every entry, a page at a time."""
    token = ""
    while True:
        page = await store.list(tenant, Query(where=where, page_size=page_size, page_token=token))
        for one, stored in page.items:
            yield one, stored.state
        token = page.next_page_token
        if not token:
            return


async def save_all(store: Aggregates[S], tenant: str, saves: Sequence[Save[S]]) -> None:
    """Store many in batches; a repeat after a crash stores the rest."""
    for start in range(0, len(saves), BATCH):
        await store.apply_many(tenant, saves[start : start + BATCH])
