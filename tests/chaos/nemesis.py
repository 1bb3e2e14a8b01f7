"""Kills processes of a running platform while it works, and knows that each kill landed under load."""

import asyncio
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from deploy.local.demo.audit import PARTITIONS
from deploy.local.stack import Stack

EXPORT = Path("deploy/local/data/hr_export.csv")
STEP = 60
"""New events between two kills: the platform is in the middle of its work."""


def some_people(count: int) -> bytes:
    """Return an export of the first `count` people without managers, so that none is unknown."""
    rows = list(csv.DictReader(io.StringIO(EXPORT.read_text())))[:count]
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows({**row, "manager_id": ""} for row in rows)
    return out.getvalue().encode()


async def published(bootstrap: str) -> int:
    """Return how many records all topics hold; raises KafkaError while the broker is away."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets(PARTITIONS)).values())
    finally:
        await consumer.stop()


async def grown(stack: Stack, above: int) -> int:
    """Wait until the topics hold more than `above` records; return how many they hold."""
    while True:
        try:
            now = await published(stack.state.kafka)
        except KafkaError:
            now = 0  # the broker is on its way back
        if now > above:
            return now
        await asyncio.sleep(0.1)


async def at_work(stack: Stack, above: int, demo: asyncio.Task[Any]) -> int:
    """Return what `grown` does; AssertionError if the demo is over before: nothing would grow any more."""
    growing = asyncio.create_task(grown(stack, above))
    await asyncio.wait({growing, demo}, return_when=asyncio.FIRST_COMPLETED)
    if not growing.done():
        growing.cancel()
        raise AssertionError(f"the demo was over before the topics held {above} records: {demo.result()}")
    return growing.result()


async def kill_in_turn(stack: Stack, victims: Sequence[str], demo: asyncio.Task[Any]) -> list[str]:
    """Kill -9 and restart one after the other, each once new work has been done; return who was hit."""
    hit, seen = [], await at_work(stack, 0, demo)
    for victim in victims:
        seen = await at_work(stack, seen + STEP, demo)
        before = stack.pid(victim)
        await stack.kill(victim)
        await stack.restart(victim)
        if stack.pid(victim) != before:
            hit.append(victim)
    return hit


async def crash_and_revive(stack: Stack, service: str, point: str) -> int:
    """Arm a crash point, wait until the process has died there, start it unarmed; return how it ended."""
    await stack.restart(service, CRASH_AT=point)
    code = await stack.ended(service)
    await stack.restart(service)
    return code
