"""`python -m tests.bench [name …]`: runs the named benchmarks, all by default, on servers of its own."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.local import kafka
from deploy.local.services import SERVICES
from deploy.local.stack import Stack
from tests.bench import calls, pipeline, recommending, whole
from tests.bench.figures import Figure, show

Bench = Callable[[Stack], Awaitable[list[Figure]]]

ON_SERVICES: dict[str, tuple[frozenset[str], Bench]] = {
    "get_person": (frozenset({"profiles"}), calls.get_person),
    "get_person_hr": (frozenset({"profiles"}), calls.get_person_hr),
    "complete_goal": (frozenset({"profiles", "mentorships"}), calls.complete_goal),
    "complete_goal_request_id": (frozenset({"profiles", "mentorships"}), calls.complete_goal_request_id),
    "event_path": (frozenset({"profiles", "mentorships"}), pipeline.event_path),
    "import": (frozenset({"profiles"}), whole.import_people),
    **{name: (frozenset({"profiles", "matching"}), bench) for name, bench in recommending.BENCHES.items()},
}
ON_SERVERS: dict[str, Bench] = {"relay": pipeline.relay, "consumer": pipeline.consumer}
NAMES = (*ON_SERVICES, *ON_SERVERS, "start")
USUAL = [name for name in NAMES if name not in recommending.BENCHES]
"""All but those that take minutes: `make bench-matching` runs them."""


async def run(names: list[str], broker: kafka.Kind, data: Path) -> list[Figure]:
    """Run benchmarks one after another; each service runs alone, so that nothing else takes the cores."""
    console, figures = Console(stderr=True), list[Figure]()
    for name in names:
        with console.status(f"measuring {name}"):
            figures += await _one(name, broker, data)
        console.print(f"measured {name}")
    return figures


async def _one(name: str, broker: kafka.Kind, data: Path) -> list[Figure]:
    if name == "start":
        return await whole.start(data / "start", broker)
    wanted, bench = ON_SERVICES.get(name, (frozenset[str](), None))
    services = [spec for spec in SERVICES if spec.name in wanted]
    folder = data / (name if wanted else "servers")  # the consumer reads what the relay published
    async with Stack(folder, on="free", broker=broker, services=services, say=whole.quiet) as stack:
        return await (bench or ON_SERVERS[name])(stack)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    known = f"of {' '.join(NAMES)}; by default {' '.join(USUAL)}"
    parser.add_argument("names", nargs="*", metavar="name", help=known)
    parser.add_argument("--kafka", type=kafka.Kind, default=kafka.Kind(os.environ.get("KAFKA") or "auto"))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(NAMES)}")
    names = [name for name in NAMES if name in (chosen.names or USUAL)]
    with tempfile.TemporaryDirectory() as data, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(run(names, chosen.kafka, Path(data))))


if __name__ == "__main__":
    main()
