"""Programs: opened, changed, closed, and who did what."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.matching.app.ports import People, Stores, Wanted, page_of
from services.matching.domain import programs
from services.matching.domain.programs import Program, Revision

Change = Callable[[Program], Program]
"""What a caller wants a program to be like: present settings -> wanted settings."""


class Programs:
    """Programs by id. NotFound for an absent one, Conflict for a stale etag."""

    def __init__(self, stores: Stores, people: People, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._clock = clock

    async def create(self, caller: Caller, program: Program, cause: Cause) -> tuple[Ref, Versioned[Program]]:
        """Open a program. Refused LEAD_NOT_ACTIVE, NotFound for a lead who is not known."""
        (lead,) = await self._people.get_many(caller.org, [program.lead])
        ref = Ref(caller.org, ids.derived_id(caller.org, "program", cause.id))
        opened = programs.open_program(program, lead, caller.subject, self._clock.now())
        return ref, await self._stores.programs.create(ref, *opened, cause)

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
        wanted = change((await self._stores.programs.get(ref)).state)
        (lead,) = await self._people.get_many(caller.org, [wanted.lead])
        now = self._clock.now()

        def decide(state: Program) -> tuple[Program, Sequence[programs.Event]]:
            new = change(state)
            if new.lead != state.lead:
                programs.require_lead(lead)
            return state.changed(new, caller.subject, now)

        return await self._stores.programs.change(ref, decide, cause, etag=etag)

    async def close(self, caller: Caller, program: str, etag: str, cause: Cause) -> Versioned[Program]:
        """End a program; its enrolments end soon after."""
        now: datetime = self._clock.now()
        return await self._stores.programs.change(
            Ref(caller.org, program), lambda state: state.close(caller.subject, now), cause, etag=etag
        )

    async def revisions(self, caller: Caller, program: str, page: Wanted) -> tuple[Sequence[Revision], str]:
        """Return a page of a program's changes, latest first, and the next token."""
        history = (await self.get(caller, program)).state.history
        return page_of(history[::-1], page)
