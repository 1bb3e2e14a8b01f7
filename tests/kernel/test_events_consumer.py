"""The consumer on a real broker: effects once, poison aside, order per key, nothing lost on the way."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from services.kernel.errors import Refused, Unavailable
from services.kernel.events import Consumer, Event, Handlers, TooManyDeadLetters, encode
from services.kernel.events.consumer import AT_ONCE
from services.kernel.events.delivery import Patience
from services.kernel.kafka import Cluster, Record
from services.pb.mentoring.mentorships.v1.events_pb2 import GoalCompleted, GoalCreated
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld
from tests.kernel.tally import NOON, TOPIC
from tests.kernel.topic import PATIENCE, new_group, publish, tail

pytestmark = pytest.mark.servers

QUICK = Patience(tries=3, first=0.01, longest=0.02)


class Heard:
    """A handler that notes what it is given; tests let it fail and wait for what it has noted.

    The topic is shared, so it keeps to the events of one tenant.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.events: list[Event[GoalCompleted]] = []
        self.failures: list[Exception] = []
        self._changed = asyncio.Condition()

    async def __call__(self, event: Event[GoalCompleted]) -> None:
        if event.tenant != self.tenant:
            return
        async with self._changed:
            if event.message.goal == "fail" and self.failures:
                raise self.failures.pop(0)
            self.events.append(event)
            self._changed.notify_all()

    async def until(self, count: int) -> list[Event[GoalCompleted]]:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events

    @property
    def handlers(self) -> Handlers:
        made = Handlers()
        made.on(GoalCompleted, self)
        return made


@pytest.fixture
def heard() -> Heard:
    return Heard(f"t-{uuid.uuid4()}")


@asynccontextmanager
async def consuming(consumer: Consumer) -> AsyncIterator[None]:
    """Run a consumer; leaving stops it in order."""
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


def completed(heard: Heard, sequence: int, *, key: str = "pair", goal: str = "") -> Record:
    """Return the record of one event."""
    return encode(told(heard, sequence, key, GoalCompleted(goal=goal)))


def told(heard: Heard, sequence: int, key: str, message: Any) -> Event[Any]:
    """Return one event."""
    return Event(
        id=str(uuid.uuid4()),
        type=message.DESCRIPTOR.full_name,
        subject=f"organizations/{heard.tenant}/goals/{key}",
        sequence=sequence,
        tenant=heard.tenant,
        time=NOON,
        key=key,
        message=message,
    )


@pytest.fixture
async def group(kafka_bootstrap: str) -> str:
    return await new_group(kafka_bootstrap, TOPIC)


async def test_events_of_a_key_come_in_order_those_of_other_keys_beside_them(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    records = [completed(heard, sequence, key=f"k{sequence % 7}") for sequence in range(1, 701)]
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
        await publish(kafka_bootstrap, records)
        events = await heard.until(700)
    for number in range(7):
        mine = [event.sequence for event in events if event.key == f"k{number}"]
        assert mine == sorted(mine)
        assert len(mine) == 100


async def test_a_second_run_goes_on_where_the_first_stopped(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    """Offsets are committed after the effects, so nothing comes again and nothing is left out."""
    for start in (1, 11):
        async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
            await publish(kafka_bootstrap, [completed(heard, start + step) for step in range(10)])
            await heard.until(start + 9)
    assert [event.sequence for event in heard.events] == list(range(1, 21))


async def test_a_backlog_of_what_takes_long_holds_up_no_other_topic(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    handlers, busy, released, reached = Handlers(), asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()

    async def slow(event: Event[GoalCompleted]) -> None:
        if event.tenant == heard.tenant:
            busy.release()
            await released.wait()

    async def quick(event: Event[MeetingHeld]) -> None:
        if event.tenant == heard.tenant:
            reached.set()

    handlers.on(GoalCompleted, slow)
    handlers.on(MeetingHeld, quick)
    held = told(heard, 1, "pair", MeetingHeld())
    async with consuming(Consumer(handlers, Cluster(kafka_bootstrap), group)):
        await publish(kafka_bootstrap, [completed(heard, 1, key=f"k{place}") for place in range(2 * AT_ONCE)])
        async with asyncio.timeout(PATIENCE):
            for _ in range(AT_ONCE):
                await busy.acquire()
            await publish(kafka_bootstrap, [encode(held)])
            await reached.wait()
        released.set()


async def test_unknown_types_are_skipped(kafka_bootstrap: str, heard: Heard, group: str) -> None:
    stranger = Event(
        id="1",
        type=GoalCreated.DESCRIPTOR.full_name,
        subject="s",
        sequence=1,
        tenant=heard.tenant,
        time=NOON,
        key="pair",
        message=GoalCreated(),
    )
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
        await publish(kafka_bootstrap, [encode(stranger), completed(heard, 2)])
        assert [event.sequence for event in await heard.until(1)] == [2]


def of_group(records: Sequence[Any], name: str) -> list[Any]:
    return [record for record in records if dict(record.headers).get("dlq_group") == name.encode()]


POISON = [
    pytest.param(lambda record: replace(record, value=b"\xff\xff"), b"BAD_VALUE", id="not the message"),
    pytest.param(lambda record: replace(record, value=None), b"TOMBSTONE", id="no value"),
    pytest.param(lambda record: replace(record, headers=()), b"MISSING_HEADER", id="no headers"),
    pytest.param(
        lambda record: replace(record, headers=[*record.headers, ("ce_id", b"2")]),
        b"DUPLICATE_HEADER",
        id="two ids",
    ),
]


@pytest.mark.parametrize(("spoil", "reason"), POISON)
async def test_poison_goes_to_the_dead_letters_untouched_and_the_consumer_goes_on(
    kafka_bootstrap: str, heard: Heard, group: str, spoil: Any, reason: bytes
) -> None:
    poison = spoil(completed(heard, 1))
    async with (
        tail(kafka_bootstrap, f"{TOPIC}.dlq") as dead,
        consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)),
    ):
        await publish(kafka_bootstrap, [poison, completed(heard, 2)])
        assert [event.sequence for event in await heard.until(1)] == [2]
        (letter,) = of_group(await dead.until(lambda all_: bool(of_group(all_, group))), group)
    assert (letter.key, letter.value) == (poison.key, poison.value)
    assert list(letter.headers[: len(poison.headers)]) == list(poison.headers)
    about = dict(letter.headers[len(poison.headers) :])
    assert (about["dlq_reason"], about["dlq_topic"]) == (reason, TOPIC.encode())
    assert about["dlq_offset"].isdigit()


async def test_a_refused_event_is_a_dead_letter_at_once_with_the_reason(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    heard.failures = [Refused("MENTORSHIP_ENDED", "it is over")]
    async with (
        tail(kafka_bootstrap, f"{TOPIC}.dlq") as dead,
        consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)),
    ):
        await publish(kafka_bootstrap, [completed(heard, 1, goal="fail"), completed(heard, 2)])
        (letter,) = of_group(await dead.until(lambda all_: bool(of_group(all_, group))), group)
        assert [event.sequence for event in await heard.until(1)] == [2]
    assert dict(letter.headers)["dlq_reason"] == b"MENTORSHIP_ENDED"


async def test_other_errors_are_tried_again_and_then_set_aside(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    """Two failures are got over; three are the limit."""
    heard.failures += [ValueError("?")] * 2
    async with (
        tail(kafka_bootstrap, f"{TOPIC}.dlq") as dead,
        consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group, patience=QUICK)),
    ):
        await publish(kafka_bootstrap, [completed(heard, 1, goal="fail")])
        await heard.until(1)
        heard.failures += [ValueError("?")] * 3
        await publish(kafka_bootstrap, [completed(heard, 2, goal="fail"), completed(heard, 3)])
        (letter,) = of_group(await dead.until(lambda all_: bool(of_group(all_, group))), group)
        assert [event.sequence for event in await heard.until(2)] == [1, 3]
    assert dict(letter.headers)["dlq_reason"] == b"HANDLER_FAILED"
    assert len(dict(letter.headers)["dlq_stack"]) == 16


async def test_what_we_depend_on_is_waited_for_however_often_it_fails(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    heard.failures = [Unavailable("DATABASE_AWAY", "later")] * 10
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group, patience=QUICK)):
        await publish(kafka_bootstrap, [completed(heard, 1, goal="fail"), completed(heard, 2)])
        assert [event.sequence for event in await heard.until(2)] == [1, 2]


async def test_waiting_for_a_dependency_does_not_keep_it_from_stopping_and_loses_nothing(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    heard.failures = [Unavailable("DATABASE_AWAY", "later")] * 1000
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
        await publish(kafka_bootstrap, [completed(heard, 2, key="other"), completed(heard, 1, goal="fail")])
        await heard.until(1)
    heard.failures.clear()
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
        await heard.until(2)
    assert {event.sequence for event in heard.events} == {1, 2}


async def test_too_many_dead_letters_stop_it_before_the_topic_is_drained(
    kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    """Three may go aside; the fourth stays, and so does everything after it."""
    async with tail(kafka_bootstrap, f"{TOPIC}.dlq") as dead:
        consumer = Consumer(heard.handlers, Cluster(kafka_bootstrap), group, dead_letter_limit=3)
        task = asyncio.create_task(consumer.run(asyncio.Event()))
        poison = replace(completed(heard, 1), value=b"\xff")
        await publish(kafka_bootstrap, [poison] * 5)
        with pytest.raises(TooManyDeadLetters):
            await asyncio.wait_for(task, PATIENCE)
        assert len(of_group(await dead.until(lambda all_: len(of_group(all_, group)) >= 3), group)) == 3


async def test_two_members_share_the_work_and_hand_it_over(
    kafka_choice: Any, kafka_bootstrap: str, heard: Heard, group: str
) -> None:
    """A member joins and another leaves under load: every event is heard, none is left out."""
    if kafka_choice.kind == "embedded":
        pytest.skip("the embedded broker does not rebalance reliably")
    total = 600
    records = [completed(heard, sequence, key=f"k{sequence % 20}") for sequence in range(1, total + 1)]
    async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
        await publish(kafka_bootstrap, records[:200])
        await heard.until(100)
        async with consuming(Consumer(heard.handlers, Cluster(kafka_bootstrap), group)):
            await publish(kafka_bootstrap, records[200:400])
            await heard.until(300)
        await publish(kafka_bootstrap, records[400:])
        await heard.until(total)
    assert set(Counter(event.sequence for event in heard.events)) == set(range(1, total + 1))


async def test_without_anything_to_hear_it_waits_for_the_end() -> None:
    stop = asyncio.Event()
    stop.set()
    await Consumer(Handlers(), Cluster("127.0.0.1:1"), "tests").run(stop)


async def test_a_broker_that_comes_late_is_waited_for(kafka_bootstrap: str, heard: Heard, group: str) -> None:
    """Nobody listens at first: it keeps trying and still stops when told to."""
    stop = asyncio.Event()
    task = asyncio.create_task(Consumer(heard.handlers, Cluster("127.0.0.1:1"), "tests").run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(task, PATIENCE)
