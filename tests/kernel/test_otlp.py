"""Sampled spans reach a collector, whole and in batches; what it does not take is counted."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from services.kernel import config, errors, host, metrics, otlp, tracing
from services.kernel.events import encode
from services.kernel.kafka import Cluster, Producer
from services.kernel.otlp import Exporter
from services.kernel.tracing import Kind, Span
from tests.kernel.collector import Collector, collecting
from tests.kernel.test_events_codec import EVENT, arrived
from tests.kernel.test_events_delivery import Handler, Letters, delivery
from tests.spans import taken


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as made:
        yield made


@pytest.fixture
def exporter(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Exporter:
    monkeypatch.setattr(otlp, "_FIRST_PAUSE", 0.001)
    return Exporter(collector.url, ("scheduling", "1.2.3"))


def dropped(reason: str) -> float:
    return float(metrics.SPANS_DROPPED.labels(reason)._value.get())


def exported() -> float:
    return float(metrics.SPANS_EXPORTED._value.get())


def span(name: str = "work", **more: object) -> Span:
    return Span(name, tracing.begin(sample=1), "", 1_500, **more)  # type: ignore[arg-type]


async def test_a_span_arrives_as_it_was(collector: Collector, exporter: Exporter) -> None:
    root = tracing.begin(sample=1)
    attributes = {"rpc.system.name": "grpc"}
    exporter.take(
        Span("Svc/Call", tracing.child(root), root.span_id, 1_500, Kind.SERVER, attributes, failed=True)
    )
    await exporter.flush()
    (told,) = collector.spans
    assert (told.trace_id.hex(), told.parent_span_id.hex()) == (root.trace_id, root.span_id)
    assert (told.name, told.kind, told.status.code) == (
        "Svc/Call",
        Told.SPAN_KIND_SERVER,
        Status.STATUS_CODE_ERROR,
    )
    assert told.end_time_unix_nano - told.start_time_unix_nano == 1_500
    assert {said.key: said.value.string_value for said in told.attributes} == attributes
    (sender,) = collector.senders
    assert sender.pop("service.instance.id")
    assert sender == {
        "service.name": "scheduling",
        "service.namespace": "mentoring",
        "service.version": "1.2.3",
    }


@pytest.mark.parametrize("kind", Kind)
def test_kinds_are_numbered_as_in_the_contract(kind: Kind) -> None:
    assert Told.SpanKind.Name(kind) == f"SPAN_KIND_{kind.name}"  # type: ignore[arg-type]


async def test_spans_leave_in_batches(collector: Collector, exporter: Exporter) -> None:
    count = 2 * otlp.BATCH + 1
    for _ in range(count):
        exporter.take(span())
    await exporter.flush()
    assert (len(collector.spans), collector.asked) == (count, 3)


async def test_a_full_batch_leaves_without_being_asked(collector: Collector, exporter: Exporter) -> None:
    running = asyncio.create_task(exporter.run())
    for _ in range(otlp.BATCH):
        exporter.take(span())
    assert len(await collector.until(otlp.BATCH)) == otlp.BATCH
    running.cancel()


async def test_without_room_spans_are_dropped_and_counted_and_nobody_waits(exporter: Exporter) -> None:
    before = dropped("queue_full")
    for _ in range(otlp.MOST + 3):
        exporter.take(span())
    assert dropped("queue_full") - before == 3


@pytest.mark.parametrize("busy", [429, 502, 503, 504])
async def test_a_busy_collector_is_asked_again(collector: Collector, exporter: Exporter, busy: int) -> None:
    collector.answers = [busy, busy]
    exporter.take(span())
    await exporter.flush()
    assert (len(collector.spans), collector.asked) == (1, 3)


async def test_what_is_refused_is_counted_and_not_sent_again(
    collector: Collector, exporter: Exporter
) -> None:
    before, sent = dropped("refused"), exported()
    collector.answers = [400]
    exporter.take(span())
    await exporter.flush()
    collector.rejects = 2
    for _ in range(3):
        exporter.take(span())
    await exporter.flush()
    assert (dropped("refused") - before, exported() - sent, collector.asked) == (3, 1, 2)


async def test_a_collector_that_is_away_costs_spans_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "_FIRST_PAUSE", 0.001)
    away = Exporter("http://127.0.0.1:1", ("scheduling", "dev"))
    before = dropped("unreachable")
    away.take(span())
    await away.flush()
    assert dropped("unreachable") - before == 1


async def test_what_was_on_its_way_at_the_end_is_sent_once_more(
    collector: Collector, exporter: Exporter
) -> None:
    collector.held = asyncio.Event()
    running = asyncio.create_task(exporter.run())
    for _ in range(otlp.BATCH):
        exporter.take(span())
    async with asyncio.timeout(60):
        await collector.came.wait()
    running.cancel()
    await asyncio.wait([running])
    collector.held.set()
    await exporter.close()
    assert len({told.span_id for told in collector.spans}) == otlp.BATCH


async def test_a_process_sends_its_spans_and_at_its_end_those_that_are_left(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("ENVIRONMENT", "development")
    tracing.attach(tracing.begin(sample=1))
    async with host.hosted(config.load("scheduling", config.Process)):
        with tracing.span("while it runs"):
            pass
    with tracing.span("after its end"):
        pass
    assert [told.name for told in collector.spans] == ["while it runs"]
    assert [sender["service.name"] for sender in collector.senders] == ["scheduling"]


@pytest.mark.parametrize("fails", [False, True])
async def test_an_event_is_a_span_below_the_call_that_caused_it(spans: list[Span], *, fails: bool) -> None:
    root = tracing.begin(sample=1)
    handler, letters = Handler(*[errors.Refused("X", "")] * fails), Letters()
    record = arrived(encode(replace(EVENT, trace=root.header())))
    await delivery(handler, letters).deliver(record, asyncio.Event(), lambda: None)
    (one,) = spans
    assert (one.place.trace_id, one.parent_id) == (root.trace_id, root.span_id)
    assert (one.kind, one.failed, len(letters.records)) == (Kind.CONSUMER, fails, int(fails))
    assert one.attributes["messaging.destination.name"] == record.topic


@pytest.mark.servers
async def test_a_sampled_record_that_was_sent_is_a_span_below_the_call_that_it_tells_of(
    kafka_bootstrap: str, spans: list[Span]
) -> None:
    root = tracing.begin(sample=1)
    records = [
        encode(replace(EVENT, trace=trace))
        for trace in (None, tracing.begin().header(), "nonsense", root.header())
    ]
    producer = Producer(Cluster(kafka_bootstrap), "tests")
    await producer.start()
    await producer.publish(records)
    await producer.stop()
    (one,) = spans
    assert (one.place.trace_id, one.parent_id) == (root.trace_id, root.span_id)
    assert (one.name, one.kind) == (f"send {records[0].topic}", Kind.PRODUCER)
    assert one.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": records[0].topic,
        "cloudevents.event_id": EVENT.id,
        "cloudevents.event_type": EVENT.message.DESCRIPTOR.full_name,
    }


@pytest.fixture
def spans() -> Iterator[list[Span]]:
    with taken() as spans:
        yield spans
