"""The matching service on real sockets and a real database, beside a real profiles service that it asks."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc
import pytest
from google.longrunning.operations_pb2_grpc import OperationsStub, add_OperationsServicer_to_server

from services.kernel.auth import Caller, Keys, Tokens
from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Database, Kind
from services.kernel.rpc import client
from services.kernel.rpc.server import Server, Servicer
from services.matching import store
from services.matching.app.cohorts import Cohorts
from services.matching.app.computing import Computing
from services.matching.app.enrolments import Enrolments
from services.matching.app.matches import Matches
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores
from services.matching.app.programs import Programs
from services.matching.app.recommendations import Recommendations
from services.matching.app.requests import Requests
from services.matching.app.runs import CohortRuns
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.app.skills import Skills
from services.matching.app.teams import Teams
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.profiles import ProfilesPeople
from services.matching.clients.recommending import RecommenderProcess
from services.matching.rpc.matching import MatchingService
from services.matching.rpc.operations import Operations
from services.matching.rpc.programs import ProgramService
from services.matching.rpc.requests import MatchRequestService
from services.matching.rpc.skills import SkillService
from services.matching.rpc.teams import TeamService
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import (
    MatchRequestServiceStub,
    add_MatchRequestServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import (
    MatchingServiceStub,
    add_MatchingServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import (
    ProgramServiceStub,
    add_ProgramServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.skill_service_pb2_grpc import (
    SkillServiceStub,
    add_SkillServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.team_service_pb2_grpc import (
    TeamServiceStub,
    add_TeamServiceServicer_to_server,
)
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import add_PersonServiceServicer_to_server
from services.profiles.app.people import Directory, Imports
from services.profiles.rpc.people import PersonService
from services.profiles.store import PEOPLE
from tests.fakes import books
from tests.kernel.issuer import ISSUER, Issuer
from tests.kernel.rpc.conftest import settings
from tests.matching.factories import LEAD, NOW, ORG

IMPORTER = Caller(ORG, "admin", frozenset({"hr_admin"}))
Metadata = tuple[tuple[str, str], ...]


class Identity:
    """Matching's own identity, signed by the test's issuer."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def token(self, org: str) -> str:
        return self._issuer.token(org=org, sub="matching", roles=["service"])


@dataclass
class Platform:
    """Two running services: stubs to call matching, and the parts behind that tests drive by hand."""

    issuer: Issuer
    programs: Any
    matching: Any
    requests: Any
    skills: Any
    teams: Any
    operations: Any
    computing: Computing
    settling: Settling
    stores: Stores
    imports: Imports

    def auth(self, person: str = LEAD, role: str = "program_lead", org: str = ORG) -> Metadata:
        """Return metadata with a token of that caller."""
        token = self.issuer.token(sub=person, roles=[role], org=org)
        return (("authorization", f"Bearer {token}"),)

    async def import_people(self, file: bytes, name: str = "import") -> None:
        """Bring profiles in line with an HR export, once per name."""

        async def chunks() -> AsyncIterator[bytes]:
            yield file

        async for _ in self.imports.run(IMPORTER, chunks(), Cause(name), validate_only=False):
            pass


class SharedMatcher(MatcherProcess):
    """One computing process for all tests; each sets the people that it reads."""

    people: ProfilesPeople

    def __init__(self) -> None:
        super().__init__(self)

    def raw(self, tenant: str, people: Sequence[str], at_once: int) -> AsyncIterator[bytes]:
        return self.people.raw(tenant, people, at_once)


@pytest.fixture(scope="session")
async def matcher() -> AsyncIterator[SharedMatcher]:
    """Share one computing process."""
    matcher = SharedMatcher()
    yield matcher
    await matcher.close()


class Backstage:
    """Opens databases, servers and channels, and closes them in reverse order."""

    def __init__(self, mongo_url: str, issuer: Issuer, http: aiohttp.ClientSession) -> None:
        self._url = mongo_url
        self._tokens = Tokens(Keys(issuer.jwks_url, http), ISSUER, "mentoring")
        self.stack = AsyncExitStack()

    async def database(self, *kinds: Kind[Any]) -> tuple[Any, ...]:
        """Return the aggregates of the kinds in a new database, dropped at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        database = await self.stack.enter_async_context(Database(self._url, name, FixedClock(NOW)))
        self.stack.push_async_callback(database.client.drop_database, name)
        found = tuple(database.aggregates(kind) for kind in kinds)
        await database.migrate()
        return found

    async def serve(self, service: str, servicers: Sequence[Servicer]) -> str:
        """Serve behind the gate; return the address."""
        server = Server(settings(service=service), servicers, self._tokens, books())
        port = await server.start()
        self.stack.push_async_callback(server.drain)
        return f"127.0.0.1:{port}"

    async def channel(self, channel: grpc.aio.Channel) -> grpc.aio.Channel:
        self.stack.push_async_callback(channel.close)
        return channel


def _operations(channel: grpc.aio.Channel) -> Any:
    stub: Any = OperationsStub  # its package has no types
    return stub(channel)


def _small(stores: Stores, people: ProfilesPeople) -> list[Servicer]:
    """Return those that share nothing with the others."""
    skills, teams = SkillService(Skills(None)), TeamService(Teams(stores, people))
    return [
        (add_SkillServiceServicer_to_server, skills, "mentoring.matching.v1.SkillService"),
        (add_TeamServiceServicer_to_server, teams, "mentoring.matching.v1.TeamService"),
    ]


async def started(backstage: Backstage, issuer: Issuer, matcher: SharedMatcher) -> Platform:
    """Wire both services as their `__main__` do, except for the event loop between them."""
    people: tuple[Any] = await backstage.database(PEOPLE)
    imports = Imports(*people)
    servicer = PersonService(Directory(*people), imports)
    name = "mentoring.profiles.v1.PersonService"
    address = await backstage.serve("profiles", [(add_PersonServiceServicer_to_server, servicer, name)])
    profiles = ProfilesPeople(await backstage.channel(client.channel(address, Identity(issuer))))
    matcher.people = profiles
    kinds = (store.PROGRAMS, store.ENROLMENTS, store.RUNS, store.MATCHES)
    rest = (store.PARTS, store.REQUESTS, store.SEATS, store.REVISIONS, store.TEAM_SETTINGS)
    stores = Stores(*await backstage.database(*kinds, *rest))
    clock, cohorts = FixedClock(NOW), Cohorts(stores)
    runs, computing = CohortRuns(stores, clock), Computing(stores, cohorts, matcher)
    recommender = RecommenderProcess(profiles, clock)
    backstage.stack.push_async_callback(recommender.close)
    recommendations = Recommendations(stores, cohorts, recommender, clock)
    settling = Settling(stores, profiles, clock)
    servicers: list[Servicer] = [
        (
            add_ProgramServiceServicer_to_server,
            ProgramService(Programs(stores, profiles, clock), Enrolments(stores, profiles, clock)),
            "mentoring.matching.v1.ProgramService",
        ),
        (
            add_MatchingServiceServicer_to_server,
            MatchingService(runs, Matches(stores.matches), recommendations),
            "mentoring.matching.v1.MatchingService",
        ),
        (
            add_MatchRequestServiceServicer_to_server,
            MatchRequestService(Requests(stores, Pairing(stores, profiles, clock), Seats(stores), clock)),
            "mentoring.matching.v1.MatchRequestService",
        ),
        *_small(stores, profiles),
        (add_OperationsServicer_to_server, Operations(runs), "google.longrunning.Operations"),
    ]
    target = grpc.aio.insecure_channel(await backstage.serve("matching", servicers))
    channel = await backstage.channel(target)
    stubs = ProgramServiceStub(channel), MatchingServiceStub(channel), MatchRequestServiceStub(channel)
    others = SkillServiceStub(channel), TeamServiceStub(channel)
    return Platform(issuer, *stubs, *others, _operations(channel), computing, settling, stores, imports)


@pytest.fixture
async def platform(mongo_url: str, matcher: SharedMatcher) -> AsyncIterator[Platform]:
    """Start both services over empty databases."""
    issuer = Issuer()
    await issuer.start()
    async with aiohttp.ClientSession() as http:
        backstage = Backstage(mongo_url, issuer, http)
        async with backstage.stack:
            yield await started(backstage, issuer, matcher)
    await issuer.stop()
