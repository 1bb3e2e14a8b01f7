"""The whole platform: servers first, then every service; stopped the other way round."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from deploy.kafka import topics
from deploy.local import kafka, ports
from deploy.local.daemon import Daemon
from deploy.local.folder import Folder, State
from deploy.local.keys import credential_key, data_key
from deploy.local.plan import Plan, Ports
from deploy.local.process import StartFailed
from deploy.local.services import SERVICES, ServiceSpec
from deploy.local.supervisor import Supervisor, Unit
from services.kernel.clock import DevelopmentClock


class Stack:
    """One platform over one data folder; also `async with Stack(folder) as stack`.

    `on` "fixed" takes the usual ports where they are free, "free" always others (for tests). `say` gets one
    line per thing people should know. With `supervise` False, set before `start`, what ends stays down.
    """

    def __init__(
        self,
        data: Path,
        *,
        on: Ports = "fixed",
        broker: kafka.Kind = kafka.Kind.AUTO,
        services: Sequence[ServiceSpec] = SERVICES,
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder = Folder(data)
        self.supervise = True
        self._on: Ports = on
        self._broker = broker
        self._specs = services
        self._say = say
        self._supervisor = Supervisor(say)
        self._held = ExitStack()
        self._plan: Plan | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def state(self) -> State:
        """Where everything listens. Raises StartFailed while nothing is started."""
        return self._planned.state

    @property
    def names(self) -> tuple[str, ...]:
        """Every process of the platform, servers first."""
        return (*self._planned.servers, *self._planned.services)

    @property
    def _planned(self) -> Plan:
        if self._plan is None:
            raise StartFailed("the platform is not started")
        return self._plan

    def address(self, service: str) -> str:
        """Return the gRPC address of a service."""
        return self.state.grpc[service]

    def pid(self, name: str) -> int | None:
        """Return the process id, None while it is down."""
        return self._unit(name).process.pid

    async def start(self) -> None:
        """Start everything. Raises StartFailed, TopicsError or InUse; then nothing is left running."""
        self._held.enter_context(self.folder.held())
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        choice = await kafka.choose(self._broker, self._say)
        if choice.why:
            self._say(choice.why)
        plan = self._plan = Plan(self.folder, choice, self._specs, self._on, self._say)
        await self._up(plan.servers.values())
        created = await topics.apply(topics.cluster(plan.state.kafka))
        self._say(f"topics are there ({len(created)} created)")
        DevelopmentClock(self.folder.clock)
        credential_key(self.folder.credential_key)
        data_key(self.folder.data_key)
        await self._up(plan.services.values())
        self.folder.publish(plan.state)
        for name in self.names:
            self._watch(self._unit(name))

    async def _up(self, units: Iterable[Unit]) -> None:
        """Start side by side; the first that fails ends the others' start."""
        try:
            async with asyncio.TaskGroup() as group:
                for unit in units:
                    group.create_task(self._start_one(unit))
        except* StartFailed as failed:
            raise _first(failed) from None

    async def _start_one(self, unit: Unit) -> None:
        began = time.monotonic()
        await unit.start()
        self._say(f"{unit.name} is ready ({time.monotonic() - began:.1f} s)")

    def _watch(self, unit: Unit) -> None:
        if self.supervise:
            self._supervisor.watch(unit)

    async def stop(self) -> None:
        """Stop services, then issuer and mailbox, then the servers. Safe to call at any time."""
        if self._plan is not None:
            await self._stop(self._plan)
            self._plan.release()
        self._plan = None
        self._held.close()

    async def _stop(self, plan: Plan) -> None:
        for name in self.names:
            await self._supervisor.forget(self._unit(name))
        programs = [unit for unit in plan.servers.values() if isinstance(unit, Daemon)]
        for wave in (plan.services.values(), programs, plan.servers.values()):
            await asyncio.gather(*(unit.stop() for unit in wave))

    async def kill(self, name: str) -> None:
        """SIGKILL a process, also `mongod` and `kafka`; it stays down until `restart`."""
        unit = self._unit(name)
        await self._supervisor.forget(unit)
        await unit.kill()

    async def down(self, name: str) -> None:
        """Stop a process in order; it stays down until `restart`."""
        unit = self._unit(name)
        await self._supervisor.forget(unit)
        await unit.stop()

    async def restart(self, name: str, **extra: str) -> None:
        """Stop a process if it runs; start it on its old data and ports, a service with `extra` settings."""
        await self.down(name)
        unit = self._unit(name)
        if isinstance(unit, Daemon):
            unit.extra = extra
        await unit.start()
        self._watch(unit)

    def another(self, name: str, role: str) -> Daemon:
        """Return one more process of a service, of a role that serves nobody; who starts it stops it."""
        plain, metrics = self._unit(name).process.command, ports.free_port()
        argv, env = (*plain.argv, role), {**plain.env, "METRICS_ADDRESS": f"{ports.LOOPBACK}:{metrics}"}
        return Daemon(replace(plain, argv=argv, env=env), partial(ports.answers_ok, metrics, "/readyz"))

    async def ended(self, name: str) -> int:
        """Wait until a process has ended by itself and return its code (negative: a signal)."""
        return await self._unit(name).process.wait()

    def _unit(self, name: str) -> Unit:
        unit = self._planned.services.get(name) or self._planned.servers.get(name)
        if unit is None:
            raise KeyError(f"no process {name!r}, there are: {', '.join(self.names)}")
        return unit


def _first(failed: BaseException) -> BaseException:
    """Return one failure: side by side they have the same cause more often than not."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return failed
