"""Programs: opened, changed, closed, and who did what."""

from collections.abc import Callable, Sequence

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Save, Versioned
from services.matching.app.ports import People, Stores, Wanted
from services.matching.app.repeats import answered_before
from services.matching.domain import programs
from services.matching.domain.programs import KeptRevision, Program, Revision

Change = Callable[[Program], Program]
"""What a caller wants a program to be like: present settings -> wanted settings."""


class Programs:
    """Programs by id. NotFound for an absent one, Conflict for a stale etag.

    Whatever would be refused by now, a repeat of a request is answered with what is stored.
    """

    def __init__(self, stores: Stores, people: People, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._clock = clock

    async def create(self, caller: Caller, program: Program, cause: Cause) -> tuple[Ref, Versioned[Program]]:
        """Open a program. Refused LEAD_NOT_ACTIVE, NotFound for a lead who is not known."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "program", cause.id))
        try:
            (lead,) = await self._people.get_many(caller.org, [program.lead])
            opened = programs.open_program(program, lead, caller.subject, self._clock.now())
        except (NotFound, Refused) as objection:
            return ref, await answered_before(self._stores.programs, ref, objection, cause)
        stored = await self._stores.programs.create(ref, *opened, cause)
        await self._keep(ref, stored.state)
        return ref, stored

    async def get(self, caller: Caller, program: str) -> Versioned[Program]:
        """Return one program."""
        return await self._stores.programs.get(Ref(caller.org, program))

    async def list(self, caller: Caller, page: Wanted) -> Page[Program]:
        """Return a page of programs, oldest first, without their history."""
        query = Query(page_size=page.size, page_token=page.token, without=("history",))
        return await self._stores.programs.list(caller.org, query)

    async def update(
        self, caller: Caller, program: str, change: Change, etag: str, cause: Cause
    ) -> Versioned[Program]:
        """Change settings. Refused PROGRAM_CLOSED, LEAD_NOT_ACTIVE; NotFound for a lead who is not known."""
        ref = Ref(caller.org, program)
        known = (await self._stores.programs.get(ref)).state
        try:
            (lead,) = await self._people.get_many(caller.org, [change(known).lead])
        except (Invalid, NotFound) as objection:
            return await answered_before(self._stores.programs, ref, objection, cause)
        now = self._clock.now()

        def decide(state: Program) -> tuple[Program, Sequence[programs.Event]]:
            new = change(state)
            if new.lead != state.lead:
                programs.require_lead(lead)
            return state.changed(new, caller.subject, now)

        return await self._change(ref, decide, etag, cause)

    async def close(self, caller: Caller, program: str, etag: str, cause: Cause) -> Versioned[Program]:
        """End a program; its enrolments end soon after."""
        now = self._clock.now()
        ref = Ref(caller.org, program)
        return await self._change(ref, lambda state: state.close(caller.subject, now), etag, cause)

    async def revisions(self, caller: Caller, program: str, page: Wanted) -> Page[KeptRevision]:
        """Return a page of a program's changes, latest first. One whose maker died follows within seconds."""
        await self.get(caller, program)
        query = Query({"of": program}, page_size=page.size, page_token=page.token, order="-number")
        return await self._stores.revisions.list(caller.org, query)

    async def keep(self, ref: Ref) -> None:
        """Keep the revisions that a program still holds, each once."""
        await self._keep(ref, (await self._stores.programs.get(ref)).state)

    async def _change(self, ref: Ref, decide: Decide[Program], etag: str, cause: Cause) -> Versioned[Program]:
        kept = await self._keep(ref, (await self._stores.programs.get(ref)).state)
        stored = await self._stores.programs.change(
            ref, lambda state: decide(state.forget(kept)), cause, etag=etag
        )
        await self._keep(ref, stored.state)
        return stored

    async def _keep(self, ref: Ref, program: Program) -> int:
        """Keep what a program holds; return the number up to which all are kept now."""
        saves = [_keeping(ref, one) for one in program.history]
        await self._stores.revisions.apply_many(ref.tenant, saves)
        return program.revision


def _keeping(program: Ref, revision: Revision) -> Save[KeptRevision]:
    number = revision.program.revision
    name = ids.derived_id(program.tenant, "program-revision", program.id, str(number))
    kept = KeptRevision(program.id, number, revision)
    return Save(Ref(program.tenant, name), lambda known: None if known else (kept, ()), Cause(f"keep:{name}"))
