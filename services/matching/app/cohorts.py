"""Everybody of a program who can be matched, and what stands between them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.kernel.mongo import Query, Ref
from services.kernel.mongo.whole import whole_list, whole_pages
from services.matching.app.ports import Stores, Task
from services.matching.app.runs import read_parts
from services.matching.domain import matches, runs
from services.matching.domain.cohort import Entry
from services.matching.domain.enrolments import Taking
from services.matching.domain.policy import Options, Pair
from services.matching.domain.runs import CohortRun
from services.matching.domain.week import coming_monday

_PAGE: Final = 200
"""Documents per read: some milliseconds of decoding, so that callers of the service do not notice."""

_PAIRS: Final = Query(page_size=_PAGE, without=("contributions", "mentor_contributions"))
"""Matches without their reasons, which are most of a match and of no use here."""


class Cohorts:
    """Reads cohorts."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def task(
        self, program: Ref, at: datetime, options: Options, published: Mapping[str, CohortRun]
    ) -> Task:
        """Return what is to be matched in the weeks after `at` (aware). NotFound for an absent program.

        `published` are the published runs of the organization.
        """
        rules = (await self._stores.programs.get(program)).state
        known = [one async for _, one in whole_list(self._stores.matches, program.tenant, _PAIRS)]
        holds = matches.holds(known, await self._coming(program.tenant, published))
        return Task(
            tenant=program.tenant,
            entries=self._entries(program),
            monday=coming_monday(at),
            taken=tuple(pair for _, pair in holds),
            busy=frozenset(pair.mentee for name, pair in holds if name == program.id),
            refused=matches.refused(known, program.id),
            previous=matches.previous(known),
            policy=options.policy or rules.policy,
            options=options,
        )

    async def published(self, tenant: str) -> dict[str, CohortRun]:
        """Return the published runs of an organization by id."""
        published = Query(where={"stage": runs.Stage.PUBLISHED.value}, page_size=_PAGE)
        return {name: run async for name, run in whole_list(self._stores.runs, tenant, published)}

    async def _entries(self, program: Ref) -> AsyncIterator[Sequence[Entry]]:
        everybody = Query(where={"program": program.id}, page_size=_PAGE)
        async for page in whole_pages(self._stores.enrolments, program.tenant, everybody):
            yield [
                Entry(one.person, one.roles, one.focus, one.preferred, one.blocked, one.waits)
                for one in (stored.state for _, stored in page)
                if one.stage is Taking.ACTIVE
            ]

    async def _coming(self, tenant: str, published: Mapping[str, CohortRun]) -> list[tuple[str, str, Pair]]:
        """Return (program, run, pair) of published runs whose matches are not all there yet."""
        found = []
        for name, run in published.items():
            if run.report is None or run.is_delivered:
                continue
            for part in await read_parts(self._stores, Ref(tenant, name), run, range(run.parts)):
                found += [(run.program, name, proposal.pair) for proposal in part.proposals]
        return found
