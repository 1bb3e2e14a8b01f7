"""The life of one process: start, serve until told to stop or a part ends by itself, drain in order."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from services.kernel import log
from services.kernel.audit.rpc import audit_servicer
from services.kernel.config import Settings
from services.kernel.host import hosted, settle
from services.kernel.rpc.books import Books
from services.kernel.rpc.server import Server
from services.kernel.run.privacy import with_privacy
from services.kernel.run.resources import Resources, opened
from services.kernel.run.roles import Role, roles_of
from services.kernel.run.service import Loop, Service

Build = Callable[[Settings, Resources], Service]


async def serve(settings: Settings, build: Build, roles: Collection[Role]) -> int:
    """Run the service's roles until SIGTERM or SIGINT; return the exit code."""
    async with hosted(settings) as host, opened(settings, host.health) as resources:
        service = with_privacy(build(settings, resources), resources.database)
        process = Process(resources, service, roles)
        return await process.run(host.stop, host.probes_port)


class Process:
    """A built service with its resources. `run` may be called once."""

    def __init__(self, resources: Resources, service: Service, roles: Collection[Role]) -> None:
        self._resources = resources
        self._settings = resources.settings
        self._service = service
        self._roles = roles
        self._failed = False

    async def run(self, stop: asyncio.Event, probes_port: int) -> int:
        """Serve until `stop` is set or a part ends by itself; return 0, or 1 if anything went wrong."""
        await self._resources.database.ping()
        await self._resources.database.migrate()
        await self._resources.keys.refresh()
        for hook in self._service.start:
            await hook()
        server = self._server()
        grpc_port = await server.start() if server else 0
        quiet = (asyncio.Event(), asyncio.Event())
        hearing, telling = roles_of(self._resources, self._service, self._roles)
        groups = (_started(hearing, quiet[0]), _started(telling, quiet[1]))
        settle()
        self._resources.health.ready = True
        names = sorted(self._roles)
        log.get_logger().info("serving", grpc_port=grpc_port, metrics_port=probes_port, roles=names)
        await self._wait(stop, [*groups[0], *groups[1]])
        self._resources.health.ready = False
        if server:
            await server.drain()
        for event, tasks in zip(quiet, groups, strict=True):
            event.set()
            await self._finish(tasks)
        for hook in self._service.stop:
            await hook()
        log.get_logger().info("stopped", failed=self._failed)
        return int(self._failed)

    def _server(self) -> Server | None:
        if Role.RPC not in self._roles or not self._service.servicers:
            return None
        books = Books.of(self._resources.database)
        retention = timedelta(days=self._settings.audit_retention_days)
        servicers = [*self._service.servicers, audit_servicer(self._resources.database.trail, retention)]
        return Server(self._settings, servicers, self._resources.tokens, books)

    async def _wait(self, stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Return when told to stop or when a task ended, which none may do by itself."""
        told = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        for task in tasks:
            if task in done:
                self._fail("role_ended", task)

    async def _finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Let tasks end on their own; cancel what is not done after the time to drain."""
        if not tasks:
            return
        done, late = await asyncio.wait(tasks, timeout=self._settings.drain_seconds)
        for task in done:
            if not task.cancelled() and task.exception() is not None:
                self._fail("role_failed", task)
        for task in late:
            task.cancel()
            self._fail("role_would_not_stop", task)
        await asyncio.gather(*late, return_exceptions=True)

    def _fail(self, event: str, task: asyncio.Task[None]) -> None:
        self._failed = True
        error = task.exception() if task.done() and not task.cancelled() else None
        log.get_logger().error(event, role=task.get_name(), exc_info=error)


def _started(loops: Sequence[tuple[str, Loop]], stop: asyncio.Event) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(_run(loop, stop), name=name) for name, loop in loops]


async def _run(loop: Loop, stop: asyncio.Event) -> None:
    await loop(stop)
