"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.errors import Invalid
from services.kernel.mongo import Cause, Decide, Outcome, Page, Query, Ref, Save, Versioned
from services.matching.domain.cohort import Entry
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match
from services.matching.domain.members import Member
from services.matching.domain.plan import Report
from services.matching.domain.policy import Options, Pair, Policy
from services.matching.domain.programs import KeptRevision, Program
from services.matching.domain.recommending import Asked, Recommended
from services.matching.domain.requests import MatchRequest
from services.matching.domain.runs import CohortRun, Part, Progress
from services.matching.domain.seats import Seats
from services.matching.domain.teams import TeamSettings

S = TypeVar("S")

BATCH = 500
"""Documents per write of many: some tens of milliseconds."""

USUAL_PAGE: Final = 50
LARGEST_PAGE: Final = 1000

_OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` tells the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Versioned[S]]:
        """Return those that exist."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""

    async def most_frequent(
        self, tenant: str, path: str, where: Mapping[str, Any], most: int
    ) -> Sequence[tuple[Any, int]]:
        """Return the most frequent values at a state path, with their numbers."""

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

    async def reports(self, tenant: str, manager: str) -> Sequence[str]:
        """Return who reports to somebody directly and has not left. Unavailable."""


@dataclass(frozen=True, slots=True)
class Task:
    """A cohort to be matched, as `domain.cohort.Cohort` but for its people: whoever computes reads those."""

    tenant: str
    entries: AsyncIterator[Sequence[Entry]]
    monday: datetime
    taken: tuple[Pair, ...]
    busy: frozenset[str]
    refused: frozenset[Pair]
    previous: frozenset[Pair]
    policy: Policy
    options: Options


class Answer(Protocol):
    """The result of a computation. No report: it was no longer wanted, and there are no parts."""

    report: Report | None
    leftovers: int

    def parts(self, run: str) -> AsyncIterator[Part]:
        """Yield the result in parts. Unavailable when the computing process died."""


GoesOn = Callable[[Progress], Awaitable[bool]]
"""Told how far a computation is; answers whether it is still wanted."""


Renew = Callable[[], Awaitable[Task]]
"""Looks at the participants of a program anew."""


class Matcher(Protocol):
    """Computes, off the event loop, one cohort after the other."""

    def matched(self, task: Task, goes_on: GoesOn) -> AbstractAsyncContextManager[Answer]:
        """Match a cohort; the answer lasts as long as the context.

        Refusals: `domain.cohort.compute`; NotFound for a person who is not known; Unavailable when the
        computation was cut off.
        """


class Recommender(Protocol):
    """Answers for single people from pools of participants that it keeps, off the event loop."""

    async def recommend(self, pool: Ref, asked: Asked, renew: Renew) -> Recommended:
        """Return the best partners from the pool of a program, which `renew` fills when it is absent or old.

        NotFound NOT_ENROLLED for a person whom the pool does not hold in the role; refusals of
        `domain.cohort`; Unavailable when the process died.
        """


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that matching keeps."""

    programs: Aggregates[Program]
    enrolments: Aggregates[Enrolment]
    runs: Aggregates[CohortRun]
    matches: Aggregates[Match]
    parts: Aggregates[Part]
    requests: Aggregates[MatchRequest]
    seats: Aggregates[Seats]
    revisions: Aggregates[KeptRevision]
    team_settings: Aggregates[TeamSettings]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a list: at most `size` entries (0: the default) from `token` on."""

    size: int = 0
    token: str = ""


def oversees(caller: Caller) -> bool:
    """Whether the caller may read everything of the organization."""
    return not caller.roles.isdisjoint(_OVERSEERS)


async def save_all(store: Aggregates[S], tenant: str, saves: Sequence[Save[S]]) -> None:
    """Store many in batches; a repeat after a crash stores the rest."""
    for start in range(0, len(saves), BATCH):
        await store.apply_many(tenant, saves[start : start + BATCH])


def page_size(page: Wanted) -> int:
    """Return how many entries a page holds."""
    return min(page.size or USUAL_PAGE, LARGEST_PAGE)


def offset_of(token: str) -> int:
    """Return where a page begins. Invalid PAGE_TOKEN_INVALID."""
    if not token:
        return 0
    if not token.isdecimal() or len(token) > 9:
        raise Invalid(
            "PAGE_TOKEN_INVALID",
            "the page token is not one of this list",
            fields=(("page_token", "must come from the previous page"),),
        )
    return int(token)
