"""The two servers with their doors closed, and services that know how to come in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from deploy.kafka import access, topics
from deploy.local import kafka
from deploy.local.issuer import Issuer
from services.kernel.kafka import Cluster
from tests.certificates import Authority
from tests.processes import Make, Place, making, place_for
from tests.security.servers import Passwords, SecuredKafka, SecuredMongod, rights

TOPICS = topics.load()
ACCESS = {given.user: given for given in access.load()}
USERS = sorted(ACCESS)
ROTATED = "rotated"
"""A login that gets a new password, and has no right to anything."""
SERVICES = [user for user in USERS if user not in {"processor", access.OPERATOR}]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secured")


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture(scope="session")
def passwords(folder: Path) -> Passwords:
    return Passwords(folder)


@pytest.fixture(scope="session")
async def mongod(folder: Path, authority: Authority, passwords: Passwords) -> AsyncIterator[SecuredMongod]:
    server = SecuredMongod(folder, authority, passwords)
    await server.start(SERVICES)
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def broker(
    kafka_choice: kafka.Choice, folder: Path, authority: Authority, passwords: Passwords
) -> AsyncIterator[SecuredKafka]:
    """Apache Kafka with the platform's topics and, for every user, exactly the rights of the table."""
    if kafka_choice.kind is not kafka.Kind.APACHE:
        pytest.skip(f"logins and rights need Apache Kafka; this run uses the {kafka_choice.kind} broker")
    server = SecuredKafka(kafka_choice, folder, authority, passwords, [*USERS, ROTATED])
    await server.start()
    await topics.apply(Cluster(server.address))
    await server.allow(right for given in ACCESS.values() for right in rights(given))
    yield server
    await server.stop()


@dataclass(frozen=True)
class Secured:
    """Everything a process needs to come in, by its name."""

    authority: Authority
    passwords: Passwords

    def environment(self, name: str, **more: str) -> dict[str, str]:
        """Return the security settings of one service."""
        own = self.authority.issue(name)
        password = str(self.passwords.of(name))
        return {
            "GRPC_TLS_CERT_FILE": str(own.cert),
            "GRPC_TLS_KEY_FILE": str(own.key),
            "GRPC_TLS_CA_FILE": str(self.authority.file),
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_CA_FILE": str(self.authority.file),
            "KAFKA_USERNAME": name,
            "KAFKA_PASSWORD_FILE": password,
            "MONGO_CA_FILE": str(self.authority.file),
            "MONGO_USERNAME": name,
            "MONGO_PASSWORD_FILE": password,
            **more,
        }

    def channel(self, address: str, name: str) -> grpc.aio.Channel:
        """Call a service as somebody with a certificate for `name`."""
        files = self.authority.issue(name)
        credentials = grpc.ssl_channel_credentials(
            self.authority.pem, files.key.read_bytes(), files.cert.read_bytes()
        )
        return grpc.aio.secure_channel(address, credentials)


@pytest.fixture(scope="session")
def secured(authority: Authority, passwords: Passwords) -> Secured:
    return Secured(authority, passwords)


@pytest.fixture
def place(mongod: SecuredMongod, broker: SecuredKafka, issuer: Issuer, tmp_path: Path) -> Place:
    return place_for(mongod.url, broker.secured, issuer, tmp_path)


@pytest.fixture
async def make(place: Place) -> AsyncIterator[Make]:
    async with making(place) as made:
        yield made
