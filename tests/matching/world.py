"""Matching in memory: who calls, who is known, and the steps that tests are told in."""

from collections.abc import Sequence
from dataclasses import replace

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import NotFound, Unavailable
from services.kernel.mongo import Cause, Ref, Versioned
from services.matching import store
from services.matching.app.matches import Matches
from services.matching.app.ports import Stores, Wanted
from services.matching.app.programs import Programs
from services.matching.app.runs import CohortRuns
from services.matching.domain.cohort import Cohort, Plan, compute
from services.matching.domain.matches import Match
from services.matching.domain.members import Member
from services.matching.domain.programs import Enrolment
from services.matching.domain.runs import CohortRun
from tests.fakes import Aggregates
from tests.matching.factories import LEAD, MENTEE, MENTOR, NOW, ORG, PROGRAM, STRANGER, mentee, mentor

lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
the_mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
the_mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))


class Colleagues:
    """People who can be hired and can leave."""

    def __init__(self, *people: Member) -> None:
        self.known = {one.id: one for one in people}
        self.asked: list[list[str]] = []

    async def get_many(self, tenant: str, people: Sequence[str]) -> list[Member]:
        self.asked.append(list(people))
        if tenant != ORG or not self.known.keys() >= set(people):
            raise NotFound("PERSON_NOT_FOUND", "a person is not known")
        return [self.known[one] for one in people]


class Calculator:
    """Computes at once, or is cut off `cut_off` times before it answers."""

    def __init__(self) -> None:
        self.cohorts: list[Cohort] = []
        self.cut_off = 0

    async def compute(self, cohort: Cohort) -> Plan:
        self.cohorts.append(cohort)
        if self.cut_off:
            self.cut_off -= 1
            raise Unavailable("MATCHER_DIED", "the computation was cut off")
        return compute(cohort)


class World:
    """Matching in memory with one lead, one mentor and two mentees of whom MENTEE fits better."""

    def __init__(self, kept: Aggregates[Match] | None = None) -> None:
        clock = FixedClock(NOW)
        self.stores = Stores(
            Aggregates(store.PROGRAMS, clock),
            Aggregates(store.ENROLMENTS, clock),
            Aggregates(store.RUNS, clock),
            Aggregates(store.MATCHES, clock) if kept is None else kept,
            Aggregates(store.REQUESTS, clock),
            Aggregates(store.SEATS, clock),
        )
        self.people = Colleagues(
            Member(LEAD), mentor(), mentee(), replace(mentee(STRANGER), sought=(), grade=7)
        )
        self.calculator = Calculator()
        self.programs = Programs(self.stores, self.people)
        self.runs = CohortRuns(self.stores, self.people, self.calculator, clock)
        self.matches = Matches(self.stores.matches)

    async def open(self, name: str = "open") -> str:
        ref, _ = await self.programs.create(lead, PROGRAM, Cause(name))
        return ref.id

    async def enrol_all(self, program: str) -> None:
        asked = [
            Enrolment(program, one.id, one.seeks) for one in self.people.known.values() if one.id != LEAD
        ]
        await self.programs.enrol(lead, program, asked, Cause(f"enrol-{program}"))

    async def ready(self, program: str, name: str) -> tuple[Ref, Versioned[CohortRun]]:
        ref, _ = await self.runs.request(lead, program, Cause(name))
        await self.runs.compute(ref, Cause(f"computed-{name}"))
        return ref, await self.runs.get(lead, program, ref.id)

    async def publish(self, program: str, ref: Ref, etag: str = "") -> Versioned[CohortRun]:
        return await self.runs.publish(lead, (program, ref.id), etag, Cause(f"publish-{ref.id}"))

    async def matched(self, program: str) -> list[tuple[str, Match]]:
        page = await self.matches.list(lead, program, "", Wanted())
        return [(one, stored.state) for one, stored in page.items]
