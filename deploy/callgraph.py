"""Who talks to whom, as `callgraph.yaml` says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().with_name("callgraph.yaml")


@dataclass(frozen=True, slots=True)
class Process:
    """One kind of process of a service: its roles (none: all it can), ports it serves, servers it uses."""

    name: str
    service: str
    roles: tuple[str, ...]
    serves: tuple[str, ...]
    uses: tuple[str, ...]

    @property
    def command(self) -> tuple[str, ...]:
        """Return what the container runs."""
        return ("python", "-m", f"services.{self.service}", *self.roles)

    @property
    def is_worker(self) -> bool:
        """Whether nobody connects to it but for its metrics."""
        return not self.serves


@dataclass(frozen=True, slots=True)
class Service:
    """A service, the services it calls, and its processes; the first one carries its name."""

    name: str
    calls: tuple[str, ...]
    processes: tuple[Process, ...]

    def uses(self, server: str) -> bool:
        """Whether any of its processes uses a server."""
        return any(server in process.uses for process in self.processes)

    def serves(self, port: str) -> bool:
        """Whether any of its processes serves a port."""
        return any(port in process.serves for process in self.processes)


@dataclass(frozen=True, slots=True)
class Callgraph:
    """Ports by name, servers with their port, and every service."""

    ports: Mapping[str, int]
    servers: Mapping[str, int]
    services: tuple[Service, ...]

    @property
    def processes(self) -> tuple[Process, ...]:
        """Every process of every service."""
        return tuple(process for service in self.services for process in service.processes)

    def using(self, server: str) -> tuple[Service, ...]:
        """Return the services of which a process uses a server."""
        return tuple(service for service in self.services if service.uses(server))

    def callers(self, service: str) -> tuple[str, ...]:
        """Return the services that call one."""
        return tuple(other.name for other in self.services if service in other.calls)

    def service(self, name: str) -> Service:
        """Return one service. KeyError."""
        return {service.name: service for service in self.services}[name]


def load(file: Path = FILE) -> Callgraph:
    """Read the file. KeyError for a missing part."""
    data = yaml.safe_load(file.read_text())
    services = tuple(_service(name, said) for name, said in data["services"].items())
    return Callgraph(data["ports"], data["servers"], services)


def _service(name: str, said: Mapping[str, Any]) -> Service:
    processes = tuple(
        Process(
            process,
            name,
            tuple(about["roles"]),
            tuple(about.get("serves", ())),
            tuple(about["uses"]),
        )
        for process, about in said["processes"].items()
    )
    return Service(name, tuple(said["calls"]), processes)
