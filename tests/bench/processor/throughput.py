"""A backlog worked off: by one member on Faust, by several, and by the plain loop beside it."""

import uuid
from statistics import mean
from typing import NamedTuple

from tests.bench.figures import Figure
from tests.bench.processor.events import Lives
from tests.bench.processor.hosts import FAUST, PLAIN, Bench

BACKLOG = 24_000


class Work(NamedTuple):
    """How fast a backlog was worked off; the processor time and the decisions of each event."""

    rate: float
    cpu_us: float
    told: float


async def alone(bench: Bench, broker: str) -> list[Figure]:
    """Compare one member on Faust with the plain loop, in turns."""
    done: dict[tuple[str, ...], list[Work]] = {FAUST: [], PLAIN: []}
    for _ in range(2):
        for argv, found in done.items():
            found.append(await work(bench, argv, 1, BACKLOG))
    ours, plain = done.values()
    decisions = f"{mean(one.told for one in ours):.2f} decisions each"
    note = f"{BACKLOG} events of 1000 pairs, {decisions}; baseline: aiokafka alone"
    return [
        Figure(f"processor {broker}", _rate(ours), "events/s", _rate(plain), note=note),
        Figure(
            f"processor time {broker}",
            mean(one.cpu_us for one in ours),
            "us/event",
            mean(one.cpu_us for one in plain),
            note="of the member alone, its threads included",
        ),
    ]


async def together(bench: Bench, broker: str, count: int) -> list[Figure]:
    """Let several members share the backlog."""
    shared = await work(bench, FAUST, count, BACKLOG)
    note = f"{count} members, 6 partitions, {shared.cpu_us:.0f} us of processor time per event"
    return [Figure(f"processor {broker} x{count}", shared.rate, "events/s", note=note)]


async def work(bench: Bench, argv: tuple[str, ...], count: int, backlog: int) -> Work:
    """Measure from when members may begin until their last decision is sent."""
    records, group = Lives(uuid.uuid4().hex).records(backlog), await bench.group()
    async with bench.members(argv, group, count) as members:
        before, used = await bench.told(), members.processor_seconds()
        members.hold()
        await bench.publish(records)
        began = members.go()
        await bench.worked_off(group)
        used = members.processor_seconds() - used
        seconds, told = await bench.last_told() - began, await bench.told() - before
        return Work(backlog / seconds, used / backlog * 1e6, told / backlog)


def _rate(works: list[Work]) -> float:
    return mean(one.rate for one in works)
