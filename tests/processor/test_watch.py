"""When the worker counts as stuck: records wait, and nothing moved for three minutes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from services.kernel.clock import FixedClock
from services.processor.agents.batch import Taken, digest
from services.processor.agents.watch import STUCK_SECONDS, Watch
from tests.processor.records import NOON, booked_event, missed_event, record

TOPIC = "mentoring.scheduling.v1"
HERE = (TOPIC, 0)


class Seconds:
    """Unix seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watch(seconds: Seconds) -> Iterator[Watch]:
    made = Watch("test-watch", FixedClock(NOON), seconds)
    yield made
    made.assigned([])


def handle(watch: Watch, *records: Taken) -> None:
    watch.handled(records, digest(records, {}))


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def lag() -> float | None:
    return sample("kafka_consumer_lag_records", topic=TOPIC, partition="0")


def test_lag_is_the_end_offset_minus_what_was_handled(watch: Watch) -> None:
    handle(watch, record(missed_event("a"), offset=4))
    watch.measured({HERE: 9}, {HERE: 7})
    assert lag() == 2


def test_before_anything_is_handled_the_consumers_position_counts(watch: Watch) -> None:
    watch.measured({HERE: 5}, {HERE: 7})
    assert lag() == 2


def test_standing_still_with_records_waiting_is_stuck_after_three_minutes(
    watch: Watch, seconds: Seconds
) -> None:
    watch.measured({HERE: 5}, {HERE: 7})
    seconds.pass_by(STUCK_SECONDS)
    watch.measured({HERE: 5}, {HERE: 7})
    assert watch.alive()
    seconds.pass_by(1)
    assert not watch.alive()


def test_an_idle_partition_is_healthy_however_long_it_is_idle(watch: Watch, seconds: Seconds) -> None:
    handle(watch, record(missed_event("a"), offset=6))
    seconds.pass_by(10 * STUCK_SECONDS)
    watch.measured({HERE: 7}, {HERE: 7})
    assert watch.alive()
    seconds.pass_by(15)
    watch.measured({HERE: 7}, {HERE: 8})
    assert watch.alive()


def test_a_slow_worker_that_moves_is_alive(watch: Watch, seconds: Seconds) -> None:
    for offset in range(5):
        handle(watch, record(missed_event("a"), offset=offset))
        watch.measured({HERE: 0}, {HERE: 1000})
        seconds.pass_by(STUCK_SECONDS)
        assert watch.alive()


def test_a_broker_that_does_not_answer_proves_nothing(watch: Watch, seconds: Seconds) -> None:
    handle(watch, record(missed_event("a"), offset=4))
    seconds.pass_by(10 * STUCK_SECONDS)
    assert watch.alive()


def test_a_new_assignment_begins_anew(watch: Watch, seconds: Seconds) -> None:
    watch.measured({HERE: 5}, {HERE: 7})
    seconds.pass_by(2 * STUCK_SECONDS)
    assert not watch.alive()
    watch.assigned([HERE])
    assert watch.alive()
    assert sample("kafka_consumer_assigned_partitions") == 1


def test_the_age_of_what_waits_is_bounded_by_the_last_record_handled(watch: Watch, seconds: Seconds) -> None:
    handle(watch, replace(record(missed_event("a"), offset=4), timestamp=int(seconds.now - 30) * 1000))
    watch.measured({HERE: 5}, {HERE: 9})
    assert sample("kafka_consumer_lag_seconds", topic=TOPIC, partition="0") == 30
    watch.measured({HERE: 5}, {HERE: 5})
    assert sample("kafka_consumer_lag_seconds", topic=TOPIC, partition="0") == 0


def counted() -> dict[str, float]:
    return {
        outcome: sample(
            "kafka_consumer_records_processed_total", topic=TOPIC, group="test-watch", outcome=outcome
        )
        or 0
        for outcome in ("ok", "skipped", "dlq")
    }


def test_every_record_is_counted_by_what_became_of_it(watch: Watch) -> None:
    before = counted()
    good, odd = record(missed_event("a")), record(booked_event("b"))
    handle(watch, good, odd, odd, replace(good, value=b"\xff"))
    after = counted()
    assert {name: after[name] - before[name] for name in after} == {"ok": 1, "skipped": 2, "dlq": 1}
