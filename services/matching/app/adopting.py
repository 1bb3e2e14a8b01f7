"""Mentorships that came to be without a match: they hold a seat like any other of their program."""

from services.kernel import ids
from services.kernel.mongo import Cause, Query, Ref
from services.matching.app.ports import Stores
from services.matching.domain import matches
from services.matching.domain.matches import Origin


class Adopting:
    """Adopts; it may be repeated at any point and refuses nothing."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def adopt(self, mentorship: Ref, program: str, people: tuple[str, str], cause: Cause) -> None:
        """Give a mentorship of `people` (mentor, mentee) a match, unless it came from one."""
        known = Query(where={"origin.mentorship": mentorship.id}, page_size=1)
        if (await self._stores.matches.list(mentorship.tenant, known)).items:
            return
        match = Ref(mentorship.tenant, ids.derived_id(mentorship.tenant, "match", "adopted", mentorship.id))
        decision = matches.adopt(await self._origin(mentorship, program), people)
        own = Cause(f"adopted:{mentorship.id}", trace=cause.trace)
        await self._stores.matches.create(match, *decision, own)

    async def _origin(self, mentorship: Ref, name: str) -> Origin:
        program = (await self._stores.programs.get(Ref(mentorship.tenant, name))).state
        return Origin(
            program=name,
            run="",
            lead=program.lead,
            cadence_days=program.cadence_days,
            meeting_minutes=program.meeting_minutes,
            agreement=program.agreement,
            mentorship=mentorship.id,
        )
