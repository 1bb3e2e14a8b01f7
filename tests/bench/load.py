"""Load from one process: a closed loop for throughput, an open one for latency at a fixed rate."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Call = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class Load:
    """What a loop saw; latencies in seconds."""

    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Calls per second."""
        return len(self.latencies) / self.seconds


def percentile_ms(latencies: Sequence[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return statistics.quantiles(latencies, n=100, method="inclusive")[percent - 1] * 1000


IN_FLIGHT = 16
"""Calls at a time, where a benchmark says nothing else."""


async def closed(call: Call, numbers: range, in_flight: int = IN_FLIGHT) -> Load:
    """Call once per number, `in_flight` at a time."""
    waiting, latencies = iter(numbers), []

    async def worker() -> None:
        for number in waiting:
            began = time.perf_counter()
            await call(number)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
    return Load(time.perf_counter() - began, latencies)


async def paced(call: Call, numbers: range, per_second: float) -> None:
    """Begin one call per tick whether or not earlier ones are through; return when all are."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, began + place / per_second - time.perf_counter()))
            group.create_task(_run(call, number))


async def _run(call: Call, number: int) -> None:
    await call(number)


async def against(
    ours: Call, bare: Call, each: int, rounds: int = 5, in_flight: int = IN_FLIGHT
) -> tuple[Load, Load]:
    """Run both in turns, so that a slow moment of the machine hits both; return all rounds together."""
    seconds, latencies = [0.0, 0.0], [list[float](), list[float]()]
    for turn in range(rounds):
        numbers = range(turn * each, (turn + 1) * each)
        for place, call in enumerate((ours, bare)):
            load = await closed(call, numbers, in_flight)
            seconds[place] += load.seconds
            latencies[place] += load.latencies
    return Load(seconds[0], latencies[0]), Load(seconds[1], latencies[1])
