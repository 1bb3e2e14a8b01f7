"""PersonService as it runs: gate, sockets and MongoDB are real; each test has an organization of its own."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import grpc
import pytest

from deploy.local.issuer import Issuer
from services.kernel.auth import Keys, Tokens
from services.kernel.clock import SystemClock
from services.kernel.config import Settings
from services.kernel.mongo import Aggregates, Database, Ref
from services.kernel.rpc.server import Server
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import (
    PersonServiceStub,
    add_PersonServiceServicer_to_server,
)
from services.profiles.app import Directory, Imports
from services.profiles.domain import Person
from services.profiles.rpc import PersonService
from services.profiles.store import PEOPLE
from services.profiles.wire import person as encoded
from tests.profiles.factories import person

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Client:
    """A caller of one organization; HR unless another role is asked for."""

    org: str
    stub: PersonServiceStub
    issuer: Issuer
    people: Aggregates[Person]

    @property
    def parent(self) -> str:
        return f"organizations/{self.org}"

    def name(self, id_: str) -> str:
        return f"{self.parent}/people/{id_}"

    def auth(self, role: str = "hr_admin", subject: str = "admin") -> Metadata:
        return (("authorization", f"Bearer {self.issuer.mint(self.org, subject, role)}"),)

    def message(self, id_: str, **changes: object) -> pb.Person:
        """Return a valid person with `changes` to the stored form."""
        return encoded(Ref(self.org, id_), person(**{"email": f"{id_}@acme.example"} | changes))

    async def create(self, id_: str, request_id: str = "", **changes: object) -> pb.Person:
        request = pb.CreatePersonRequest(
            parent=self.parent, person_id=id_, person=self.message(id_, **changes), request_id=request_id
        )
        return await self.stub.CreatePerson(request, metadata=self.auth(), timeout=10)

    async def upload(
        self, data: bytes, *, validate_only: bool = False, role: str = "hr_admin"
    ) -> list[pb.ImportPeopleResponse]:
        """Import a file in pieces of 64 KiB; only the first names the organization."""

        async def chunks() -> AsyncIterator[pb.ImportPeopleRequest]:
            yield pb.ImportPeopleRequest(parent=self.parent, validate_only=validate_only)
            for start in range(0, len(data), 65_536):
                yield pb.ImportPeopleRequest(data=data[start : start + 65_536])

        return [step async for step in self.stub.ImportPeople(chunks(), metadata=self.auth(role), timeout=60)]


@pytest.fixture(scope="session")
async def people(mongo_url: str) -> AsyncIterator[Aggregates[Person]]:
    """The people of all tests, in a database of their own."""
    async with Database(mongo_url, f"profiles-{uuid.uuid4().hex[:8]}", SystemClock()) as database:
        kept = database.aggregates(PEOPLE)
        await database.migrate()
        yield kept


@pytest.fixture(scope="session")
async def stub(
    mongo_url: str, issuer: Issuer, people: Aggregates[Person]
) -> AsyncIterator[PersonServiceStub]:
    """A client of one running server."""
    settings = Settings(
        service="profiles",
        environment="development",
        mongo_url=mongo_url,
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=issuer.url,
        oidc_jwks_url=issuer.jwks_url,
        oidc_token_url=issuer.token_url,
        drain_seconds=1,
    )
    servicer = PersonService(Directory(people), Imports(people))
    name = "mentoring.profiles.v1.PersonService"
    async with aiohttp.ClientSession() as http:
        tokens = Tokens(Keys(issuer.jwks_url, http), issuer.url, settings.oidc_audience)
        server = Server(settings, [(add_PersonServiceServicer_to_server, servicer, name)], tokens)
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield PersonServiceStub(channel)
        await server.drain()


@pytest.fixture
def client(stub: PersonServiceStub, issuer: Issuer, people: Aggregates[Person]) -> Client:
    return Client(f"org-{uuid.uuid4().hex[:12]}", stub, issuer, people)
