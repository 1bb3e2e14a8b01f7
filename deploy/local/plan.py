"""Decides what one start of the platform runs and where each part listens; starts nothing itself."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Literal

from deploy.local import kafka, ports
from deploy.local.daemon import Daemon
from deploy.local.folder import Folder, State
from deploy.local.mongod import Mongod
from deploy.local.ports import LOOPBACK
from deploy.local.process import Command
from deploy.local.services import ServiceSpec, Surroundings
from deploy.local.supervisor import Unit

Ports = Literal["fixed", "free"]
WANTED = {"mongod": 27017, "kafka": 9092, "issuer": 8081, "smtp": 1025, "mailbox": 8025}
# Longer than a service takes to let its calls in flight end (drain_seconds, 20).
STOP_SECONDS = 30.0


class Plan:
    """The parts of one platform over a data folder: `servers` and `services` by name, `state` for others.

    `on` "fixed" takes the usual ports where they are free and says so where not, "free" always takes others.
    """

    def __init__(
        self,
        folder: Folder,
        choice: kafka.Choice,
        specs: Sequence[ServiceSpec],
        on: Ports,
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._on = on
        self._say = say
        self._held = ExitStack()
        self.servers: dict[str, Unit] = {}
        self.state = self._places(choice, specs)
        around = self._surroundings()
        self.services = {spec.name: self._service(spec, around) for spec in specs}

    def release(self) -> None:
        """Give the ports back."""
        self._held.close()

    def _places(self, choice: kafka.Choice, specs: Sequence[ServiceSpec]) -> State:
        mongo, bootstrap = self._mongo(), self._broker(choice)
        mailbox, smtp = self._mailbox()
        return State(
            pid=os.getpid(),
            grpc={spec.name: self._place(spec.name, spec.grpc_port) for spec in specs if spec.grpc_port},
            metrics={spec.name: self._place(f"{spec.name} metrics", spec.metrics_port) for spec in specs},
            mongo=mongo,
            kafka=bootstrap,
            kafka_kind=choice.kind.value,
            issuer=self._issuer(),
            mailbox=mailbox,
            smtp=smtp,
            clock_file=str(self._folder.clock),
            http={
                spec.name: self._place(f"{spec.name} links", spec.http_port)
                for spec in specs
                if spec.http_port
            },
        )

    def _mongo(self) -> str:
        given = os.environ.get("MONGO_URL")
        if given:
            self._say("MongoDB: the one MONGO_URL names")
            return given
        server = Mongod(self._folder.mongo, self._folder.log("mongod"), self._server_port("mongod"))
        self.servers[server.name] = server
        return server.url

    def _broker(self, choice: kafka.Choice) -> str:
        if choice.kind is kafka.Kind.EXTERNAL:
            return choice.bootstrap
        port = self._server_port("kafka")
        server = kafka.broker(choice, self._folder.kafka, self._folder.log("kafka"), port)
        self.servers[server.name] = server
        return server.address

    def _issuer(self) -> str:
        port = self._server_port("issuer")
        self._program("issuer", port, "--data", str(self._folder.issuer), "--port", str(port))
        return f"http://{LOOPBACK}:{port}"

    def _mailbox(self) -> tuple[str, str]:
        http, smtp = self._server_port("mailbox"), self._server_port("smtp")
        listen = ("--smtp-port", str(smtp), "--http-port", str(http))
        self._program("mailbox", http, "--data", str(self._folder.mails), *listen)
        return f"http://{LOOPBACK}:{http}", f"{LOOPBACK}:{smtp}"

    def _program(self, name: str, port: int, *options: str) -> None:
        argv = (sys.executable, "-m", f"deploy.local.{name}", *options)
        self.servers[name] = Daemon(Command(name, argv, self._folder.log(name)), partial(ports.accepts, port))

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            grpc=self.state.grpc,
            metrics=self.state.metrics,
            http=self.state.http,
            mongo_url=self.state.mongo,
            kafka_bootstrap=self.state.kafka,
            issuer_url=self.state.issuer,
            smtp_port=_port_of(self.state.smtp),
            secret_file=self._folder.issuer / "client_secret",
            credential_key_file=self._folder.credential_key,
            data_key_file=self._folder.data_key,
            clock_file=self._folder.clock,
        )

    def _service(self, spec: ServiceSpec, around: Surroundings) -> Daemon:
        log, env = self._folder.log(spec.name), around.environment(spec.name)
        ready = partial(ports.answers_ok, _port_of(around.metrics[spec.name]), "/readyz")
        return Daemon(Command(spec.name, spec.argv, log, env, STOP_SECONDS), ready)

    def _server_port(self, name: str) -> int:
        return self._port(name, WANTED[name])

    def _place(self, name: str, wanted: int) -> str:
        return f"{LOOPBACK}:{self._port(name, wanted)}"

    def _port(self, name: str, wanted: int) -> int:
        held = self._held.enter_context(ports.reserve(wanted if self._on == "fixed" else None))
        port: int = held.getsockname()[1]
        if self._on == "fixed" and port != wanted:
            self._say(f"port {wanted} is taken: {name} listens on {port}")
        return port


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2])
