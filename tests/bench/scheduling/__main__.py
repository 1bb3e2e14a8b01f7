"""Measures scheduling; every figure with the command that makes it: `make bench-scheduling`."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.local import kafka
from deploy.local.services import SERVICES
from deploy.local.stack import Stack
from tests.bench import whole
from tests.bench.figures import Figure, show
from tests.bench.scheduling import booking, searching, timers

Measure = Callable[[Stack], Awaitable[list[Figure]]]


async def _on_mongo(stack: Stack, measure: Callable[[str], Awaitable[list[Figure]]]) -> list[Figure]:
    return await measure(stack.state.mongo)


BENCHES: dict[str, Measure] = {
    "search_2": partial(_on_mongo, measure=partial(searching.search, count=2)),
    "search_10": partial(_on_mongo, measure=partial(searching.search, count=10)),
    "book": booking.book,
    "due": partial(_on_mongo, measure=timers.due_at_once),
}
SERVED = {"book": frozenset({"profiles", "scheduling"})}
"""What goes through the service itself; all else runs in this process, on the same database server."""


async def run(names: list[str], broker: kafka.Kind, data: Path) -> list[Figure]:
    """Run benchmarks one after another, each on servers of its own."""
    console, figures = Console(stderr=True), list[Figure]()
    for name in names:
        services = [spec for spec in SERVICES if spec.name in SERVED.get(name, ())]
        with console.status(f"measuring {name}"):
            async with Stack(
                data / name, on="free", broker=broker, services=services, say=whole.quiet
            ) as stack:
                figures += await BENCHES[name](stack)
        console.print(f"measured {name}")
    return figures


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench-scheduling", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {' '.join(BENCHES)}; default: all")
    parser.add_argument("--kafka", type=kafka.Kind, default=kafka.Kind(os.environ.get("KAFKA") or "auto"))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(BENCHES)}")
    names = [name for name in BENCHES if name in (chosen.names or BENCHES)]
    with tempfile.TemporaryDirectory() as data, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(run(names, chosen.kafka, Path(data))))


if __name__ == "__main__":
    main()
