"""Matching of whole cohorts, as those who run a program see it: ask, follow, look, give up, publish."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, TypeVar

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.matching.app.ports import Stores, Wanted, offset_of, page_size
from services.matching.domain import runs
from services.matching.domain.plan import Leftover, Proposal
from services.matching.domain.policy import Options
from services.matching.domain.runs import CohortRun, Part

T = TypeVar("T")
Names = tuple[str, str]
"""(program, run)."""

LOOK_SECONDS: Final = 0.3
"""How often a followed run is looked at: it may be computed by another process."""


class CohortRuns:
    """Runs by name. NotFound for an absent program or run, Conflict for a stale etag."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock

    async def request(
        self, caller: Caller, program: str, options: Options, cause: Cause
    ) -> tuple[Ref, Versioned[CohortRun]]:
        """Ask for a run. Refused PROGRAM_CLOSED or PROGRAM_NOT_OPEN."""
        now = self._clock.now()
        (await self._stores.programs.get(Ref(caller.org, program))).state.require_open(now.date())
        ref = Ref(caller.org, ids.derived_id(caller.org, "cohort-run", program, cause.id))
        asked = runs.request(program, options, now)
        return ref, await self._stores.runs.create(ref, *asked, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[CohortRun]:
        """Return one run."""
        program, run = names
        stored = await self._stores.runs.get(Ref(caller.org, run))
        stored.state.require_of(program)
        return stored

    async def find(self, caller: Caller, run: str) -> Versioned[CohortRun]:
        """Return one run of whatever program."""
        return await self._stores.runs.get(Ref(caller.org, run))

    async def list(self, caller: Caller, program: str, page: Wanted) -> Page[CohortRun]:
        """Return a page of a program's runs, or of all if "", earliest first."""
        where = {"program": program} if program else {}
        query = Query(where=where, page_size=page.size, page_token=page.token)
        return await self._stores.runs.list(caller.org, query)

    async def watch(self, caller: Caller, names: Names) -> AsyncIterator[Versioned[CohortRun]]:
        """Yield the run now and after each change, until it is no longer being computed."""
        seen = -1
        while True:
            stored = await self.get(caller, names)
            if stored.version != seen:
                seen = stored.version
                yield stored
            if stored.state.stage is not runs.Stage.RUNNING:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def cancel(self, caller: Caller, names: Names, etag: str, cause: Cause) -> Versioned[CohortRun]:
        """Give the run up. Refusals: `CohortRun.cancel`."""
        return await self._change(caller, names, CohortRun.cancel, etag, cause)

    async def publish(self, caller: Caller, names: Names, etag: str, cause: Cause) -> Versioned[CohortRun]:
        """Publish the run.

        Refused RUN_NOT_READY, or RUN_OUTDATED when another run was published since it was computed: the two
        do not know each other's pairs.
        """
        return await self._change(caller, names, CohortRun.publish, etag, cause)

    async def proposals(self, caller: Caller, names: Names, page: Wanted) -> tuple[Sequence[Proposal], str]:
        """Return a page of the run's pairs and the next token. Refused RUN_NOT_COMPUTED, Invalid."""
        return await self._entries(caller, names, page, lambda part: part.proposals)

    async def leftovers(self, caller: Caller, names: Names, page: Wanted) -> tuple[Sequence[Leftover], str]:
        """Return a page of the mentees whom the run left without a mentor, as `proposals` does."""
        return await self._entries(caller, names, page, lambda part: part.leftovers)

    async def parts(self, ref: Ref, run: CohortRun, numbers: Iterable[int]) -> Sequence[Part]:
        """Return those parts of a run's result that there are, in order."""
        there = [number for number in numbers if number < run.parts]
        return await read_parts(self._stores, ref, run, there) if there else ()

    async def _entries(
        self, caller: Caller, names: Names, page: Wanted, of: Callable[[Part], Sequence[T]]
    ) -> tuple[Sequence[T], str]:
        run = (await self.get(caller, names)).state
        size, offset = page_size(page), offset_of(page.token)
        run.require_computed()
        found = await self.parts(Ref(caller.org, names[1]), run, runs.wanted(offset, size + 1))
        entries = [entry for part in found for entry in of(part)]
        chosen = entries[runs.cut(entries, offset, size)]
        more = len(entries) > offset % runs.PART_SIZE + size
        return chosen, str(offset + size) if more else ""

    async def _change(
        self,
        caller: Caller,
        names: Names,
        decide: Callable[[CohortRun], tuple[CohortRun, Sequence[runs.Event]]],
        etag: str,
        cause: Cause,
    ) -> Versioned[CohortRun]:
        program, run = names

        def decided(state: CohortRun) -> tuple[CohortRun, Sequence[runs.Event]]:
            state.require_of(program)
            return decide(state)

        return await self._stores.runs.change(Ref(caller.org, run), decided, cause, etag=etag)


async def read_parts(stores: Stores, ref: Ref, run: CohortRun, numbers: Sequence[int]) -> list[Part]:
    """Return parts of a computed run's result, in the order of `numbers`. Refused RUN_NOT_COMPUTED."""
    digest = run.require_computed().result_digest
    names = [part_id(ref, digest, number) for number in numbers]
    found = await stores.parts.get_many(ref.tenant, names)
    return [found[name].state for name in names]


def part_id(ref: Ref, digest: str, number: int) -> str:
    """Return the id of a part of the result with this digest."""
    return ids.derived_id(ref.tenant, "cohort-run-part", ref.id, digest, str(number))
