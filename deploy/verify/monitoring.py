"""Alerts and dashboards ask only for metrics that exist, and every alert has its page of one shape."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import prometheus_client
import promql_parser as promql
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree
from services.kernel import metrics

RULES: Final = "deploy/prometheus/rules"
DASHBOARDS: Final = "deploy/grafana/dashboards"
RUNBOOKS: Final = "deploy/runbooks"
HEADINGS: Final = ("# {}", "## Meaning", "## Impact", "## Diagnosis", "## Mitigation")
OTHERS: Final = {
    "up": "Prometheus itself",
    "kube_cronjob_status_last_successful_time": "kube-state-metrics",
    "kube_job_failed": "kube-state-metrics",
    "kube_job_status_failed": "kube-state-metrics",
    "kube_pod_container_status_restarts_total": "kube-state-metrics",
    "kubelet_volume_stats_available_bytes": "kubelet",
    "kubelet_volume_stats_capacity_bytes": "kubelet",
    "certmanager_certificate_expiration_timestamp_seconds": "cert-manager",
    "kafka_topic_partition_under_replicated_partition": "Kafka exporter, as Strimzi deploys it",
    "mongodb_rs_members_state": "Percona MongoDB exporter",
}
"""Metrics that are not ours, and who exports them."""


def run(tree: Tree) -> Iterator[str]:
    """Judge every rule, every panel and every runbook."""
    rules = rules_of(tree.root)
    known = exported() | {rule["record"] for rule in rules if "record" in rule} | set(OTHERS)
    for rule in rules:
        name = rule.get("alert") or rule["record"]
        yield from (f"{RULES}: {name}: {mistake}" for mistake in _unknown(rule["expr"], known))
    for file in sorted((tree.root / DASHBOARDS).glob("*.json")):
        for asked in _asked(json.loads(file.read_text())):
            yield from (f"{file.name}: {mistake}" for mistake in _unknown(asked, known))
    yield from _pages(tree.root / RUNBOOKS, {rule["alert"] for rule in rules if "alert" in rule})


def rules_of(root: Path) -> list[dict[str, Any]]:
    """Return every recording and alerting rule."""
    loaded = [yaml.safe_load(file.read_text()) for file in sorted((root / RULES).glob("*.yml"))]
    return [rule for content in loaded for group in content["groups"] for rule in group["rules"]]


def exported() -> set[str]:
    """Return every series name that a service process exports."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {name + end for name, kind in _families() for end in ends.get(kind, ("",))}


def _families() -> Iterator[tuple[str, str]]:
    """Yield name and type of every metric that a service process exports."""
    ours = (value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase))
    for metric in (*ours, prometheus_client.PROCESS_COLLECTOR):
        for family in metric.collect():
            yield family.name, family.type


def _unknown(expression: str, known: set[str]) -> Iterator[str]:
    try:
        asked = metrics_of(expression.replace("$__rate_interval", "5m"))
    except ValueError as error:
        yield f"{expression}: {error}"
        return
    yield from (f"nobody exports {name}" for name in sorted(asked - known))


def metrics_of(expression: str) -> set[str]:
    """Return the metrics an expression reads. ValueError if it is no PromQL."""
    found: set[str] = set()

    def note(node: object) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.add(str(node.name))
        return True

    promql.walk(promql.parse(expression), note)
    return found


def _asked(node: Any) -> Iterator[str]:
    """Yield what the panels of a dashboard ask for."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and "expr" in node:
        yield node["expr"]
    for child in children:
        yield from _asked(child)


def _pages(folder: Path, alerts: set[str]) -> Iterator[str]:
    there = {file.stem: file for file in folder.glob("*.md")}
    yield from (f"{RUNBOOKS} has no page about {name}" for name in sorted(alerts - set(there)))
    yield from (f"{RUNBOOKS}/{name}.md is about no alert" for name in sorted(set(there) - alerts))
    for name in sorted(alerts & set(there)):
        lines = there[name].read_text().splitlines()
        if [line for line in lines if line.startswith("#")] != [head.format(name) for head in HEADINGS]:
            yield f"{RUNBOOKS}/{name}.md has other headings than the pages have"
        elif any(not text.strip() for text in re.split("(?m)^## .*$", "\n".join(lines))[1:]):
            yield f"{RUNBOOKS}/{name}.md has a heading with nothing below it"


_LAG: Final = f"{RUNBOOKS}/KafkaConsumerLagSeconds.md"
_EVENTS: Final = f"{DASHBOARDS}/mentoring-events.json"
CHECK: Final = Check(
    name="monitoring",
    proves="rules and dashboards ask for metrics that exist; every alert has its runbook",
    run=run,
    plants=(
        Plant("a rule about nothing", f"{RULES}/platform.yml", "(due_late_", "(due_lateness_"),
        Plant("a panel about nothing", _EVENTS, "kafka_consumer_lag_records", "kafka_consumer_lag_record"),
        Plant(
            "a panel that is no PromQL",
            _EVENTS,
            "(kafka_consumer_lag_records)",
            "(kafka_consumer_lag_records",
        ),
        Plant("a runbook without a part", _LAG, "## Impact\n", ""),
        Plant(
            "a part that says nothing",
            _LAG,
            "Reminders, recognitions, copies in other services come late. Nothing is lost.",
            "",
        ),
        Plant(
            "a runbook about another alert", f"{RULES}/platform.yml", "alert: TimersLate", "alert: TimersSlow"
        ),
    ),
)
