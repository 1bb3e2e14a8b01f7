"""Every metric of the platform, declared once with its meaning; labels hold codes, no people, no tenants."""

import grpc
from prometheus_client import Counter, Gauge, Histogram

_CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LONG_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
_METHOD = ("grpc_type", "grpc_service", "grpc_method")
_CALLED = ("grpc_service", "grpc_method")

BUILD_INFO = Gauge("build_info", "Always 1; which build runs", ("service", "version"))
LOOP_LAG = Histogram("event_loop_lag_seconds", "How late event-loop ticks came", buckets=_CALL_SECONDS)

GRPC_STARTED = Counter("grpc_server_started_total", "Calls that arrived", _METHOD)
GRPC_HANDLED = Counter(
    "grpc_server_handled_total", "Calls that were answered, by status", (*_METHOD, "grpc_code")
)
GRPC_SECONDS = Histogram("grpc_server_handling_seconds", "Arrival to answer", _METHOD, buckets=_CALL_SECONDS)
GRPC_IN_FLIGHT = Gauge("grpc_server_in_flight", "Calls being handled now")
GRPC_DECODE_ERRORS = Counter(
    "grpc_server_decode_errors_total", "Requests that were not a message of their type"
)
GRPC_LIMITED = Counter(
    "grpc_server_limited_total", "Calls refused as too many, by the reason the caller was told", ("reason",)
)
GRPC_NO_DEADLINE = Counter("grpc_server_no_deadline_total", "Calls that came without a deadline")
GRPC_CLIENT_HANDLED = Counter(
    "grpc_client_handled_total", "Calls made to other services", (*_CALLED, "grpc_code")
)
GRPC_CLIENT_SECONDS = Histogram(
    "grpc_client_handling_seconds", "Call to answer, retries included", _CALLED, buckets=_CALL_SECONDS
)
AUDIT_LOST = Counter(
    "audit_entries_lost_total", "Refused or cut off calls that the audit log could not be told of"
)
JWKS_FETCHES = Counter("jwks_fetches_total", "Fetches of the issuer's keys", ("outcome",))

SPANS_EXPORTED = Counter("otlp_spans_exported_total", "Sampled spans that the collector took")
SPANS_DROPPED = Counter(
    "otlp_spans_dropped_total",
    "Sampled spans that were lost: queue_full, unreachable, refused, stopped",
    ("reason",),
)

MONGO_COMMAND_SECONDS = Histogram(
    "mongo_command_seconds", "Aggregate command: read, decide, save", ("collection",), buckets=_CALL_SECONDS
)
MONGO_VERSION_RACES = Counter(
    "mongo_version_races_total", "Saves that lost the version race", ("collection",)
)
REPEATS = Counter(
    "inbox_duplicates_total", "Requests, events or timers whose effect was already there", ("collection",)
)

LEASE_HELD = Gauge(
    "lease_held", "1 while this process does the task that one process does for all", ("lease",)
)
OUTBOX_PENDING = Gauge("outbox_pending", "Events committed and not yet published, seen by the last sweep")
OUTBOX_OLDEST_SECONDS = Gauge("outbox_oldest_pending_age_seconds", "Age of the oldest of them")
OUTBOX_PUBLISHED = Counter("outbox_published_total", "Events the broker acknowledged", ("topic",))
OUTBOX_FAILURES = Counter("outbox_publish_failures_total", "Sweeps that ended without acknowledgement")
OUTBOX_DELAY_SECONDS = Histogram(
    "outbox_publish_delay_seconds", "Commit to acknowledgement", buckets=_LONG_SECONDS
)
DUE_FIRED = Counter("due_fired_total", "Timers that changed their aggregate", ("collection",))
DUE_LATE_SECONDS = Histogram(
    "due_late_seconds", "How long after its time a timer fired", buckets=_LONG_SECONDS
)

CONSUMER_RECORDS = Counter(
    "kafka_consumer_records_processed_total",
    "Records done, by outcome: ok, skipped, retry, dlq",
    ("topic", "group", "outcome"),
)
CONSUMER_SECONDS = Histogram(
    "kafka_consumer_process_seconds", "One record's effect", ("topic",), buckets=_CALL_SECONDS
)
CONSUMER_LAG = Gauge("kafka_consumer_lag_records", "End offset minus position", ("topic", "partition"))
CONSUMER_LAG_SECONDS = Gauge(
    "kafka_consumer_lag_seconds", "Age of the next record to handle", ("topic", "partition")
)
CONSUMER_LONG = Gauge(
    "kafka_consumer_long_records",
    "Records being handled that are known to take long",
    ("topic", "partition"),
)
CONSUMER_PROGRESS = Gauge(
    "kafka_consumer_last_progress_timestamp_seconds", "When a record was last done or moved on"
)
CONSUMER_REBALANCES = Counter("kafka_consumer_rebalances_total", "Partition assignments received")
CONSUMER_PARTITIONS = Gauge("kafka_consumer_assigned_partitions", "Partitions this process reads")
EVENT_AGE_SECONDS = Histogram(
    "event_end_to_end_seconds",
    "Commit in the writer to effect in the reader",
    ("type",),
    buckets=_LONG_SECONDS,
)
DEAD_LETTERS = Counter("dlq_records_total", "Records moved to a dead-letter topic", ("topic", "reason"))


def grpc_code(code: grpc.StatusCode) -> str:
    """Return a status as the gRPC exporters of other languages write it: "OK", "NotFound", …."""
    if code is grpc.StatusCode.OK:
        return "OK"
    return "".join(word.capitalize() for word in code.name.split("_"))


def grpc_type(*, request_streaming: bool, response_streaming: bool) -> str:
    """Return the kind of a method as the gRPC exporters of other languages write it."""
    if request_streaming:
        return "bidi_stream" if response_streaming else "client_stream"
    return "server_stream" if response_streaming else "unary"
