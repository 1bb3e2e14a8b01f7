"""What becomes of enrolments when people, programs and runs change."""

from collections.abc import Sequence
from typing import Any

from services.kernel.mongo import Cause, Query, Ref, Save
from services.kernel.mongo.whole import whole_pages
from services.matching.app.enrolments import Decide, enrolment_id
from services.matching.app.ports import BATCH, Stores, save_all
from services.matching.domain import enrolments
from services.matching.domain.enrolments import Enrolment, Taking
from services.matching.domain.programs import Stage


class Following:
    """Follows; every method may be repeated at any point, and none refuses."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def person_left(self, tenant: str, person: str, cause: Cause) -> None:
        """End every enrolment of somebody who left the company."""
        where = {"person": person}
        await self._each(tenant, where, lambda state: state.end(enrolments.LEFT_COMPANY), cause)

    async def person_on_leave(self, tenant: str, person: str, cause: Cause) -> None:
        """Pause every enrolment of somebody who is away."""
        await self._each(tenant, {"person": person}, Enrolment.on_leave, cause)

    async def person_back(self, tenant: str, person: str, cause: Cause) -> None:
        """Resume what only the leave paused."""
        await self._each(tenant, {"person": person}, Enrolment.back, cause)

    async def program_closed(self, program: Ref, cause: Cause) -> None:
        """End every enrolment of a program that is over."""
        where = {"program": program.id}
        await self._each(program.tenant, where, lambda state: state.end(enrolments.PROGRAM_CLOSED), cause)

    async def taken_part(self, enrolment: Ref, program: str, cause: Cause) -> None:
        """End an enrolment that was stored while its program closed: `program_closed` may have missed it."""
        rules = (await self._stores.programs.get(Ref(enrolment.tenant, program))).state
        if rules.stage is Stage.CLOSED:
            await self._stores.enrolments.change(
                enrolment, lambda state: state.end(enrolments.PROGRAM_CLOSED), cause
            )

    async def matched(self, program: Ref, served: Sequence[str], missed: Sequence[str], cause: Cause) -> None:
        """Note which mentees a published run gave a mentor, and which it left waiting."""
        decisions = dict.fromkeys(served, Enrolment.served) | dict.fromkeys(missed, Enrolment.missed)
        saves = [
            _changing(Ref(program.tenant, enrolment_id(program.tenant, program.id, person)), decide, cause)
            for person, decide in decisions.items()
        ]
        await save_all(self._stores.enrolments, program.tenant, saves)

    async def _each(self, tenant: str, where: dict[str, Any], decide: Decide, cause: Cause) -> None:
        # Those that ended are left out, so that a repeat after a deadline goes on where it was cut off.
        # Stored states of before there was a stage have none, which is not ENDED either.
        going = {**where, "stage": {"$ne": Taking.ENDED.value}}
        query = Query(where=going, page_size=BATCH)
        async for page in whole_pages(self._stores.enrolments, tenant, query):
            saves = [_changing(Ref(tenant, one), decide, cause) for one, _ in page]
            await self._stores.enrolments.apply_many(tenant, saves)


def _changing(ref: Ref, decide: Decide, cause: Cause) -> Save[Enrolment]:
    return Save(ref, lambda known: None if known is None else decide(known), cause)
