"""Counters of what was handled, and positions that the judge of progress gets."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from services.kernel.clock import FixedClock
from services.kernel.events.progress import STUCK_SECONDS, Progress
from services.processor.agents.reading import Taken, read
from services.processor.agents.watch import Watch
from tests.processor.factories import NOON
from tests.processor.records import checked_in_event, missed_event, record

TOPIC = "mentoring.scheduling.v1"
HERE = (TOPIC, 0)


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch("test-watch", FixedClock(NOON))
    yield made
    made.measured({}, {})


class Seconds:
    """Monotonic seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def handle(watch: Watch, *records: Taken) -> None:
    watch.handled([read(taken) for taken in records])


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def lag() -> float | None:
    return sample("kafka_consumer_lag_records", topic=TOPIC, partition="0")


def test_lag_is_the_end_offset_minus_what_was_handled_not_what_was_fetched(watch: Watch) -> None:
    handle(watch, record(missed_event("a"), offset=4))
    watch.measured({HERE: 9}, {HERE: 7})
    assert lag() == 2


def test_before_anything_is_handled_the_consumers_position_counts(watch: Watch) -> None:
    watch.measured({HERE: 5}, {HERE: 7})
    assert lag() == 2


def test_a_new_assignment_forgets_positions_that_another_member_may_have_moved(watch: Watch) -> None:
    handle(watch, record(missed_event("a"), offset=4))
    watch.assigned([HERE])
    watch.measured({HERE: 7}, {HERE: 7})
    assert lag() == 0
    assert sample("kafka_consumer_assigned_partitions") == 1


def test_standing_still_with_records_waiting_is_not_alive() -> None:
    seconds = Seconds()
    watch = Watch("test-watch", FixedClock(NOON), Progress(now=seconds))
    while seconds.now <= STUCK_SECONDS + 15:
        assert watch.alive() or seconds.now > STUCK_SECONDS
        seconds.now += 15
        watch.measured({HERE: 5}, {HERE: 7})
    assert not watch.alive()
    handle(watch, record(missed_event("a"), offset=5))
    watch.measured({HERE: 5}, {HERE: 7})
    assert watch.alive()
    watch.measured({}, {})


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
    good, odd = record(missed_event("a")), record(checked_in_event("b"))
    handle(watch, good, odd, odd, replace(good, value=b"\xff"))
    after = counted()
    assert {name: after[name] - before[name] for name in after} == {"ok": 1, "skipped": 2, "dlq": 1}


def test_a_broker_that_is_away_for_long_makes_nobody_stuck() -> None:
    seconds = Seconds()
    watch = Watch("test-watch", FixedClock(NOON), Progress(now=seconds))
    watch.measured({HERE: 7}, {HERE: 7})
    seconds.now += 10 * STUCK_SECONDS
    assert watch.alive()
    watch.measured({HERE: 7}, {HERE: 8})
    assert watch.alive()
    watch.measured({}, {})
