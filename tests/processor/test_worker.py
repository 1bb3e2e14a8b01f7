"""The worker on a real broker: events in, decisions out, and what restarts and poison do to that."""

from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import REGISTRY

from deploy.kafka import topics
from services.kernel import tracing
from services.kernel.clock import FixedClock
from services.kernel.events import Event
from services.kernel.ids import derived_id
from services.kernel.kafka import Cluster, Record
from services.kernel.tracing import Kind
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.processor.agents.reading import TOLD
from services.processor.agents.worker import PartitionsDiffer
from tests.processor.factories import NOON
from tests.processor.policies import put
from tests.processor.records import activated_event, completed_event, held_event, missed_event
from tests.processor.stream import Stream, own_topics, read
from tests.spans import taken

pytestmark = pytest.mark.servers

SCHEDULING = "mentoring.scheduling.v1"


def kinds(events: list[Event[Any]]) -> Counter[str]:
    return Counter(event.type.rpartition(".")[2] for event in events)


async def test_events_of_both_topics_lead_to_decisions_under_the_pairs_key(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker():
        await stream.tell(missed_event("a", pair), missed_event("b", pair), completed_event("g", pair))
        told = await stream.decisions(6)
    assert kinds(told) == {"RebookReminderDue": 2, "LeadAlertDue": 1, "RecognitionEarned": 3}
    assert {event.key for event in told} == {pair}


async def test_a_sampled_event_leaves_a_span_of_its_fold_and_of_what_that_led_to(stream: Stream) -> None:
    root, pair = tracing.begin(sample=1), stream.pair()
    with taken() as spans:
        async with stream.worker():
            await stream.tell(replace(missed_event("a", pair), trace=root.header()), missed_event("b", pair))
            await stream.decisions(3)
    assert Counter((one.name, one.kind) for one in spans) == {
        (f"send {SCHEDULING}", Kind.PRODUCER): 1,
        (f"process {SCHEDULING}", Kind.CONSUMER): 1,
        (f"send {TOLD}", Kind.PRODUCER): 1,
    }
    assert {(one.place.trace_id, one.parent_id) for one in spans} == {(root.trace_id, root.span_id)}


async def test_a_restarted_worker_continues_the_row_from_its_change_log(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker():
        await stream.tell(missed_event("a", pair))
        await stream.decisions(1)
    async with stream.worker():
        await stream.tell(missed_event("a", pair), missed_event("b", pair))
        told = await stream.decisions(3)
    assert kinds(told) == {"RebookReminderDue": 2, "LeadAlertDue": 1}


async def test_a_table_rebuilt_from_the_events_tells_the_same_bytes_again(stream: Stream) -> None:
    first, second, third = (stream.pair() for _ in range(3))
    async with stream.worker():
        for meeting in ("a", "b", "c"):
            await stream.tell(*(missed_event(meeting, pair) for pair in (first, second, third)))
        await stream.tell(held_event("h", first), missed_event("d", first), completed_event("g", second))
        once = await stream.records(TOLD, 18)
    fresh = f"{stream.app}-rebuilt"
    await topics.apply(Cluster(stream.bootstrap), own_topics(fresh))
    await stream.join_from_begin(fresh)
    async with stream.worker(app=fresh):
        both = await stream.records(TOLD, 36)
    told = Counter((one.key, one.value, one.headers) for one in both)
    assert told == Counter({(one.key, one.value, one.headers): 2 for one in once})


async def test_a_silent_pair_is_nudged_though_no_event_comes(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker():
        await stream.tell(activated_event(pair), completed_event("g", pair))
        await stream.decisions(3)
        stream.clock.advance(timedelta(days=8))
        told = await stream.decisions(5)
    assert kinds(told[3:]) == {"NudgeDue": 2}
    assert {event.time for event in told[3:]} == {NOON + timedelta(days=7)}


async def test_timers_outlive_the_worker_that_set_them(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker():
        await stream.tell(activated_event(pair), completed_event("g", pair))
        await stream.decisions(3)
    stream.clock.advance(timedelta(days=8))
    async with stream.worker():
        told = await stream.decisions(5)
    assert kinds(told[3:]) == {"NudgeDue": 2}


async def test_nobody_hears_more_than_a_week_allows_whatever_the_program(stream: Stream) -> None:
    pairs = [stream.pair() for _ in range(3)]
    async with stream.worker():
        await stream.tell(*(activated_event(pair) for pair in pairs))
        stream.clock.advance(timedelta(days=8))
        told = await stream.decisions(6)
    assert kinds(told) == {"NudgeDue": 4, "NudgeHeld": 2}
    sent = Counter(event.message.person for event in told if event.type.endswith("NudgeDue"))
    assert set(sent.values()) == {2}


@pytest.mark.parametrize("weekly", [2, 1])
async def test_no_pair_ends_before_both_were_warned_for_a_week(stream: Stream, weekly: int) -> None:
    """Three pairs of the same two people: the weekly budget does not hold all of the last warnings."""
    stream.policies.note(*put({"version": f"w{weekly}", "nudges_per_week": weekly}))
    now = datetime.now(UTC).replace(microsecond=0)  # as brokers see it: what they write later is late
    stream.clock = FixedClock(now)
    pairs = [stream.pair() for _ in range(3)]
    warned: dict[str, dict[str, datetime]] = {pair: {} for pair in pairs}
    ended: dict[str, datetime] = {}
    async with stream.worker(), aclosing(stream.following(TOLD)) as records:
        await stream.tell(*(activated_event(pair, now) for pair in pairs))
        stream.clock.advance(timedelta(days=200))
        async for made in records:
            (event,) = read([made])
            if _is_last_warning(event):
                warned[event.key][event.message.person] = event.time
            if event.type.endswith("ConclusionDue"):
                ended[event.key] = event.time
            if len(ended) == len(pairs):
                break
    assert [len(people) for people in warned.values()] == [2, 2, 2]
    assert all(ended[pair] == max(warned[pair].values()) + timedelta(days=7) for pair in pairs)
    assert len(set(ended.values())) > 1


def _is_last_warning(event: Event[Any]) -> bool:
    told = event.message
    return (
        isinstance(told, processor.NudgeDue)
        and told.step == processor.LADDER_STEP_WARN
        and processor.REASON_NO_SIGN_OF_LIFE in told.reasons
    )


async def test_a_backlog_is_folded_in_the_order_of_the_log_not_of_topics(stream: Stream) -> None:
    """The goal of day 12, in another topic than the meeting, must not find a pair that has never met."""
    pair = stream.pair()
    met = replace(held_event("h", pair), time=NOON + timedelta(days=2))
    reached = replace(completed_event("g", pair), time=NOON + timedelta(days=12))
    for event in (activated_event(pair), met, reached):
        await stream.tell(event)
    stream.clock.advance(timedelta(days=13))
    async with stream.worker():
        told = await stream.decisions(6)
    assert kinds(told) == {"RecognitionEarned": 5, "HealthChanged": 1}


async def test_repeats_are_told_once(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker():
        await stream.tell(*(missed_event(meeting, pair) for meeting in ("a", "a", "b", "a")))
        await stream.tell(missed_event("last", pair))
        told = await stream.decisions(4)
    assert kinds(told) == {"RebookReminderDue": 3, "LeadAlertDue": 1}


async def test_poison_goes_to_the_dead_letters_and_the_worker_goes_on(stream: Stream) -> None:
    pair = stream.pair()
    key = pair.encode()
    async with stream.worker() as worker:
        await stream.producer.publish([Record(SCHEDULING, key, b"\xff", [("ce_id", b"x")])])
        await stream.tell(missed_event("a", pair))
        (told,) = await stream.decisions(1)
        (letter,) = await stream.records(f"{SCHEDULING}.dlq", 1)
        assert not worker.failed.done()
    assert told.id == derived_id(missed_event("a", pair).id, "rebook-reminder/1")
    assert (letter.key, letter.value) == (key, b"\xff")
    assert {("ce_id", b"x"), ("dlq_reason", b"MISSING_HEADER")} <= set(letter.headers)


@pytest.mark.apache
async def test_two_workers_share_the_pairs_and_lose_nothing_when_one_leaves(stream: Stream) -> None:
    pairs = [stream.pair() for _ in range(12)]
    async with stream.worker():
        await stream.tell(*(missed_event("a", pair) for pair in pairs))
        async with stream.worker():
            await stream.tell(*(missed_event("b", pair) for pair in pairs))
            await stream.decisions(36)
        await stream.tell(*(completed_event("g", pair) for pair in pairs))
        told = await stream.decisions(63)
    assert kinds(list({event.id: event for event in told}.values())) == {
        "RebookReminderDue": 24,
        "LeadAlertDue": 12,
        "RecognitionEarned": 27,
    }


async def test_topics_that_cannot_be_read_together_refuse_the_start(stream: Stream) -> None:
    odd = f"{stream.app}-odd"
    await topics.apply(Cluster(stream.bootstrap), own_topics(odd, partitions=2))
    with pytest.raises(PartitionsDiffer, match="partition counts differ"):
        async with stream.worker(app=odd):
            pass


async def test_lag_is_measured_against_the_brokers_end_offsets(stream: Stream) -> None:
    pair = stream.pair()
    async with stream.worker() as worker:
        await stream.tell(missed_event("a", pair))
        await stream.decisions(1)
        await worker.measure()
    lags = {
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "kafka_consumer_lag_records" and sample.labels["topic"] == SCHEDULING
    }
    assert lags == {0}
