"""A backlog worked off: by one member on Faust, by several, and by the plain loop beside it."""

import uuid
from functools import cache
from statistics import mean
from typing import NamedTuple

from deploy.local import kafka
from services.processor.agents.batch import Pairs, People
from services.processor.agents.reading import TOLD, Taken, read, read_waiting
from services.processor.domain.policy import DEFAULT
from tests.bench.figures import Figure
from tests.bench.processor.events import Lives
from tests.bench.processor.hosts import FAUST, PLAIN, Bench

BACKLOG = 24_000


class Work(NamedTuple):
    """How fast a backlog was worked off, and the processor time that each event took its members."""

    rate: float
    cpu_us: float


async def alone(bench: Bench, broker: str) -> list[Figure]:
    """Compare one member on Faust with the plain loop, in turns; once where clients may get stuck."""
    done: dict[tuple[str, ...], list[Work]] = {FAUST: [], PLAIN: []}
    for _ in range(1 if broker == kafka.Kind.EMBEDDED else 2):
        for argv, found in done.items():
            found.append(await work(bench, argv, 1))
    ours, plain = done.values()
    note = f"{BACKLOG} events of 1000 pairs, {_told() / BACKLOG:.2f} decisions each; baseline: aiokafka alone"
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
    shared = await work(bench, FAUST, count)
    note = f"{count} members, 6 partitions, {shared.cpu_us:.0f} us of processor time per event"
    return [Figure(f"processor {broker} x{count}", shared.rate, "events/s", note=note)]


async def work(bench: Bench, argv: tuple[str, ...], count: int) -> Work:
    """Measure from when members may begin until their last decision is sent."""
    records = Lives(uuid.uuid4().hex).records(BACKLOG)
    async with bench.members(argv, await bench.group(), count) as members:
        before, used = await bench.told(), members.processor_seconds()
        members.hold()
        await bench.publish(records)
        began = members.go()
        await bench.until(before + _told())
        seconds = await bench.last_told() - began
        return Work(BACKLOG / seconds, (members.processor_seconds() - used) / BACKLOG * 1e6)


def _rate(works: list[Work]) -> float:
    return mean(one.rate for one in works)


@cache
def _told() -> int:
    """Return how many decisions the backlog leads to."""
    taken = [
        Taken(one.topic, 0, number, 0, one.key, one.value, one.headers)
        for number, one in enumerate(Lives("").records(BACKLOG))
    ]
    told = Pairs(lambda _: DEFAULT, "waiting").fold([read(one) for one in taken], {}).told
    waiting = [
        Taken(one.topic, 0, number, 0, one.key, one.value, one.headers)
        for number, one in enumerate(told)
        if one.topic != TOLD
    ]
    passed = People(lambda _: DEFAULT, "").fold([read_waiting(one) for one in waiting], {}).told
    return len(told) - len(waiting) + len(passed)
