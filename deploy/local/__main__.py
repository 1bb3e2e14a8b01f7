"""Command line of the one-machine platform: run, token, clock."""

import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from deploy.kafka import topics
from deploy.local import folder, kafka, show, tokens
from deploy.local.issuer import ROLES
from deploy.local.process import StartFailed
from deploy.local.stack import Stack
from services.kernel import clock

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
BROKERS = tuple(kind.value for kind in kafka.Kind if kind is not kafka.Kind.EXTERNAL)
EXPECTED = (StartFailed, folder.InUse, folder.NotRunning, tokens.TokenRefused, topics.TopicsError)


def duration(text: str) -> timedelta:
    """Read 30s, 15m, 3h or 2d. Raises ArgumentTypeError."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError("is a whole number and one of s, m, h, d: 2d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def broker(text: str) -> kafka.Kind:
    """Read the kind of broker to start. Raises ArgumentTypeError."""
    if text not in BROKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(BROKERS)}")
    return kafka.Kind(text)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parsed = argparse.ArgumentParser(
        prog="python -m deploy.local", description="the platform on this machine"
    )
    commands = parsed.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and keep it running until Ctrl-C")
    wanted = os.environ.get("KAFKA") or kafka.Kind.AUTO.value
    run.add_argument(
        "--kafka", type=broker, default=wanted, help=f"{', '.join(BROKERS)}; default: KAFKA or auto"
    )
    token = commands.add_parser("token", help="print a person's token")
    token.add_argument("--org", required=True, help="organization id")
    token.add_argument("--person", required=True, help="person id")
    token.add_argument("--role", required=True, help=f"one or more of: {' '.join(ROLES)}")
    moved = commands.add_parser("clock", help="print the platform's time, or move it forward")
    moved.add_argument("--advance", type=duration, default=timedelta(0), help="by how much: 30s, 15m, 3h, 2d")
    for command in (run, token, moved):
        command.add_argument("--data", type=Path, default=folder.DEFAULT, help="data folder")
    return parsed


async def run(data: Path, broker: kafka.Kind) -> None:
    """Start the platform, show where it listens and keep it until SIGINT or SIGTERM."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    stack = Stack(data, broker=broker, say=lambda line: console.print(line, highlight=False, soft_wrap=True))
    with console.status("starting (Ctrl-C stops)"):
        started = await _unless(asked, stack)
    if started:
        show.ready(console, stack.state, stack.folder)
        await asked.wait()
    with console.status("stopping"):
        await stack.stop()
    console.print("stopped")


async def _unless(asked: asyncio.Event, stack: Stack) -> bool:
    """Start, but give up as soon as `asked` is set; whether the start is through."""
    start, stop = asyncio.ensure_future(stack.start()), asyncio.ensure_future(asked.wait())
    await asyncio.wait((start, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if start.done():
        start.result()
        return True
    start.cancel()
    await asyncio.wait((start,))
    return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 1 when it could not do its work."""
    arguments = parser().parse_args(argv)
    try:
        _do(arguments)
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _do(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "run":
            asyncio.run(run(arguments.data, arguments.kafka))
        case "token":
            where = folder.Folder(arguments.data).running().issuer
            print(asyncio.run(tokens.person_token(where, arguments.org, arguments.person, arguments.role)))
        case _:
            place = Path(folder.Folder(arguments.data).running().clock_file)
            print(clock.advance(place, arguments.advance).isoformat())


if __name__ == "__main__":
    sys.exit(main())
