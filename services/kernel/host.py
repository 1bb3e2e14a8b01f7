"""What every process has, whatever it does: settings, log, signals, probes, a ticking loop, an exit code."""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import uvloop

from services.kernel import config, crash, log, metrics, tracing
from services.kernel.config import P, Process
from services.kernel.otlp import Exporter
from services.kernel.probes import Health, Probes

_TICK_SECONDS: Final = 0.05
"""Often enough for percentiles of a minute, rare enough to cost nothing: some 30 microseconds a tick."""
_YOUNG_OBJECTS: Final = 5_000
"""Made and not yet gone when the collector looks: Python's own 700 are two or three calls in flight."""


@dataclass(frozen=True, slots=True)
class Host:
    """The surroundings of a process: `stop` is set by SIGTERM and SIGINT, `probes_port` serves its health."""

    stop: asyncio.Event
    health: Health
    probes_port: int


def enter(name: str, kind: type[P], life: Callable[[P], Coroutine[Any, Any, int]]) -> NoReturn:
    """Live on uvloop with the environment's settings, then exit with the code that `life` returns.

    Exits 1 when it raised, 2 for wrong settings.
    """
    settings = config.load(name, kind)
    log.configure(name, settings.log_level)
    if settings.crash_at is not None:
        crash.arm(settings.crash_at)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            code = runner.run(life(settings))
        except Exception:  # noqa: BLE001 -- whatever it is, it is logged and ends the process
            log.get_logger().exception("start_failed")
            code = 1
    log.flush()
    raise SystemExit(code)


@asynccontextmanager
async def hosted(settings: Process) -> AsyncIterator[Host]:
    """Listen for signals and answer probes; not ready until `health.ready` is set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    probes = Probes(settings.metrics_address, health)
    probes.start()
    ticking = asyncio.create_task(_tick(health), name="tick")
    metrics.BUILD_INFO.labels(settings.service, settings.version).set(1)
    try:
        async with _exporting(settings):
            yield Host(stop, health, probes.port)
    finally:
        ticking.cancel()
        probes.stop()


@asynccontextmanager
async def _exporting(settings: Process) -> AsyncIterator[None]:
    """Send sampled spans to the collector, if there is one; at the end those that are left."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        yield
        return
    exporter = Exporter(endpoint, (settings.service, settings.version), settings.collector_trust())
    tracing.export_to(exporter.take)
    sending = asyncio.create_task(exporter.run(), name="spans")
    try:
        yield
    finally:
        tracing.export_to(None)
        sending.cancel()
        await asyncio.wait([sending])
        await exporter.close()


def settle(young: int = _YOUNG_OBJECTS) -> None:
    """Spare the garbage collector what a started process consists of; call it once, before the work begins.

    Modules, descriptors and clients stay for the process's life, and looking through them again and again
    costs each call a share. `young` is how many objects may be in the making before it looks.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(young)


async def _tick(health: Health) -> None:
    while True:
        started = time.monotonic()
        await asyncio.sleep(_TICK_SECONDS)
        metrics.LOOP_LAG.observe(max(0.0, time.monotonic() - started - _TICK_SECONDS))
        health.tick()
