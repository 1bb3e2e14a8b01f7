"""`python -m deploy.local.demo`: against a running platform, or one that it starts and stops itself."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from rich.console import Console

from deploy.local.demo import audit, report
from deploy.local.demo.api import Api, refusal
from deploy.local.demo.caring import appreciate, check_in
from deploy.local.demo.joining import import_people, match, open_program
from deploy.local.demo.meeting import meet
from deploy.local.demo.relating import agree, complete_goals, set_goals
from deploy.local.demo.story import GaveUpError, Screen, Story
from deploy.local.folder import DEFAULT, Folder, InUse, NotRunning, State
from deploy.local.process import StartFailed
from deploy.local.stack import Stack
from services.kernel.clock import advance
from services.pb.mentoring.mentorships.v1.report_service_pb2 import GetProgramReportRequest
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox

INPUT = Path(__file__).parent.parent / "data" / "hr_export.csv"
HOUR = timedelta(hours=1)
QUIET = 60
"""Looks, a second apart, without change after which nothing more is expected: twice the time for which a
consumer group waits for a member that was killed."""


async def run(options: argparse.Namespace, console: Console) -> int:
    """Tell the story, wait until its effects have arrived, print everything. Returns the exit code."""
    file = options.file.read_bytes()
    began = time.monotonic()
    async with platform(options.data, console) as places, Api(places, options.org) as api:
        terminal = report.Terminal(console)
        story = Story(api, terminal, Path(places.clock_file))
        with terminal.progress:
            await tell(story, file)
            ledger = await settled(api, story, terminal)
        asked = GetProgramReportRequest(name=f"{story.program.name}/report")
        outcome = await api.call(api.reports.GetProgramReport, asked)
    report.show(terminal, story, ledger, outcome)
    print(report.machine_line(story, ledger, time.monotonic() - began), flush=True)
    return int(any(lost or doubled for lost, doubled in ledger.differences().values()))


async def tell(story: Story, file: bytes) -> None:
    """Do the whole job."""
    await import_people(story, file)
    await open_program(story)
    await match(story)
    await agree(story)
    await set_goals(story)
    await meet(story, lambda place: place % 5 > 1)
    await complete_goals(story)
    await meet(story, lambda place: place % 5 > 0)
    await appreciate(story)
    await check_in(story)


async def settled(api: Api, story: Story, screen: Screen) -> audit.Ledger:
    """Look until nothing is lost any more, or until nothing has changed for several looks."""
    bar, quiet, before = screen.bar("effects arrive", QUIET), 0, -1
    while True:
        await calm(story)
        ledger = await audit.ledger(api, story)
        missing = sum(lost for lost, _ in ledger.differences().values())
        if missing == 0 or quiet == QUIET:
            bar.step(QUIET - quiet)
            return ledger
        now = len(ledger.events) + report.held(ledger)
        quiet, before = (quiet + 1 if now == before else 0), now
        await asyncio.sleep(1)


async def calm(story: Story) -> None:
    """Return when no message waits to be sent, or after a while; hours pass for those that are gathered."""
    request = inbox.ListMessagesRequest(
        parent=f"{story.api.parent}/people/-", states=[inbox.Message.STATE_QUEUED, inbox.Message.STATE_HELD]
    )
    for _ in range(QUIET):
        waiting = (await story.api.call(story.api.inbox.ListMessages, request)).messages
        if not waiting:
            return
        if all(message.state == message.STATE_HELD for message in waiting):
            advance(story.clock_file, HOUR)
        await asyncio.sleep(1)


@asynccontextmanager
async def platform(data: Path, console: Console) -> AsyncIterator[State]:
    """Yield where the platform on `data` listens; start one for the time of the demo if none runs."""
    try:
        running = Folder(data).running()
    except NotRunning:
        console.print(f"no platform runs on {data}: starting one for the time of the demo")
        async with Stack(data, say=lambda line: console.print(line, highlight=False)) as stack:
            yield stack.state
    else:
        yield running


def reason(failed: BaseExceptionGroup) -> str:
    """Return the first failure in words."""
    first: BaseException = failed
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    if isinstance(first, grpc.aio.AioRpcError):
        return f"{first.code().name} {refusal(first)} {first.details()}"
    return str(first)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--file", type=Path, default=INPUT, help="HR export as CSV (default: the project's own)"
    )
    parser.add_argument("--data", type=Path, default=DEFAULT, help="data folder of the platform")
    parser.add_argument(
        "--org", default=f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}", help="organization to fill"
    )
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"no such file: {options.file}")
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 150)
    try:
        raise SystemExit(asyncio.run(run(options, console)))
    except* (grpc.aio.AioRpcError, GaveUpError, StartFailed, InUse) as failed:
        console.print(f"[red]the demo stopped:[/red] {reason(failed)}", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
