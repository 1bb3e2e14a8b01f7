"""Event to decision at a fixed rate: publishing an event until a reader outside has what follows from it."""

import asyncio
import time
import uuid

from aiokafka import AIOKafkaConsumer

from services.kernel.events import encode
from services.processor.agents.intake import SETTLE_SECONDS
from services.processor.agents.reading import TOLD
from tests.bench import load
from tests.bench.figures import Figure
from tests.bench.processor.events import Lives
from tests.bench.processor.hosts import FAUST, Bench

RATE, SECONDS = 200, 10


async def event_to_decision(bench: Bench, broker: str) -> list[Figure]:
    """Tell 200 misses a second, each of another pair."""
    lives, numbers = Lives(uuid.uuid4().hex), range(RATE * SECONDS)
    sent: dict[bytes, float] = {}
    async with bench.members(FAUST, await bench.group()):
        ends = await bench.ends(TOLD)
        async with AIOKafkaConsumer(bootstrap_servers=bench.bootstrap) as consumer:
            consumer.assign(list(ends))
            for place, end in ends.items():
                consumer.seek(place, end)
            seeing = asyncio.create_task(_see(consumer, len(numbers)))

            async def tell(number: int) -> None:
                record = encode(lives.missed(number, 1))
                sent[record.key or b""] = time.perf_counter()
                await bench.producer.publish([record])

            await load.paced(tell, numbers, RATE)
            seen = await asyncio.wait_for(seeing, 60)
    waits = [seen[key] - moment for key, moment in sent.items()]
    percentiles = (load.percentile_ms(waits, 50), load.percentile_ms(waits, 99))
    settle = f"{SETTLE_SECONDS * 1000:.0f} ms of it for what the other topic may bring"
    note = f"{RATE} events/s for {SECONDS} s, publish to reader, {settle}"
    return [Figure(f"event to decision {broker}", percentiles[0], "ms", None, *percentiles, note)]


async def _see(consumer: AIOKafkaConsumer, wanted: int) -> dict[bytes, float]:
    seen: dict[bytes, float] = {}
    async for record in consumer:
        seen.setdefault(record.key, time.perf_counter())
        if len(seen) == wanted:
            break
    return seen
