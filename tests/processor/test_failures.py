"""When the broker is away and when something is broken for good; no broker needed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from services.kernel.clock import FixedClock
from services.kernel.events.dead_letters import TooManyDeadLetters
from services.kernel.kafka import Cluster, Record
from services.processor.agents.patient import Patient
from services.processor.agents.policies import Policies
from services.processor.agents.reading import Taken, read
from services.processor.agents.station import changelog
from services.processor.agents.watch import Watch
from services.processor.agents.worker import Tools, Worker
from tests.processor.factories import NOON
from tests.processor.records import missed_event, record, without

NOWHERE = Cluster("127.0.0.1:1")
LETTER = Record("t", b"k", b"v")


class Broker:
    """Fails with `errors` first, then takes what it is given."""

    def __init__(self, *errors: KafkaError) -> None:
        self.errors = list(errors)
        self.taken: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.taken += records

    @property
    def topics(self) -> list[str]:
        return [taken.topic for taken in self.taken]


CHANGES = changelog("test", "pairs")


def worker(broker: Broker) -> Worker:
    clock = FixedClock(NOON)
    return Worker(NOWHERE, Tools(broker.publish, Policies(), Watch("test", clock), clock), "test")


def handle(made: Worker, *records: Taken) -> Coroutine[None, None, None]:
    """Handle records of pairs; errors show."""
    return made.pairs.handle([read(taken) for taken in records])


@pytest.fixture
async def left_hanging() -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that by design never end."""
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_absent_broker_is_waited_for() -> None:
    broker = Broker(KafkaConnectionError(), KafkaTimeoutError())
    await Patient(broker.publish, pause=0).publish([LETTER])
    assert broker.taken == [LETTER]


async def test_what_no_waiting_cures_is_raised() -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await Patient(Broker(MessageSizeTooLargeError()).publish, pause=0).publish([LETTER])


async def test_nothing_to_publish_asks_nobody() -> None:
    broker = Broker(MessageSizeTooLargeError())
    await Patient(broker.publish).publish([])
    assert len(broker.errors) == 1


async def test_decisions_are_stored_before_the_table_that_says_they_were_made() -> None:
    broker = Broker()
    await handle(worker(broker), record(missed_event("a")), record(missed_event("b")))
    told = ["mentoring.processor.v1"] * 3
    assert broker.topics == [*told, CHANGES]


async def test_a_batch_that_changes_no_pair_writes_none() -> None:
    broker = Broker()
    made = worker(broker)
    await handle(made, record(missed_event("a")))
    await handle(made, record(missed_event("a")))
    assert broker.topics == ["mentoring.processor.v1", CHANGES]


async def test_when_the_decisions_cannot_be_stored_the_table_is_untouched_and_the_batch_is_held(
    left_hanging: list[asyncio.Task[None]],
) -> None:
    broker = Broker(MessageSizeTooLargeError())
    made = worker(broker)
    held = asyncio.create_task(made.guarded(handle(made, record(missed_event("a")))))
    left_hanging.append(held)
    with pytest.raises(MessageSizeTooLargeError):
        await asyncio.wait_for(made.broken(), 10)
    assert not held.done()
    assert broker.taken == []


async def test_more_poison_than_single_bad_records_stops_the_work(
    left_hanging: list[asyncio.Task[None]],
) -> None:
    broker = Broker()
    made = worker(broker)
    bad = without(record(missed_event("a")), "ce_id")
    left_hanging.append(asyncio.create_task(made.guarded(handle(made, *[bad] * 101))))
    with pytest.raises(TooManyDeadLetters):
        await asyncio.wait_for(made.broken(), 10)
    assert broker.topics == ["mentoring.scheduling.v1.dlq"] * 100
