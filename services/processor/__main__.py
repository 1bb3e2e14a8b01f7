"""Wires the processor. `python -m services.processor` is one member of its consumer group."""

import asyncio
import os
from functools import partial
from typing import NoReturn

from services.kernel import log
from services.kernel.clock import DevelopmentClock, SystemClock
from services.kernel.config import StreamSettings
from services.kernel.host import Host, enter, hosted, settle
from services.kernel.kafka import Producer
from services.processor.agents.policies import Policies
from services.processor.agents.watch import Watch
from services.processor.agents.worker import Tools, Worker
from services.processor.commands import line

GROUP = "processor"
IN_A_BATCH = 50_000
"""Objects that a batch of events is made of: to look through them once, not ten times, saves a fifth."""


def build(settings: StreamSettings, host: Host, producer: Producer, policies: Policies, group: str) -> Worker:
    """Put the worker together; its progress counts into the process's health."""
    clock = SystemClock() if settings.clock_file is None else DevelopmentClock(settings.clock_file)
    watch = Watch(group, clock)
    host.health.checks["progress"] = watch.alive
    return Worker(producer.cluster, Tools(producer.publish, policies, watch, clock), group)


async def live(settings: StreamSettings, group: str = GROUP) -> int:
    """Work until SIGTERM or SIGINT, then finish what was taken; return 0. Dies when the work breaks."""
    policies, cluster = Policies(), settings.cluster()
    async with hosted(settings) as host, policies.read(cluster) as later:
        producer = Producer(cluster, group)
        await producer.start()
        worker = build(settings, host, producer, policies, group)
        told = asyncio.create_task(host.stop.wait())
        works = (_work(worker, host), worker.broken(), policies.follow(later))
        parts = [asyncio.create_task(work) for work in works]
        await asyncio.wait((told, *parts), return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            if part.done():
                _die(part.exception())
            part.cancel()
        host.health.ready = False
        await _stop(worker, settings.drain_seconds)
        await producer.stop()
    log.get_logger().info("stopped", failed=False)
    return 0


async def _work(worker: Worker, host: Host) -> None:
    await worker.start()
    settle(IN_A_BATCH)
    host.health.ready = True
    log.get_logger().info("serving", metrics_port=host.probes_port)
    await worker.watch()


async def _stop(worker: Worker, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await worker.stop()
    except TimeoutError as error:
        _die(error)


def _die(error: BaseException | None) -> NoReturn:
    """End at once: stopping Faust in order would acknowledge records whose effect is not stored."""
    log.get_logger().error("work_failed", exc_info=error)
    log.flush()
    os._exit(1)


def run(group: str = GROUP) -> None:
    """Work until told to stop, or do what the command line says and exit."""
    chosen = line.parser().parse_args()
    if chosen.command is None:
        enter("processor", StreamSettings, partial(live, group=group))
    raise SystemExit(line.obey(chosen))


if __name__ == "__main__":
    run()
