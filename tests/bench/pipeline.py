"""The way of an event: commit to reader at a fixed rate, and how fast relay and consumers drain a backlog."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc
from aiokafka import AIOKafkaConsumer

from deploy.local.demo import audit
from deploy.local.stack import Stack
from services.kernel import ids
from services.kernel.clock import SystemClock
from services.kernel.events import Event, Handlers
from services.kernel.events.consumer import Consumer
from services.kernel.kafka import Cluster, Producer, Record
from services.kernel.mongo import Aggregates, Cause, Database, Ref, Save
from services.kernel.outbox import Relay
from services.mentorships.domain import Goal, GoalCreated, Kind
from services.mentorships.store import GOALS
from services.pb.mentoring.mentorships.v1 import events_pb2
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceStub
from services.recognition.domain import recognitions as recognition
from services.recognition.store import RECOGNITIONS
from tests.bench import load
from tests.bench.calls import ORG, TIMEOUT, complete_request, drained, store_goals, token
from tests.bench.figures import Figure

TOPIC = "mentoring.mentorships.v1"
PARTITIONS = [partition for partition in audit.PARTITIONS if partition.topic == TOPIC]
RATE = 200
SECONDS = 10
BACKLOG = 20_000
PAIRS = 1_000
FIRST = 100_000
"""Goals of this file are numbered from here: others complete those below."""
RAW_BATCH = 500


async def event_path(stack: Stack) -> list[Figure]:
    """CompleteGoal at 200 calls a second: from its answer until a reader outside has the event."""
    metadata = await token(stack, "mentee", "mentee")
    numbers = range(FIRST, FIRST + RATE * SECONDS)
    await store_goals(stack, numbers)
    answered: dict[str, float] = {}
    async with (
        reader(stack.state.kafka) as read,
        grpc.aio.insecure_channel(stack.address("mentorships")) as channel,
    ):
        goals = GoalServiceStub(channel)
        seeing = asyncio.create_task(_see(read, len(numbers)))

        async def complete(number: int) -> None:
            request = complete_request(number)
            await goals.CompleteGoal(request, metadata=metadata, timeout=TIMEOUT)
            answered[request.name] = time.perf_counter()

        await load.paced(complete, numbers, RATE)
        seen = await seeing
    waits = [max(0.0, seen[name] - moment) for name, moment in answered.items()]
    percentiles = (load.percentile_ms(waits, 50), load.percentile_ms(waits, 99))
    return [
        Figure("event path", percentiles[0], "ms", None, *percentiles, f"{RATE} events/s for {SECONDS} s")
    ]


async def relay(stack: Stack) -> list[Figure]:
    """Drain a backlog of documents with one event each, beside raw produce of records of the same size."""
    async with Database(stack.state.mongo, "bench_relay", SystemClock()) as database:
        goals = database.aggregates(GOALS)
        await database.migrate()
        await _pending(goals)
        producer = partial(Producer, Cluster(stack.state.kafka), "bench")
        began = time.perf_counter()
        await _drain(Relay(database, [goals], producer), goals)
        drained = BACKLOG / (time.perf_counter() - began)
    produced = await _produce(producer())
    return [Figure("relay drain", drained, "events/s", produced, note="baseline: raw aiokafka produce")]


async def consumer(stack: Stack) -> list[Figure]:
    """Handle the relay's backlog with one stored effect per event, beside raw consume of the same records."""
    async with Database(stack.state.mongo, "bench_effect", SystemClock()) as database:
        kept = database.aggregates(RECOGNITIONS)
        await database.migrate()
        done, stop = 0, asyncio.Event()

        async def effect(event: Event[events_pb2.GoalCreated]) -> None:
            nonlocal done
            state, events = recognition.issue(
                recognition.Recognition("mentor", "mentee", "pair", "goal", (event.id,), "bench/1")
            )
            ref = Ref(event.tenant, ids.derived_id(event.id, "bench"))
            await kept.create(ref, state, events, Cause(event.id))
            done += 1
            if done == BACKLOG:
                stop.set()

        handlers = Handlers()
        handlers.on(events_pb2.GoalCreated, effect)
        began = time.perf_counter()
        await Consumer(handlers, Cluster(stack.state.kafka), "bench").run(stop)
        handled = BACKLOG / (time.perf_counter() - began)
    raw = await _consume(stack.state.kafka)
    return [Figure("consumer effect", handled, "events/s", raw, note="baseline: raw aiokafka consume")]


@asynccontextmanager
async def reader(bootstrap: str, *, beginning: bool = False) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer of the whole topic, at its present end or its beginning."""
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await client.start()
    try:
        client.assign(PARTITIONS)
        await (client.seek_to_beginning(*PARTITIONS) if beginning else client.seek_to_end(*PARTITIONS))
        for partition in PARTITIONS:
            await client.position(partition)  # the seek has happened once a position is known
        yield client
    finally:
        await client.stop()


async def _see(read: AIOKafkaConsumer, wanted: int) -> dict[str, float]:
    """Return when each goal's completion was seen."""
    seen: dict[str, float] = {}
    async for record in read:
        headers = dict(record.headers)
        if headers["ce_type"] == b"mentoring.mentorships.v1.GoalCompleted":
            seen[headers["ce_subject"].decode()] = time.perf_counter()
        if len(seen) == wanted:
            break
    return seen


async def _pending(goals: Aggregates[Goal]) -> None:
    saves = [
        Save(Ref(ORG, f"r{number}"), partial(_goal, number), Cause(f"relay-{number}"))
        for number in range(BACKLOG)
    ]
    await goals.apply_many(ORG, saves)


def _goal(number: int, _: Goal | None) -> tuple[Goal, list[GoalCreated]]:
    """Return one of many goals of many pairs: a single pair's events would be handled one by one."""
    pair = f"pair-{number % PAIRS}"
    return Goal(pair, ("mentor", "mentee"), Kind.SOFT_SKILL, "speak"), [GoalCreated()]


async def _drain(relaying: Relay, goals: Aggregates[Goal]) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(relaying.run(stop))
    await drained(goals)
    stop.set()
    await running


async def _produce(producer: Producer) -> float:
    """Return records per second of the bare client, in batches as the relay's."""
    message = events_pb2.GoalCreated(goal=f"organizations/{ORG}/mentorships/pair/goals/g", mentorship="m")
    headers = [(f"ce_{number}", b"x" * 24) for number in range(9)]
    records = [
        Record("mentoring.recognition.v1", f"k{number}".encode(), message.SerializeToString(), headers)
        for number in range(BACKLOG)
    ]
    await producer.start()
    try:
        began = time.perf_counter()
        for start in range(0, BACKLOG, RAW_BATCH):
            await producer.publish(records[start : start + RAW_BATCH])
        return BACKLOG / (time.perf_counter() - began)
    finally:
        await producer.stop()


async def _consume(bootstrap: str) -> float:
    """Return records per second of the bare client."""
    async with reader(bootstrap, beginning=True) as client:
        count, began = 0, time.perf_counter()
        while count < BACKLOG:
            batches: dict[Any, list[Any]] = await client.getmany(timeout_ms=1000, max_records=RAW_BATCH)
            count += sum(map(len, batches.values()))
        return count / (time.perf_counter() - began)
