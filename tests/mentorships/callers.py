"""Who calls in tests: the pair of the factories and everybody who is not of it."""

from collections.abc import Sequence

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound
from services.mentorships import store
from services.mentorships.app.surveys import Surveys
from services.mentorships.domain.participation import NOBODY, Participation
from tests.fakes import Aggregates
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, ORG, STRANGER

HR_ID = "admin"

mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
hr = Caller(ORG, HR_ID, frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))


class Everybody:
    """People, all of whom work here but those in `absent`."""

    def __init__(self, *absent: str) -> None:
        self.absent = absent

    async def require_working(self, tenant: str, people: Sequence[str]) -> None:
        if tenant != ORG or any(person in self.absent for person in people):
            raise NotFound("PERSON_NOT_FOUND", "nobody of this name")


class OneProgram:
    """The open program "spring", in which nobody takes part."""

    async def require_open(self, tenant: str, program: str) -> None:
        if (tenant, program) != (ORG, "spring"):
            raise NotFound("PROGRAM_NOT_FOUND", "no such program")

    async def participation(self, tenant: str, program: str, person: str) -> Participation:
        await self.require_open(tenant, program)
        assert person
        return NOBODY


def surveys(clock: Clock) -> Surveys:
    """Return surveys in memory, of no program yet."""
    return Surveys(Aggregates(store.SURVEY_PLANS, clock), OneProgram())
