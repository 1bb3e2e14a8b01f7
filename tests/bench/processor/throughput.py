"""A backlog worked off: by one member on Faust, by several, and by the plain loop beside it."""

import uuid

from deploy.local import kafka
from services.processor.agents.batch import Pairs
from services.processor.agents.reading import Taken, read
from services.processor.domain.policy import DEFAULT
from tests.bench.figures import Figure
from tests.bench.processor.events import Lives
from tests.bench.processor.hosts import FAUST, PLAIN, Bench

BACKLOG = 48_000


async def alone(bench: Bench, broker: str) -> list[Figure]:
    """Compare one member on Faust with the plain loop, in turns; once where clients may get stuck."""
    rates: dict[tuple[str, ...], list[float]] = {FAUST: [], PLAIN: []}
    for _ in range(1 if broker == kafka.Kind.EMBEDDED else 2):
        for argv, found in rates.items():
            found.append(await rate(bench, argv, 1))
    ours, plain = (sum(found) / len(found) for found in rates.values())
    note = (
        f"{BACKLOG} events of 1000 pairs, {_told(BACKLOG):.2f} decisions per event; baseline: aiokafka alone"
    )
    return [Figure(f"processor {broker}", ours, "events/s", plain, note=note)]


async def together(bench: Bench, broker: str, count: int) -> list[Figure]:
    """Let several members share the backlog."""
    shared = await rate(bench, FAUST, count)
    return [Figure(f"processor {broker} x{count}", shared, "events/s", note=f"{count} members, 6 partitions")]


async def rate(bench: Bench, argv: tuple[str, ...], count: int) -> float:
    """Return events per second, from when members may begin until their last decision is sent."""
    lives = Lives(uuid.uuid4().hex)
    records, told = lives.records(BACKLOG), round(_told(BACKLOG) * BACKLOG)
    async with bench.members(argv, await bench.group(), count) as members:
        before = await bench.told()
        members.hold()
        await bench.publish(records)
        began = members.go()
        await bench.until(before + told)
        return BACKLOG / (await bench.last_told() - began)


def _told(count: int) -> float:
    """Return decisions per event."""
    made = [
        read(Taken(one.topic, 0, number, 0, one.key, one.value, one.headers))
        for number, one in enumerate(Lives("").records(count))
    ]
    return len(Pairs(lambda _: DEFAULT, "").fold(made, {}).told) / count
