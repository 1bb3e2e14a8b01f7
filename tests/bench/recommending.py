"""Recommendations, and runs beside them, as a portal sees them: through gRPC, on running services."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiohttp
import grpc
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.stack import Stack
from services.kernel.ids import new_id
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import MatchingServiceStub
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceStub
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.bench import load
from tests.bench.calls import ORG, token
from tests.bench.figures import Figure

CALLS: Final = 1000
LONG: Final = 1800.0
"""Seconds for what reads a whole company."""
AT_ONCE: Final = 1000
SKILLS: Final = tuple(f"skill{number}" for number in range(200))
ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Nairobi")
HEADER: Final = (
    "employee_id,email,given_name,family_name,preferred_name,title,department,grade,manager_id,country,"
    "time_zone,languages,roles,skills_offered,skills_sought,mentor_capacity,weekly_hours,meeting_preference,"
    "hire_date,status"
)
Metadata = tuple[tuple[str, str], ...]


def export(mentees: int, mentors: int) -> bytes:
    """Return an HR export; the same for the same numbers."""
    dice = random.Random(1)
    rows = [_row(f"a{number}", "mentee", dice) for number in range(mentees)]
    rows += [_row(f"b{number}", "mentor", dice) for number in range(mentors)]
    return "\n".join([HEADER, *rows]).encode()


def _row(person: str, role: str, dice: random.Random) -> str:
    tags = ";".join(f"{tag}:{dice.randint(1, 5)}" for tag in dice.sample(SKILLS, 6))
    hours = f"{dice.choice(('mon', 'tue', 'wed'))} 09:00-12:00;thu 13:00-17:00"
    grade, seats = (3, 0) if role == "mentee" else (6, 2)
    return (
        f"{person},{person}@bench.example,Given,Family,,Engineer,D{dice.randint(0, 20)},{grade},,GB,"
        f"{dice.choice(ZONES)},en,{role},{tags},{tags},{seats},{hours},video,2020-01-01,active"
    )


@dataclass(frozen=True)
class Company:
    """A program on running services, seen by its lead."""

    stack: Stack
    program: str
    mentees: int
    calls: MatchingServiceStub
    lead: Metadata

    async def recommend(self, number: int) -> matching.RecommendPartnersResponse:
        """Ask for ten mentors for one of the mentees."""
        request = matching.RecommendPartnersRequest(
            parent=self.program,
            person=f"organizations/{ORG}/people/a{number % self.mentees}",
            role=people.Person.ROLE_MENTEE,
        )
        return await self.calls.RecommendPartners(request, metadata=self.lead, timeout=LONG)

    async def run(self) -> matching.CohortRun:
        """Match the whole cohort; return the run when it is ready."""
        create = matching.CreateCohortRunRequest(parent=self.program, request_id=new_id())
        run = await self.calls.CreateCohortRun(create, metadata=self.lead, timeout=LONG)
        watch = matching.WatchCohortRunRequest(name=run.name)
        async for seen in self.calls.WatchCohortRun(watch, metadata=self.lead, timeout=LONG):
            run = seen
        return run


async def company(stack: Stack, mentees: int, mentors: int, channel: grpc.aio.Channel) -> Company:
    """Import and enrol everybody."""
    lead = await token(stack, "hr-office", "hr_admin")
    await _import(stack, export(mentees, mentors), lead)
    service = ProgramServiceStub(channel)
    draft = programs.Program(display_name="Bench", lead=f"organizations/{ORG}/people/b0")
    create = programs.CreateProgramRequest(parent=f"organizations/{ORG}", program=draft, request_id=new_id())
    program = await service.CreateProgram(create, metadata=lead, timeout=LONG)
    wishes = [_wish(f"a{number}", people.Person.ROLE_MENTEE) for number in range(mentees)]
    wishes += [_wish(f"b{number}", people.Person.ROLE_MENTOR) for number in range(mentors)]
    for start in range(0, len(wishes), AT_ONCE):
        batch = programs.BatchEnrolPeopleRequest(
            parent=program.name, requests=wishes[start : start + AT_ONCE], request_id=new_id()
        )
        await service.BatchEnrolPeople(batch, metadata=lead, timeout=LONG)
    return Company(stack, program.name, mentees, MatchingServiceStub(channel), lead)


def _wish(person: str, role: people.Person.Role.ValueType) -> programs.EnrolmentRequest:
    return programs.EnrolmentRequest(person=f"organizations/{ORG}/people/{person}", roles=[role])


async def _import(stack: Stack, file: bytes, lead: Metadata) -> None:
    async def chunks() -> AsyncIterator[people.ImportPeopleRequest]:
        for at in range(0, len(file), 1 << 16):
            yield people.ImportPeopleRequest(parent=f"organizations/{ORG}", data=file[at : at + (1 << 16)])

    async with grpc.aio.insecure_channel(stack.address("profiles")) as channel:
        async for answer in PersonServiceStub(channel).ImportPeople(chunks(), metadata=lead, timeout=LONG):
            if answer.HasField("rejected"):
                raise RuntimeError(f"the generated export is wrong: {answer.rejected}")


async def recommend(stack: Stack, mentors: int, name: str) -> list[Figure]:
    """Ten mentors out of `mentors` for one mentee, one call after another, the pool being there."""
    async with grpc.aio.insecure_channel(stack.address("matching")) as channel:
        staff = await company(stack, 1000, mentors, channel)
        began = time.perf_counter()
        await staff.recommend(0)
        first = time.perf_counter() - began
        seen = await load.closed(staff.recommend, range(CALLS), in_flight=1)
    return [
        Figure(
            name,
            seen.rate,
            "requests/s",
            p50_ms=load.percentile_ms(seen.latencies, 50),
            p99_ms=load.percentile_ms(seen.latencies, 99),
            note=f"RecommendPartners, 10 of {mentors} mentors, 1 in flight; first call {first:.1f} s",
        )
    ]


async def lag(stack: Stack, mentees: int, mentors: int) -> list[Figure]:
    """How late the event loop of matching is while it has a whole cohort matched, and the run itself."""
    async with grpc.aio.insecure_channel(stack.address("matching")) as channel:
        staff = await company(stack, mentees, mentors, channel)
        before = await _ticks(stack)
        began = time.perf_counter()
        run = await staff.run()
        seconds = time.perf_counter() - began
        after = await _ticks(stack)
    ticks = {limit: after[limit] - before[limit] for limit in after}
    return [
        Figure(
            "event_loop_lag",
            _percentile(ticks, 0.99) * 1000,
            "ms at most, p99",
            note=f"while {mentees} x {mentors} are matched: {seconds:.1f} s from request to ready, "
            f"{run.report.matched} pairs, {run.report.blocking_pairs} blocking",
        )
    ]


def _percentile(ticks: dict[float, float], share: float) -> float:
    """Return the upper limit of the bucket in which the percentile lies."""
    return next(limit for limit, count in sorted(ticks.items()) if count >= share * max(ticks.values()))


async def _ticks(stack: Stack) -> dict[float, float]:
    """Return the buckets of the event-loop lag of matching: upper limit in seconds -> ticks."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://{stack.state.metrics['matching']}/metrics") as page,
    ):
        text = await page.text()
    return {
        float(sample.labels["le"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "event_loop_lag_seconds_bucket"
    }


BENCHES: Final[dict[str, Callable[[Stack], Awaitable[list[Figure]]]]] = {
    "recommend_20k_grpc": partial(recommend, mentors=20_000, name="recommend_20k_grpc"),
    "recommend_200k_grpc": partial(recommend, mentors=200_000, name="recommend_200k_grpc"),
    "event_loop_lag": partial(lag, mentees=20_000, mentors=4_000),
}
"""By name; they read whole companies first, so they take minutes."""
