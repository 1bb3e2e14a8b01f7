"""Event to live stream at a fixed rate: publishing until those who look at their inbox have the message."""

import asyncio
import time

import grpc

from deploy.local.stack import Stack
from services.kernel.kafka import Cluster, Producer, Record
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message, StreamMessagesRequest
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from tests.bench import load
from tests.bench.calls import ORG, token
from tests.bench.figures import Figure
from tests.bench.notifications.telling import check_in, people

READERS, RATE, SECONDS = 100, 100, 10

PATIENCE = 60.0


async def latency(stack: Stack) -> list[Figure]:
    """Tell 100 events a second, spread over 100 people who look."""
    told, seen = dict[str, float](), dict[str, float]()
    producer = Producer(Cluster(stack.state.kafka), "bench")
    await producer.start()
    async with grpc.aio.insecure_channel(stack.address("notifications")) as channel:
        readers = [Reader(channel, person, seen) for person in people()[:READERS]]
        try:
            for reader in readers:
                await reader.start(stack)
            await _tell(producer, range(READERS), dict[str, float]())  # the first message opens each stream
            for reader in readers:
                await reader.opened.wait()
            await _tell(producer, range(RATE * SECONDS), told)
            await _all_seen(told, seen)
        finally:
            for reader in readers:
                reader.stop()
            await producer.stop()
    waits = [seen[cause] - moment for cause, moment in told.items()]
    percentiles = (load.percentile_ms(waits, 50), load.percentile_ms(waits, 99))
    note = f"{RATE} events/s for {SECONDS} s to {READERS} open inboxes, publish to reader"
    return [Figure("event to open inbox", percentiles[0], "ms", None, *percentiles, note)]


class Reader:
    """One person who looks; notes when the message of each event came first."""

    def __init__(self, channel: grpc.aio.Channel, person: str, seen: dict[str, float]) -> None:
        self.opened = asyncio.Event()
        self._inbox = InboxServiceStub(channel)
        self._person = person
        self._seen = seen
        self._task: asyncio.Task[None] | None = None

    async def start(self, stack: Stack) -> None:
        """Begin to look."""
        metadata = await token(stack, self._person, "mentee")
        parent = f"organizations/{ORG}/people/{self._person}"
        request = StreamMessagesRequest(parent=parent, latest=1)
        self._task = asyncio.create_task(self._read(self._inbox.StreamMessages(request, metadata=metadata)))

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _read(self, stream: grpc.aio.UnaryStreamCall[StreamMessagesRequest, Message]) -> None:
        async for message in stream:
            self._seen.setdefault(message.cause_event_id, time.perf_counter())
            self.opened.set()


async def _all_seen(told: dict[str, float], seen: dict[str, float]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not told.keys() <= seen.keys():  # noqa: ASYNC110 -- many readers, one look
            await asyncio.sleep(0.05)


def _id(event: Record) -> str:
    return next(value.decode() for name, value in event.headers if name == "ce_id" and value)


async def _tell(producer: Producer, numbers: range, told: dict[str, float]) -> None:
    async def tell(number: int) -> None:
        event = check_in(number % READERS)
        told[_id(event)] = time.perf_counter()
        await producer.publish([event])

    await load.paced(tell, numbers, RATE)
