"""The dashboards: what an operator looks at first, one service in depth, the way of events and timers."""

from deploy.grafana.panels import Page, Panel, Row

ONE = 'service="$service"'


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def _p99(metric: str, by: str, where: str = "") -> str:
    return f"histogram_quantile(0.99, {_rate(f'{metric}_bucket', f'{by}, le', where)})"


def _by(labels: str, expression: str) -> dict[str, str]:
    """Return one line whose legend is the labels."""
    return {" ".join(f"{{{{{label}}}}}" for label in labels.split(", ")): expression}


_NOT_OK = _rate("grpc_server_handled_total", "service", 'grpc_code!="OK"')
_ALL = _rate("grpc_server_handled_total", "service")
_UNARY = 'grpc_type="unary"'

OBJECTIVES = Row(
    "Objectives",
    [
        Panel(
            "Error budget burn",
            "How many times too fast the budget of failed calls (0.1 %) is spent; 14.4 pages somebody.",
            _by("service", "service:grpc_errors:ratio_rate1h / 0.001"),
        ),
        Panel(
            "Latency budget burn",
            "The same for calls slower than 0.5 s (1 %).",
            _by("service", "service:grpc_slow:ratio_rate1h / 0.01"),
        ),
        Panel(
            "Processes",
            "Processes that answer.",
            _by("service", 'sum by (service) (up{job="mentoring"})'),
        ),
    ],
)
CALLS = Row(
    "Calls",
    [
        Panel("Calls per second", "Answered, whatever the answer.", _by("service", _ALL), "reqps"),
        Panel(
            "Share that is not OK",
            "Refusals of callers' mistakes included; the objectives count our own faults only.",
            _by("service", f"{_NOT_OK} / {_ALL}"),
            "percentunit",
        ),
        Panel(
            "p99 of unary calls",
            "Arrival to answer inside of the service.",
            _by("service", _p99("grpc_server_handling_seconds", "service", _UNARY)),
            "s",
        ),
    ],
)
HEALTH = Row(
    "Events",
    [
        Panel(
            "Oldest unpublished event",
            "Age of the oldest committed event that is not in Kafka yet.",
            _by("service", "max by (service) (outbox_oldest_pending_age_seconds)"),
            "s",
        ),
        Panel(
            "Readers behind",
            "Age of the next record to handle.",
            _by("service", "max by (service) (kafka_consumer_lag_seconds)"),
            "s",
        ),
        Panel(
            "Dead letters",
            "Records set aside in the last hour.",
            _by("service, topic", "sum by (service, topic) (increase(dlq_records_total[1h]))"),
        ),
    ],
)
METHODS = Row(
    "Rate, errors, duration",
    [
        Panel(
            "Calls per second",
            "By method.",
            _by("grpc_method", _rate("grpc_server_handled_total", "grpc_method", ONE)),
            "reqps",
        ),
        Panel(
            "Answers other than OK",
            "By method and status.",
            _by(
                "grpc_method, grpc_code",
                _rate("grpc_server_handled_total", "grpc_method, grpc_code", f'{ONE}, grpc_code!="OK"'),
            ),
            "reqps",
        ),
        Panel(
            "p99 by method",
            "Arrival to answer; streams last as long as they are wanted.",
            _by("grpc_method", _p99("grpc_server_handling_seconds", "grpc_method", ONE)),
            "s",
        ),
    ],
)
WAITING = Row(
    "What it waits for",
    [
        Panel(
            "p99 of saves",
            "Read, decide, save; by collection.",
            _by("collection", _p99("mongo_command_seconds", "collection", ONE)),
            "s",
        ),
        Panel(
            "Lost version races",
            "Saves that another writer overtook; they are decided again.",
            _by("collection", _rate("mongo_version_races_total", "collection", ONE)),
        ),
        Panel(
            "p99 of calls to other services",
            "Repeats included.",
            _by("grpc_method", _p99("grpc_client_handling_seconds", "grpc_method", ONE)),
            "s",
        ),
    ],
)
PROCESSES = Row(
    "Its processes",
    [
        Panel(
            "CPU",
            "Cores in use; the event loop has one.",
            _by("instance", _rate("process_cpu_seconds_total", "instance", ONE)),
        ),
        Panel("Memory", "Resident.", _by("instance", f"process_resident_memory_bytes{{{ONE}}}"), "bytes"),
        Panel(
            "p99 of event-loop lag",
            "How late its ticks come.",
            _by("instance", _p99("event_loop_lag_seconds", "instance", ONE)),
            "s",
        ),
        Panel("Calls in flight", "Being handled now.", _by("instance", f"grpc_server_in_flight{{{ONE}}}")),
        Panel("Versions", "Which build runs.", _by("version", f"count by (version) (build_info{{{ONE}}})")),
        Panel(
            "Keys of the identity provider",
            "Fetches in the last hour by outcome.",
            _by("outcome", f"sum by (outcome) (increase(jwks_fetches_total{{{ONE}}}[1h]))"),
        ),
    ],
)
LEAVING = Row(
    "Leaving",
    [
        Panel(
            "Pending events",
            "Committed and not yet published.",
            _by("service", "max by (service) (outbox_pending)"),
        ),
        Panel(
            "Published per second",
            "Acknowledged by the broker.",
            _by("topic", _rate("outbox_published_total", "topic")),
        ),
        Panel(
            "Commit to acknowledgement, p99",
            "How long an event lies in its document.",
            _by("service", _p99("outbox_publish_delay_seconds", "service")),
            "s",
        ),
    ],
)
ARRIVING = Row(
    "Arriving",
    [
        Panel(
            "Records behind",
            "End offset minus position.",
            _by("service, topic", "sum by (service, topic) (kafka_consumer_lag_records)"),
        ),
        Panel(
            "Handled per second",
            "By outcome: ok, skipped, retry, dlq.",
            _by("service, outcome", _rate("kafka_consumer_records_processed_total", "service, outcome")),
        ),
        Panel(
            "Writer's commit to reader's effect, p99",
            "The whole way of an event.",
            _by("service", _p99("event_end_to_end_seconds", "service")),
            "s",
        ),
        Panel(
            "One record's effect, p99",
            "By reader and topic.",
            _by("service, topic", _p99("kafka_consumer_process_seconds", "service, topic")),
            "s",
        ),
        Panel(
            "Effects that were there already",
            "Repeats that did nothing: retries, rebalances, restarts.",
            _by("service, collection", _rate("inbox_duplicates_total", "service, collection")),
        ),
        Panel(
            "Rebalances and partitions",
            "Assignments received in ten minutes, and what each process reads.",
            {
                "{{service}} rebalances": "sum by (service) (increase(kafka_consumer_rebalances_total[10m]))",
                "{{instance}} partitions": "kafka_consumer_assigned_partitions",
            },
        ),
    ],
)
TIMERS = Row(
    "Timers, and tasks that one process does for all",
    [
        Panel(
            "Timers fired per second",
            "Reminders, expiries, checks, retries.",
            _by("service, collection", _rate("due_fired_total", "service, collection")),
        ),
        Panel(
            "Lateness of timers, p99",
            "After an outage the backlog fires late, once each.",
            _by("service", _p99("due_late_seconds", "service")),
            "s",
        ),
        Panel(
            "Leaders",
            "One each; 0 means that nobody does the task.",
            _by("service, lease", "sum by (service, lease) (lease_held)"),
        ),
    ],
)

PAGES = (
    Page("mentoring-overview", "Mentoring: overview", [OBJECTIVES, CALLS, HEALTH]),
    Page("mentoring-service", "Mentoring: one service", [METHODS, WAITING, PROCESSES], per_service=True),
    Page("mentoring-events", "Mentoring: the way of events", [LEAVING, ARRIVING, TIMERS]),
)
