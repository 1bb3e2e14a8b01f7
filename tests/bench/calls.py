"""Calls through the full gate against a bare handler that does the same database operation."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from deploy.local.stack import Stack
from deploy.local.tokens import person_token
from services.kernel.clock import SystemClock
from services.kernel.mongo import Aggregates, Cause, Database, Ref, Save
from services.mentorships.domain import Goal, GoalCreated, Kind
from services.mentorships.store import GOALS
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import CompleteGoalRequest
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2 import CreatePersonRequest, GetPersonRequest, Person
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.bench import load
from tests.bench.figures import Figure
from tests.bench.load import Load

ORG = "bench"
PEOPLE = 200
CALLS = 1500
BUSY = 64
"""Calls at a time of a busy portal: the more come at once, the more of them share round trips."""
TIMEOUT = 30.0
Metadata = tuple[tuple[str, str], ...]


@asynccontextmanager
async def bare_server(stack: Stack) -> AsyncIterator[grpc.aio.Channel]:
    """Run the baseline server beside the platform, on the same database."""
    settings = {
        "MONGO_URL": stack.state.mongo,
        "PEOPLE": "profiles.people",
        "GOALS": "mentorships.goals",
        "MOTOR_MAX_WORKERS": "64",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bare", env=settings, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        async with grpc.aio.insecure_channel(address) as channel:
            yield channel
    finally:
        process.terminate()
        await process.wait()


async def token(stack: Stack, person: str, role: str) -> Metadata:
    """Return the metadata of a caller."""
    return (("authorization", f"Bearer {await person_token(stack.state.issuer, ORG, person, role)}"),)


async def get_person(stack: Stack) -> list[Figure]:
    """GetPerson by a program lead: token, role, tenant, validation, one find_one, the whole person."""
    return [await _looked_up(stack, "GetPerson", await token(stack, "lead", "program_lead"))]


async def get_person_hr(stack: Stack) -> list[Figure]:
    """The same by HR, whose looks at personal data stand in the audit log: one insert more."""
    return [await _looked_up(stack, "GetPerson, HR", await token(stack, "hr-office", "hr_admin"))]


async def _looked_up(stack: Stack, name: str, metadata: Metadata) -> Figure:
    office = await token(stack, "hr-office", "hr_admin")
    async with bare_server(stack) as bare, grpc.aio.insecure_channel(stack.address("profiles")) as ours:
        people, naked = PersonServiceStub(ours), PersonServiceStub(bare)
        for number in range(PEOPLE):
            await people.CreatePerson(_person(number), metadata=office, timeout=TIMEOUT)
        requests = [
            GetPersonRequest(name=f"organizations/{ORG}/people/p{number}") for number in range(PEOPLE)
        ]

        def gate(number: int) -> grpc.aio.UnaryUnaryCall[GetPersonRequest, Person]:
            return people.GetPerson(requests[number % PEOPLE], metadata=metadata, timeout=TIMEOUT)

        def plain(number: int) -> grpc.aio.UnaryUnaryCall[GetPersonRequest, Person]:
            return naked.GetPerson(requests[number % PEOPLE], metadata=metadata, timeout=TIMEOUT)

        return _compared(name, *await load.against(gate, plain, CALLS))


async def complete_goal(stack: Stack) -> list[Figure]:
    """CompleteGoal: as above with one read, one guarded update and its event, against one update_one.

    At 16 calls at a time and at 64.
    """
    return [
        await _completed(stack, "CompleteGoal", 0),
        await _completed(stack, f"CompleteGoal, {BUSY} in flight", 2, BUSY),
    ]


async def complete_goal_request_id(stack: Stack) -> list[Figure]:
    """The same where each call brings a `request_id`, which is kept for a day: one insert more."""
    return [await _completed(stack, "CompleteGoal, request_id", 1)]


async def _completed(stack: Stack, name: str, turn: int, in_flight: int = load.IN_FLIGHT) -> Figure:
    """Measure with goals of this turn's own; in turn 1 with request ids."""
    metadata = await token(stack, "mentee", "mentee")
    rounds = 5
    first = turn * 2 * rounds * CALLS
    await store_goals(stack, range(first, first + 2 * rounds * CALLS))
    async with bare_server(stack) as bare, grpc.aio.insecure_channel(stack.address("mentorships")) as ours:
        goals, naked = GoalServiceStub(ours), GoalServiceStub(bare)

        async def gate(number: int) -> None:
            request = complete_request(first + number)
            request.request_id = f"bench-{number}" if turn == 1 else ""
            await goals.CompleteGoal(request, metadata=metadata, timeout=TIMEOUT)

        async def plain(number: int) -> None:
            request = complete_request(first + number + rounds * CALLS)
            await naked.CompleteGoal(request, metadata=metadata, timeout=TIMEOUT)

        loads = await load.against(gate, plain, CALLS, rounds, in_flight)
        return _compared(name, *loads, in_flight)


def _compared(name: str, ours: Load, bare: Load, in_flight: int = load.IN_FLIGHT) -> Figure:
    return Figure(
        name,
        ours.rate,
        "requests/s",
        bare.rate,
        load.percentile_ms(ours.latencies, 50),
        load.percentile_ms(ours.latencies, 99),
        f"bare p50 {load.percentile_ms(bare.latencies, 50):.1f} ms; {in_flight} in flight on the same cores",
    )


def _person(number: int) -> CreatePersonRequest:
    person = Person(
        email=f"p{number}@bench.example",
        given_name="Given",
        family_name="Family",
        title="Engineer",
        grade=5,
        country="GB",
        time_zone="Europe/London",
        languages=["en"],
        roles=[Person.ROLE_MENTEE],
    )
    return CreatePersonRequest(
        parent=f"organizations/{ORG}", person_id=f"p{number}", person=person, request_id=f"bench-{number}"
    )


def complete_request(number: int) -> CompleteGoalRequest:
    """Return the request that completes a goal of `store_goals`."""
    return CompleteGoalRequest(name=f"organizations/{ORG}/mentorships/pair/goals/g{number}")


async def store_goals(stack: Stack, numbers: range) -> None:
    """Put open goals straight into the database, and let their events go out: neither is measured."""
    goal = Goal("pair", ("mentor", "mentee"), Kind.SOFT_SKILL, "speak")
    saves = [
        Save(Ref(ORG, f"g{number}"), lambda _: (goal, [GoalCreated()]), Cause(f"bench-{number}"))
        for number in numbers
    ]
    async with Database(stack.state.mongo, "mentorships", SystemClock()) as database:
        goals = database.aggregates(GOALS)
        await goals.apply_many(ORG, saves)
        await drained(goals)


async def drained(goals: Aggregates[Goal]) -> None:
    """Wait until a relay has published every event of these aggregates."""
    while await goals.collection.find_one({"outbox.0.at": {"$gt": 0}}, {"_id": 1}) is not None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
