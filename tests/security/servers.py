"""MongoDB and Kafka as in production: encrypted, every client logged in, each with its own rights."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from pymongo import AsyncMongoClient

from deploy.k8s import kafka as kafka_manifests
from deploy.kafka.access import Access
from deploy.local import kafka, ports
from deploy.local.mongod import OPTIONS, Mongod, locate
from deploy.local.process import Command, Process
from deploy.mongo import prepare
from services.kernel.kafka import Cluster, Login
from services.kernel.password import Password
from services.kernel.tls import ClientContext
from tests.certificates import Authority

KINDS = {"topic": 2, "group": 3}
OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8}
LITERAL, ALLOW = 3, 3
START_SECONDS = 60.0


class Passwords:
    """A password file for every user."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, user: str) -> Path:
        """Return the file, written once."""
        file = self._folder / f"{user}.password"
        if not file.exists():
            file.write_text(f"the-secret-of-{user}\n")
            file.chmod(0o600)
        return file

    def text(self, user: str) -> str:
        """Return what is in it."""
        return self.of(user).read_text().strip()


class SecuredMongod:
    """A replica set that lets in who logs in over TLS. A service may use its own database and its keys'."""

    def __init__(self, folder: Path, authority: Authority, passwords: Passwords) -> None:
        self._open = Mongod(folder / "mongo", folder / "mongod.log")
        self._authority = authority
        self._passwords = passwords
        key_file = folder / "members.key"
        key_file.write_text("membersOfTheSetKnowEachOther")
        key_file.chmod(0o600)
        data = ("--dbpath", str(folder / "mongo"), "--port", str(self._open.port))
        certificate = ("--tlsCertificateKeyFile", str(authority.issue_joined("mongod")))
        secured = (
            *("--auth", "--keyFile", str(key_file), "--tlsMode", "requireTLS", *certificate),
            *("--tlsCAFile", str(authority.file), "--tlsAllowConnectionsWithoutCertificates"),
        )
        argv = (str(locate()), *data, *OPTIONS, *secured)
        self.process = Process(Command("mongod", argv, folder / "mongod.log"))

    @property
    def url(self) -> str:
        """What MONGO_URL holds."""
        return self._open.url

    async def start(self, services: list[str]) -> None:
        """Make the users while nobody is asked who they are, then start again with the doors closed."""
        await self._open.start()
        async with AsyncMongoClient[dict[str, Any]](self._open.url) as client:
            await self.add(client, "root", [{"role": "root", "db": "admin"}])
            await prepare.users(client, {name: self._passwords.text(name) for name in services})
        await self._open.stop()
        await self.process.start(self._answers, START_SECONDS)

    async def add(self, client: AsyncMongoClient[dict[str, Any]], user: str, roles: list[Any]) -> None:
        """Make a user, asked for by a `client` that may."""
        await client.admin.command("createUser", user, pwd=self._passwords.text(user), roles=roles)

    async def _answers(self) -> bool:
        if not await ports.accepts(self._open.port):
            return False
        async with self.client("root") as client:
            return bool((await client.admin.command("hello"))["isWritablePrimary"])

    def client(self, user: str) -> AsyncMongoClient[dict[str, Any]]:
        """Return a client that logs in as `user`."""
        return AsyncMongoClient(
            f"mongodb://{self._open.address}/?directConnection=true",
            tls=True,
            tlsCAFile=str(self._authority.file),
            username=user,
            password=self._passwords.text(user),
            timeoutMS=10_000,
        )

    async def stop(self) -> None:
        """Stop in order."""
        await self.process.stop()


class SecuredKafka(kafka.Apache):
    """A broker whose listener for clients wants TLS, a SCRAM login, and an ACL for whatever is done.

    Its own tools come in by a second listener, where they may do everything.
    """

    def __init__(
        self, choice: kafka.Choice, folder: Path, authority: Authority, passwords: Passwords, users: list[str]
    ) -> None:
        super().__init__(choice, folder / "kafka", folder / "kafka.log")
        self._authority = authority
        self._passwords = passwords
        self.secured = f"{ports.LOOPBACK}:{ports.free_port()}"
        self._store = folder / "kafka.keys.pem"
        files = authority.issue("kafka")
        self._store.write_bytes(files.key.read_bytes() + files.cert.read_bytes())
        self.formatting = tuple(
            word
            for user in users
            for word in ("--add-scram", f"SCRAM-SHA-512=[name={user},password={passwords.text(user)}]")
        )

    def _settings(self) -> str:
        lines = dict(line.split("=", 1) for line in super()._settings().splitlines())
        for key in ("listeners", "advertised.listeners"):
            lines[key] = f"SECURED://{self.secured},{lines[key]}"
        lines["listener.security.protocol.map"] += ",SECURED:SASL_SSL"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        lines |= {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secured.scram-sha-512.sasl.jaas.config": scram,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._store),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        return "".join(f"{key}={value}\n" for key, value in lines.items())

    def cluster(self, user: str) -> Cluster:
        """Return how `user` reaches the broker."""
        login = Login("SCRAM-SHA-512", user, Password(self._passwords.of(user)))
        return Cluster(self.secured, tls=ClientContext(self._authority.file), login=login)

    async def change_password(self, user: str, password: str) -> None:
        """Let the brokers want another password of a user, with their own tool."""
        change = ("--alter", "--add-config", f"SCRAM-SHA-512=[password={password}]")
        whom = ("--entity-type", "users", "--entity-name", user)
        tool = (*self._java, "kafka.admin.ConfigCommand", "--bootstrap-server", self.address, *change, *whom)
        child = await asyncio.create_subprocess_exec(*tool, stdout=PIPE, stderr=STDOUT)
        said, _ = await child.communicate()
        assert child.returncode == 0, said.decode()

    async def allow(self, rights: Iterable[tuple[str, int, str, int]]) -> None:
        """Give rights: user, kind of resource, its literal name, operation."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            for user, kind, name, operation in rights:
                wanted = CreateAclsRequest(kind, name, LITERAL, f"User:{user}", "*", operation, ALLOW)
                answer = await admin._send_request(wanted)
                assert [item[0] for item in answer.creation_responses] == [0], answer
        finally:
            await admin.close()


def rights(given: Access) -> Iterator[tuple[str, int, str, int]]:
    """Return the rights that the manifests give a user."""
    for acl in kafka_manifests.user(given)["spec"]["authorization"]["acls"]:
        kind, name = acl["resource"]["type"], acl["resource"]["name"]
        assert (acl["resource"]["patternType"], acl["host"]) == ("literal", "*")
        for operation in acl["operations"]:
            yield given.user, KINDS[kind], name, OPERATIONS[operation]
