"""Programs and their participants."""

from collections.abc import Sequence

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.matching.app.ports import People, Stores, Wanted, save_all
from services.matching.domain import programs
from services.matching.domain.programs import Enrolment, Program


class Programs:
    """Opens programs and enrols people."""

    def __init__(self, stores: Stores, people: People) -> None:
        self._stores = stores
        self._people = people

    async def create(self, caller: Caller, program: Program, cause: Cause) -> tuple[Ref, Versioned[Program]]:
        """Open a program. Refused LEAD_NOT_ACTIVE, NotFound for a lead who is not known."""
        (lead,) = await self._people.get_many(caller.org, [program.lead])
        ref = Ref(caller.org, ids.derived_id(caller.org, "program", cause.id))
        return ref, await self._stores.programs.create(ref, *programs.open_program(program, lead), cause)

    async def get(self, caller: Caller, program: str) -> Versioned[Program]:
        """Return one program. NotFound."""
        return await self._stores.programs.get(Ref(caller.org, program))

    async def list(self, caller: Caller, page: Wanted) -> Page[Program]:
        """Return a page of programs, oldest first."""
        query = Query(page_size=page.size, page_token=page.token)
        return await self._stores.programs.list(caller.org, query)

    async def enrol(
        self, caller: Caller, program: str, asked: Sequence[Enrolment], cause: Cause
    ) -> Sequence[tuple[str, Versioned[Enrolment]]]:
        """Enrol all of them or nobody; return (id, enrolment) in the order asked for.

        NotFound for an absent program or person, Refused PROGRAM_CLOSED or NOT_ELIGIBLE.
        """
        (await self.get(caller, program)).state.require_active()
        people = await self._people.get_many(caller.org, [one.person for one in asked])
        programs.require_eligible(asked, people)
        by_id = {ids.derived_id(caller.org, "enrolment", program, one.person): one for one in asked}
        saves = [_enrolling(Ref(caller.org, one), wish, cause) for one, wish in by_id.items()]
        await save_all(self._stores.enrolments, caller.org, saves)
        stored = await self._stores.enrolments.get_many(caller.org, list(by_id))
        return [(one, stored[one]) for one in by_id]

    async def enrolments(self, caller: Caller, program: str, page: Wanted) -> Page[Enrolment]:
        """Return a page of participants, earliest first. NotFound for an absent program."""
        await self.get(caller, program)
        query = Query(where={"program": program}, page_size=page.size, page_token=page.token)
        return await self._stores.enrolments.list(caller.org, query)


def _enrolling(ref: Ref, asked: Enrolment, cause: Cause) -> Save[Enrolment]:
    return Save(ref, lambda known: programs.enrol(known, asked), cause)
