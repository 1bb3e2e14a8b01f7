"""PersonService as it runs: gate, sockets and MongoDB are real; each test has an organization of its own."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
import pytest

from deploy.local.issuer import Issuer
from deploy.local.keys import data_key
from services.kernel.config import Settings
from services.kernel.mongo import Aggregates, Ref
from services.kernel.probes import Health
from services.kernel.rpc.books import Books
from services.kernel.rpc.server import Server
from services.kernel.run.resources import opened
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from services.profiles.__main__ import build
from services.profiles.domain import Person
from services.profiles.wire.people import person as encoded
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


@dataclass(frozen=True)
class Running:
    """A server as `services.profiles` builds it, and where it keeps people."""

    stub: PersonServiceStub
    people: Aggregates[Person]


@pytest.fixture(scope="session")
async def running(
    mongo_url: str, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One server for all tests, with a database of its own."""
    keys = tmp_path_factory.mktemp("keys") / "data"
    data_key(keys)
    settings = Settings(
        service=f"profiles-{uuid.uuid4().hex[:8]}",
        environment="development",
        mongo_url=mongo_url,
        kafka_bootstrap="127.0.0.1:1",
        oidc_issuer=issuer.url,
        oidc_jwks_url=issuer.jwks_url,
        oidc_token_url=issuer.token_url,
        data_key_file=keys,
        drain_seconds=1,
    )
    async with opened(settings, Health()) as resources:
        service = build(settings, resources)
        await resources.database.migrate()
        server = Server(settings, service.servicers, resources.tokens, Books.of(resources.database))
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Running(PersonServiceStub(channel), service.kinds[0])
        await server.drain()


@pytest.fixture
def client(running: Running, issuer: Issuer) -> Client:
    return Client(f"org-{uuid.uuid4().hex[:12]}", running.stub, issuer, running.people)
