"""Matching in memory: who calls, who is known, and the steps that tests are told in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import NotFound, Unavailable
from services.kernel.mongo import Cause, Ref, Versioned
from services.matching import store
from services.matching.app.cohorts import Cohorts
from services.matching.app.computing import Computing
from services.matching.app.enrolments import Enrolments
from services.matching.app.following import Following
from services.matching.app.matches import Matches
from services.matching.app.ports import GoesOn, Stores, Task, Wanted
from services.matching.app.programs import Programs
from services.matching.app.runs import CohortRuns
from services.matching.domain.cohort import Cohort, compute
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match
from services.matching.domain.members import Member
from services.matching.domain.plan import Plan
from services.matching.domain.policy import DEFAULT_OPTIONS, Options, Pair
from services.matching.domain.runs import PART_SIZE, CohortRun, Part, Progress, part
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

    async def reports(self, tenant: str, manager: str) -> list[str]:
        return [one.id for one in self.known.values() if tenant == ORG and one.manager == manager]


class Answered:
    """The answer of a computation that is through; None when it was given up."""

    def __init__(self, plan: Plan | None) -> None:
        self.report = plan.report if plan else None
        self.leftovers = len(plan.unmatched) if plan else 0
        self._plan = plan

    async def parts(self, run: str) -> AsyncIterator[Part]:
        assert self._plan is not None
        for number in range(-(-max(len(self._plan.proposals), self.leftovers) // PART_SIZE)):
            yield part(run, number, self._plan)


class Calculator:
    """Computes at once, or is cut off `cut_off` times before it answers; shows `shown` on the way."""

    def __init__(self, people: Colleagues) -> None:
        self.cohorts: list[Cohort] = []
        self.shown: list[Progress] = []
        self.cut_off = 0
        self._people = people

    @asynccontextmanager
    async def matched(self, task: Task, goes_on: GoesOn) -> AsyncIterator[Answered]:
        cohort = await self._told(task)
        self.cohorts.append(cohort)
        for progress in self.shown:
            if not await goes_on(progress):
                yield Answered(None)
                return
        if self.cut_off:
            self.cut_off -= 1
            raise Unavailable("MATCHER_DIED", "the computation was cut off")
        yield Answered(compute(cohort))

    async def _told(self, task: Task) -> Cohort:
        entries = [entry async for batch in task.entries for entry in batch]
        people = await self._people.get_many(task.tenant, [entry.person for entry in entries])
        return Cohort(
            tuple(entries),
            tuple(people),
            task.monday,
            task.taken,
            task.busy,
            task.refused,
            task.previous,
            task.policy,
            task.options,
        )


class World:
    """Matching in memory with one lead, one mentor and two mentees of whom MENTEE fits better."""

    def __init__(self, kept: Aggregates[Match] | None = None) -> None:
        clock = FixedClock(NOW)
        self.stores = Stores(
            Aggregates(store.PROGRAMS, clock),
            Aggregates(store.ENROLMENTS, clock),
            Aggregates(store.RUNS, clock),
            Aggregates(store.MATCHES, clock) if kept is None else kept,
            Aggregates(store.PARTS, clock),
            Aggregates(store.REQUESTS, clock),
            Aggregates(store.SEATS, clock),
            Aggregates(store.REVISIONS, clock),
            Aggregates(store.TEAM_SETTINGS, clock),
        )
        self.people = Colleagues(
            Member(LEAD), mentor(), mentee(), replace(mentee(STRANGER), sought=(), grade=7)
        )
        self.calculator = Calculator(self.people)
        self.programs = Programs(self.stores, self.people, clock)
        self.enrolments = Enrolments(self.stores, self.people, clock)
        self.following = Following(self.stores)
        self.runs = CohortRuns(self.stores, clock)
        self.cohorts = Cohorts(self.stores)
        self.computing = Computing(self.stores, self.cohorts, self.calculator)
        self.matches = Matches(self.stores.matches)

    async def open(self, name: str = "open") -> str:
        ref, _ = await self.programs.create(lead, PROGRAM, Cause(name))
        return ref.id

    async def enrol_all(self, program: str) -> None:
        asked = [
            Enrolment(program, one.id, one.seeks) for one in self.people.known.values() if one.id != LEAD
        ]
        await self.enrolments.enrol(lead, program, asked, Cause(f"enrol-{program}"))

    async def ready(
        self, program: str, name: str, options: Options = DEFAULT_OPTIONS
    ) -> tuple[Ref, Versioned[CohortRun]]:
        ref, _ = await self.runs.request(lead, program, options, Cause(name))
        await self.computing.compute(ref, Cause(f"computed-{name}"))
        return ref, await self.runs.get(lead, (program, ref.id))

    async def pairs(self, program: str, ref: Ref) -> list[Pair]:
        found, _ = await self.runs.proposals(lead, (program, ref.id), Wanted(1000))
        return [one.pair for one in found]

    async def left(self, program: str, ref: Ref) -> list[str]:
        found, _ = await self.runs.leftovers(lead, (program, ref.id), Wanted(1000))
        return [one.mentee for one in found]

    async def publish(self, program: str, ref: Ref, etag: str = "") -> Versioned[CohortRun]:
        return await self.runs.publish(lead, (program, ref.id), etag, Cause(f"publish-{ref.id}"))

    async def matched(self, program: str) -> list[tuple[str, Match]]:
        page = await self.matches.list(lead, program, "", Wanted())
        return [(one, stored.state) for one, stored in page.items]
