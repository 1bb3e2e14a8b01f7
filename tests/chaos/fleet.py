"""Every service twice, beside servers of their own; callers find both by one name, as in a cluster."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import aiohttp

from deploy.local import ports
from deploy.local.folder import State
from deploy.local.process import Command, Process
from deploy.local.services import SERVICES, ServiceSpec, Surroundings
from deploy.local.stack import Stack

HOSTS: Final = (ports.LOOPBACK, "[::1]")
"""What gRPC resolves `localhost` to: a name with two addresses, like that of a headless Service."""
READY_SECONDS: Final = 300.0
DRAIN_SECONDS: Final = 120
STOP_SECONDS: Final = 3.0 * DRAIN_SECONDS
"""A busy machine is no failure: calls, what hears and what tells have the time to drain one after another."""


def both_loopbacks() -> bool:
    """Whether this machine has two addresses of its own that one name stands for."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


class Replica:
    """One process of a service."""

    def __init__(self, spec: ServiceSpec, number: int, stack: Stack, env: Mapping[str, str]) -> None:
        self.name = f"{spec.name}-{number}"
        self.hears_only = spec.grpc_port is None
        self._metrics = ports.free_port()
        own = {
            "METRICS_ADDRESS": f"{ports.LOOPBACK}:{self._metrics}",
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
            "DRAIN_PAUSE_SECONDS": "5",
            "GRPC_ADDRESS": env["GRPC_ADDRESS"].replace("localhost", HOSTS[number]),
            **({"HTTP_ADDRESS": f"{ports.LOOPBACK}:{ports.free_port()}"} if spec.http_port else {}),
        }
        command = Command(
            self.name, spec.argv, stack.folder.log(self.name), {**env, **own}, stop_seconds=STOP_SECONDS
        )
        self._process = Process(command)

    async def start(self) -> None:
        """Return once it is ready."""
        await self._process.start(partial(ports.answers_ok, self._metrics, "/readyz"), READY_SECONDS)

    async def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        return await self._process.stop()

    async def figures(self) -> str:
        """Return its metrics."""
        url = f"http://{ports.LOOPBACK}:{self._metrics}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()


class Fleet:
    """The replicas of each service by its name, and `places`, where callers find them."""

    def __init__(self, stack: Stack) -> None:
        names = {spec.name: f"localhost:{ports.free_port()}" for spec in SERVICES if spec.grpc_port}
        self.places: State = replace(stack.state, grpc=names)
        around = _surroundings(stack, names)
        self.replicas = {
            spec.name: tuple(
                Replica(spec, number, stack, around.environment(spec.name)) for number in range(len(HOSTS))
            )
            for spec in SERVICES
        }

    async def start(self) -> None:
        """Start all."""
        await asyncio.gather(*(one.start() for some in self.replicas.values() for one in some))

    async def stop(self) -> None:
        """Stop all."""
        await asyncio.gather(*(one.stop() for some in self.replicas.values() for one in some))


@asynccontextmanager
async def running(stack: Stack) -> AsyncIterator[Fleet]:
    """Give a fleet beside the servers of a stack that has no services."""
    fleet = Fleet(stack)
    try:
        await fleet.start()
        yield fleet
    finally:
        await fleet.stop()


def _surroundings(stack: Stack, grpc: Mapping[str, str]) -> Surroundings:
    state, folder = stack.state, stack.folder
    links = {spec.name: f"{ports.LOOPBACK}:0" for spec in SERVICES if spec.http_port}
    return Surroundings(
        grpc=grpc,
        metrics={spec.name: f"{ports.LOOPBACK}:0" for spec in SERVICES},
        http=links,
        mongo_url=state.mongo,
        kafka_bootstrap=state.kafka,
        issuer_url=state.issuer,
        smtp_port=int(state.smtp.rpartition(":")[2]),
        secret_file=folder.issuer / "client_secret",
        credential_key_file=folder.credential_key,
        data_key_file=folder.data_key,
        clock_file=folder.clock,
    )
