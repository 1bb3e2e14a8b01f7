"""Measures the stream processor; every figure with the command that makes it: `make bench-processor`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.kafka import topics
from deploy.local import kafka
from services.kernel.kafka import Cluster, Producer
from tests.bench.figures import Figure, show
from tests.bench.processor import latency, recovery, throughput
from tests.bench.processor.hosts import Bench

Measure = Callable[[Bench, str], Awaitable[list[Figure]]]

BENCHES: dict[str, Measure] = {
    "alone": throughput.alone,
    "two": partial(throughput.together, count=2),
    "four": partial(throughput.together, count=4),
    "latency": latency.event_to_decision,
    "recovery": recovery.recovery,
}
ON_EMBEDDED = ("alone", "latency")
"""What the embedded broker is measured with: it has one member per group, and keeps all in memory."""
AT_MOST_SECONDS = 240.0
"""Of one benchmark; an idle machine needs a quarter of it, a busy one gives no figure in the end."""


async def run(names: list[str], kinds: list[kafka.Kind], data: Path) -> list[Figure]:
    """Run benchmarks one after another, on each kind of broker."""
    console, figures = Console(stderr=True), list[Figure]()
    for kind in kinds:
        choice = await kafka.choose(kind)
        server = kafka.broker(choice, data / kind, data / f"{kind}.log")
        await server.start()
        try:
            figures += await _on(server.address, kind, names, data, console)
        finally:
            await server.stop()
    return figures


async def _on(
    bootstrap: str, kind: kafka.Kind, names: list[str], data: Path, console: Console
) -> list[Figure]:
    await topics.apply(Cluster(bootstrap))
    producer, figures = Producer(Cluster(bootstrap), "bench"), list[Figure]()
    await producer.start()
    try:
        for name in names:
            if kind is kafka.Kind.EMBEDDED and name not in ON_EMBEDDED:
                continue
            began = time.monotonic()
            console.print(f"measuring {name} on {kind}, load {os.getloadavg()[0]:.1f} ...")
            try:
                async with asyncio.timeout(AT_MOST_SECONDS):
                    found = await BENCHES[name](Bench(bootstrap, data, producer), kind)
            except TimeoutError:
                console.print(f"  did not come to an end within {AT_MOST_SECONDS:.0f} s: no figure")
                continue
            figures += found
            for one in found:
                console.print(f"  {one.bench}: {one.value:,.4g} {one.unit}")
            console.print(f"  {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    finally:
        await producer.stop()
    return figures


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench-processor", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {' '.join(BENCHES)}; default: all")
    both = [kafka.Kind.APACHE, kafka.Kind.EMBEDDED]
    parser.add_argument("--kafka", type=kafka.Kind, action="append", help="apache, embedded; default: both")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(BENCHES)}")
    names = [name for name in BENCHES if name in (chosen.names or BENCHES)]
    with tempfile.TemporaryDirectory() as data, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(run(names, chosen.kafka or both, Path(data))))


if __name__ == "__main__":
    main()
