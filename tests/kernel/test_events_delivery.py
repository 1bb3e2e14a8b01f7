"""How one record is judged, retried and set aside; and when a consumer counts as stuck. No broker needed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from aiokafka.errors import KafkaConnectionError
from grpc.aio import AioRpcError, Metadata
from msgspec.structs import replace
from prometheus_client import Gauge
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure

from services.kernel import clock, errors, metrics
from services.kernel.events import Handlers, TooManyDeadLetters, encode, sign
from services.kernel.events.dead_letters import DeadLetters
from services.kernel.events.delivery import Delivery, Patience, Stopping, Verdict, verdict
from services.kernel.events.progress import Partition, Progress, Seen
from services.kernel.events.worker import BATCH, LONG_AT_ONCE, Worker, chains
from services.kernel.kafka import Record
from services.pb.mentoring.mentorships.v1.events_pb2 import GoalCompleted, GoalCreated
from tests.kernel.conftest import Seconds
from tests.kernel.tally import TOPIC
from tests.kernel.test_events_codec import EVENT, arrived
from tests.kernel.topic import PATIENCE, Arrived

HERE = Partition(TOPIC, 0)
AT_ONCE = Patience(tries=3, first=0, longest=0)


def remote(code: grpc.StatusCode) -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata())


VERDICTS = [
    (errors.Invalid("X", ""), Verdict.DEAD),
    (errors.NotFound("X", ""), Verdict.DEAD),
    (errors.Refused("X", ""), Verdict.DEAD),
    (errors.AlreadyExists("X", ""), Verdict.DEAD),
    (errors.Denied("X", ""), Verdict.DEAD),
    (errors.Conflict("X", ""), Verdict.RETRY),
    (errors.Unavailable("X", ""), Verdict.WAIT),
    (errors.Exhausted("X", ""), Verdict.WAIT),
    (AutoReconnect(), Verdict.WAIT),
    (NetworkTimeout(), Verdict.WAIT),
    (OperationFailure("?"), Verdict.RETRY),
    (TimeoutError(), Verdict.WAIT),
    (ConnectionRefusedError(), Verdict.WAIT),
    (KafkaConnectionError(), Verdict.WAIT),
    (remote(grpc.StatusCode.UNAVAILABLE), Verdict.WAIT),
    (remote(grpc.StatusCode.DEADLINE_EXCEEDED), Verdict.WAIT),
    (remote(grpc.StatusCode.INTERNAL), Verdict.RETRY),
    (remote(grpc.StatusCode.NOT_FOUND), Verdict.RETRY),
    (KeyError("a defect"), Verdict.RETRY),
]


@pytest.mark.parametrize(("error", "expected"), VERDICTS)
def test_errors_are_judged_by_whose_fault_they_are(error: Exception, expected: Verdict) -> None:
    assert verdict(error) is expected


def test_pauses_grow_to_a_limit_and_are_drawn_at_random() -> None:
    patience = Patience(first=0.2, longest=5.0)
    for attempt, longest in ((1, 0.2), (2, 0.4), (5, 3.2), (6, 5.0), (10_000, 5.0)):
        drawn = [patience.pause(attempt) for _ in range(50)]
        assert 0 <= min(drawn) < max(drawn) <= longest


class Letters:
    """Where dead letters go in these tests; the first `failures` are not stored."""

    def __init__(self, failures: int = 0) -> None:
        self.records: list[Record] = []
        self._failures = failures

    async def __call__(self, records: Sequence[Record]) -> None:
        if self._failures:
            self._failures -= 1
            raise KafkaConnectionError
        self.records += records

    @property
    def reasons(self) -> list[bytes | None]:
        return [dict(record.headers)["dlq_reason"] for record in self.records]


class Handler:
    """Raises what it is given, one after another, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self, _: Any) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def delivery(handler: Handler, letters: Letters, limit: int = 100) -> Delivery:
    handlers = Handlers()
    handlers.on(GoalCompleted, handler)
    return Delivery(handlers, DeadLetters(letters, "tests", limit=limit), "tests", patience=AT_ONCE)


class Life:
    """Counts signs of life."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


RECORD = arrived(encode(EVENT))


async def test_waiting_does_not_use_up_tries() -> None:
    """Ten failures of a dependency, then two of the record: one try is left and succeeds."""
    waits, fails = [errors.Unavailable("AWAY", "")] * 10, [KeyError("x")] * 2
    handler, letters, life = Handler(*waits, *fails), Letters(), Life()
    await delivery(handler, letters).deliver(RECORD, asyncio.Event(), life)
    assert (handler.calls, life.count, letters.records) == (13, 13, [])


async def test_tries_are_used_up_across_waits() -> None:
    failures = [KeyError("x"), errors.Unavailable("AWAY", "")] * 3
    handler, letters = Handler(*failures), Letters()
    await delivery(handler, letters).deliver(RECORD, asyncio.Event(), Life())
    assert (handler.calls, letters.reasons) == (5, [b"HANDLER_FAILED"])


@pytest.mark.parametrize("takes_long", [False, True])
async def test_only_what_is_said_to_take_long_has_no_limit_as_a_whole(takes_long: bool) -> None:  # noqa: FBT001
    limits, handlers = [], Handlers()

    async def handler(_: Any) -> None:
        limits.append(clock.deadline.get())

    handlers.on(GoalCompleted, handler, takes_long=takes_long)
    dead_letters = DeadLetters(Letters(), "tests", limit=1)
    await Delivery(handlers, dead_letters, "tests", patience=AT_ONCE).deliver(RECORD, asyncio.Event(), Life())
    (limit,) = limits
    assert (limit is None) == takes_long


async def test_a_handler_that_takes_long_is_alive_as_long_as_it_gives_signs() -> None:
    """An hour of one record: each look comes after a sign, and none finds the partition stuck."""
    watched, looks, handlers = Watched(), list[bool](), Handlers()

    async def works_for_an_hour(_: Any) -> None:
        moved = sign()
        for _minute in range(60):
            moved()
            looks.append(watched.see(60, Seen(end=9, next=worker.next or 0, done=worker.done, written=None)))

    handlers.on(GoalCompleted, works_for_an_hour, takes_long=True)
    deliver = Delivery(handlers, DeadLetters(Letters(), "tests", limit=1), "tests", patience=AT_ONCE)
    worker = Worker(HERE, deliver, Done(), asyncio.Semaphore(1))
    await worker.take([at(5)])
    assert looks == [False] * 60


@pytest.mark.parametrize("takes_long", [False, True])
async def test_the_lag_behind_what_takes_long_is_explained_while_that_is_worked_on(takes_long: bool) -> None:  # noqa: FBT001
    long, seen, handlers = metrics.CONSUMER_LONG.labels(RECORD.topic, str(RECORD.partition)), [], Handlers()

    async def fails_once(_: Any) -> None:
        seen.append(value_of(long))
        if len(seen) == 1:
            raise KeyError

    handlers.on(GoalCompleted, fails_once, takes_long=takes_long)
    dead_letters = DeadLetters(Letters(), "tests", limit=1)
    await Delivery(handlers, dead_letters, "tests", patience=AT_ONCE).deliver(RECORD, asyncio.Event(), Life())
    assert (seen, value_of(long)) == ([float(takes_long)] * 2, 0)


def value_of(gauge: Gauge) -> float:
    ((sample,),) = (family.samples for family in gauge.collect())
    return float(sample.value)


async def test_a_sign_outside_of_a_handler_is_heard_by_nobody() -> None:
    sign()()


async def test_a_wait_ends_when_told_to_stop() -> None:
    stop, handler = asyncio.Event(), Handler(errors.Unavailable("AWAY", ""))
    stop.set()
    with pytest.raises(Stopping):
        await delivery(handler, Letters()).deliver(RECORD, stop, Life())
    assert handler.calls == 1


async def test_no_text_of_an_error_gets_into_a_dead_letter() -> None:
    letters = Letters()
    failures = [ValueError("ann@example.org")] * 3
    await delivery(Handler(*failures), letters).deliver(RECORD, asyncio.Event(), Life())
    assert "ann@example.org" not in str(letters.records)


async def test_the_limit_holds_within_the_window_and_opens_again_after_it() -> None:
    letters, clock = Letters(), Seconds(0)
    dead = DeadLetters(letters, "tests", limit=2, window=60, now=clock)
    deliver = Delivery(Handlers(), dead, "tests")
    poison = Arrived(TOPIC, 0, 0, 0, None, None, ())
    for seconds in (0, 30):
        clock.now = seconds
        await deliver.deliver(poison, asyncio.Event(), Life())
    clock.now = 59
    with pytest.raises(TooManyDeadLetters):
        await deliver.deliver(poison, asyncio.Event(), Life())
    clock.now = 60
    await deliver.deliver(poison, asyncio.Event(), Life())
    assert len(letters.records) == 3


class Done:
    """Where offsets go in these tests."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def __call__(self, _: Partition, offset: int) -> None:
        self.offsets.append(offset)


def at(offset: int, key: bytes = b"m") -> Arrived:
    record = arrived(encode(EVENT))
    record.offset, record.key = offset, key
    return record


async def test_an_offset_may_be_committed_after_the_effects() -> None:
    done, handler = Done(), Handler()
    worker = Worker(HERE, delivery(handler, Letters()), done, asyncio.Semaphore(2))
    await worker.take([at(7), at(8), at(10)])
    assert (handler.calls, done.offsets, worker.next, worker.in_hand) == (3, [11], 11, None)


def stranger(*more: tuple[str, bytes]) -> Arrived:
    """Return a record that none of these handlers hears."""
    other = replace(EVENT, type=GoalCreated.DESCRIPTOR.full_name, message=GoalCreated())
    record = arrived(encode(other))
    record.headers = [*record.headers, *more]
    return record


async def test_what_nobody_hears_is_done_without_a_turn() -> None:
    done = Done()
    worker = Worker(HERE, delivery(Handler(), Letters()), done, asyncio.Semaphore(0))
    await worker.take([stranger()])
    assert done.offsets == [stranger().offset + 1]


async def test_what_nobody_can_read_is_buried_whoever_hears_it() -> None:
    letters, done = Letters(), Done()
    worker = Worker(HERE, delivery(Handler(), letters), done, asyncio.Semaphore(1))
    await worker.take([stranger(("ce_type", b"another"))])
    assert (letters.reasons, done.offsets) == ([b"DUPLICATE_HEADER"], [stranger().offset + 1])


async def test_records_that_take_long_take_no_turn_from_others_and_few_are_in_hand_at_once() -> None:
    """The others are through while as many of the long ones as may wait for them."""
    handlers, long, through = Handlers(), list[str](), asyncio.Event()

    async def takes_long(event: Any) -> None:
        long.append(event.key)
        if len(long) <= LONG_AT_ONCE:
            await through.wait()

    async def quick(_: Any) -> None:
        assert len(long) == LONG_AT_ONCE
        through.set()

    handlers.on(GoalCompleted, takes_long, takes_long=True)
    handlers.on(GoalCreated, quick)
    deliver = Delivery(handlers, DeadLetters(Letters(), "tests", limit=1), "tests", patience=AT_ONCE)
    done, last = Done(), stranger()
    last.key, last.offset = b"another", 99
    worker = Worker(HERE, deliver, done, asyncio.Semaphore(1))
    async with asyncio.timeout(PATIENCE):
        await worker.take([*(at(number, f"k{number}".encode()) for number in range(2 * LONG_AT_ONCE)), last])
    assert (len(long), done.offsets) == (2 * LONG_AT_ONCE, [100])


async def test_nothing_is_committed_for_a_batch_that_was_cut_short() -> None:
    done, handler = Done(), Handler(errors.Unavailable("AWAY", ""))
    worker = Worker(HERE, delivery(handler, Letters()), done, asyncio.Semaphore(1))
    worker.stop()
    await worker.take([at(1), at(2)])
    assert (done.offsets, worker.next) == ([], 1)


async def test_what_comes_while_a_partition_is_busy_is_taken_next_in_its_order() -> None:
    worker = Worker(HERE, delivery(Handler(), Letters()), Done(), asyncio.Semaphore(1))
    worker.put([at(1)])
    batch = worker.next_batch()
    worker.put([at(2)])
    worker.put([at(3)])
    assert [record.offset for record in batch] == [1]
    assert [record.offset for record in worker.next_batch()] == [2, 3]
    assert list(worker.next_batch()) == []


async def test_a_partition_takes_no_more_than_two_batches_and_none_once_it_is_stopped() -> None:
    worker = Worker(HERE, delivery(Handler(), Letters()), Done(), asyncio.Semaphore(1))
    worker.put([at(offset) for offset in range(BATCH + 1)])
    rooms = [worker.has_room]
    assert len(worker.next_batch()) == BATCH
    assert [*rooms, worker.has_room] == [False, True]
    worker.stop()
    assert list(worker.next_batch()) == []


def test_chains_keep_the_order_of_each_key() -> None:
    records = [at(1, b"a"), at(2, b"b"), at(3, b"a"), at(4, b"c")]
    assert [[record.offset for record in chain] for chain in chains(records)] == [[1, 3], [2], [4]]


class Watched:
    """A consumer's progress under a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.progress = Progress(limit=180, now=lambda: self.now, wall=lambda: self.now)

    def see(self, seconds: float, seen: Seen) -> bool:
        """Let time pass, observe, and return whether the partition is stuck."""
        self.now += seconds
        self.progress.observe({HERE: seen})
        return bool(self.progress.stuck())


BEHIND = Seen(end=10, next=5, done=3, written=None)


def test_behind_and_without_any_outcome_for_three_minutes_is_stuck() -> None:
    watched = Watched()
    assert not any(watched.see(15, BEHIND) for _ in range(13))  # the first look starts the clock
    assert watched.see(15, BEHIND)
    assert not watched.see(15, BEHIND._replace(next=6, done=4))


def test_hours_in_which_nobody_could_look_make_nobody_stuck() -> None:
    """While the broker is away there is no progress to be made."""
    watched = Watched()
    assert not any(watched.see(seconds, BEHIND) for seconds in (15, 15, 3600, 15))


def test_an_idle_partition_is_healthy() -> None:
    watched = Watched()
    assert not any(watched.see(15, Seen(end=5, next=5, done=0, written=None)) for _ in range(240))


def test_retries_are_signs_of_life() -> None:
    """A dependency that is away for an hour is no reason to restart this process."""
    watched = Watched()
    assert not any(watched.see(15, Seen(end=9, next=5, done=tries, written=0)) for tries in range(240))


def test_a_partition_that_was_taken_away_is_forgotten() -> None:
    watched = Watched()
    assert any(watched.see(15, BEHIND) for _ in range(20))
    watched.progress.observe({})
    assert watched.progress.stuck() == []
