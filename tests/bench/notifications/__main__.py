"""Measures notifications; every figure with the command that makes it: `make bench-notifications`."""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.local import kafka
from deploy.local.services import SERVICES
from deploy.local.stack import Stack
from tests.bench import whole
from tests.bench.figures import Figure, show
from tests.bench.notifications import fanout, mails
from tests.bench.notifications.sinking import sinking

NAMES = ("messages", "inbox")
NEEDED = frozenset({"profiles", "notifications"})


async def run(names: list[str], broker: kafka.Kind, data: Path) -> list[Figure]:
    """Run benchmarks one after another on one platform of two services."""
    console, figures = Console(stderr=True), list[Figure]()
    services = [spec for spec in SERVICES if spec.name in NEEDED]
    async with (
        sinking() as sink,
        Stack(data, on="free", broker=broker, services=services, say=whole.quiet) as stack,
    ):
        await whole.import_people(stack)
        await stack.restart("notifications", SMTP_PORT=str(sink.port), SMTP_SECURITY="none")
        await mails.allow_many(stack)
        for name in names:
            with console.status(f"measuring {name}"):
                figures += await (
                    mails.throughput(stack, sink) if name == "messages" else fanout.latency(stack)
                )
            console.print(f"measured {name}")
    return figures


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench-notifications", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {' '.join(NAMES)}; default: all")
    parser.add_argument("--kafka", type=kafka.Kind, default=kafka.Kind(os.environ.get("KAFKA") or "auto"))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(NAMES)}")
    names = [name for name in NAMES if name in (chosen.names or NAMES)]
    with tempfile.TemporaryDirectory() as data, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(run(names, chosen.kafka, Path(data))))


if __name__ == "__main__":
    main()
