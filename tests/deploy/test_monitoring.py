"""Alerts and dashboards ask only for metrics that exist, and every alert tells its reader what to do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana.__main__ import FOLDER, text
from deploy.grafana.pages import PAGES
from deploy.grafana.panels import Page
from deploy.local.services import SERVICES
from services.kernel import metrics
from tests.deploy.promql import metrics_of

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "deploy" / "runbooks"
HEADINGS = ["# {}", "## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]

OTHERS = {
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


def _families() -> Iterator[tuple[str, str]]:
    """Yield name and type of every metric that a service process exports."""
    ours = (value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase))
    for metric in (*ours, prometheus_client.PROCESS_COLLECTOR):
        for family in metric.collect():
            yield family.name, family.type


def exported() -> set[str]:
    """Return every series name that a service process exports."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {name + end for name, kind in _families() for end in ends.get(kind, ("",))}


def rules() -> list[dict[str, Any]]:
    files = sorted((PROMETHEUS / "rules").glob("*.yml"))
    loaded = [yaml.load(file.read_text(), Loader=yaml.CSafeLoader) for file in files]
    return [rule for content in loaded for group in content["groups"] for rule in group["rules"]]


def unit_tests() -> list[dict[str, Any]]:
    files = sorted((PROMETHEUS / "tests").glob("*.yml"))
    return [case for file in files for case in yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["tests"]]


RULES = rules()
ALERTS = [rule for rule in RULES if "alert" in rule]
WAITING = [rule for rule in ALERTS if "for" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
RECORDS = {rule["record"] for rule in RULES if "record" in rule}


def _id(rule: dict[str, Any]) -> str:
    return "-".join((rule["alert"], *rule["labels"].values()))


def _known(expression: str) -> set[str]:
    return metrics_of(expression) - exported() - RECORDS - set(OTHERS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_read_only_metrics_that_somebody_exports(rule: dict[str, Any]) -> None:
    assert _known(rule["expr"]) == set()


def test_no_exporter_is_listed_in_vain() -> None:
    assert set(OTHERS) - set().union(*(metrics_of(rule["expr"]) for rule in RULES)) == set()


@pytest.mark.parametrize("rule", ALERTS, ids=_id)
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"deploy/runbooks/{rule['alert']}.md"


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_has_a_runbook_of_one_shape(name: str) -> None:
    lines = (RUNBOOKS / f"{name}.md").read_text().splitlines()
    assert [line for line in lines if line.startswith("#")] == [line.format(name) for line in HEADINGS]


def test_no_runbook_is_left_without_its_alert() -> None:
    assert sorted(file.stem for file in RUNBOOKS.glob("*.md")) == NAMES


def test_runbooks_name_only_alerts_and_metrics_that_exist() -> None:
    prefixes = ("grpc_", "kafka_consumer", "outbox_", "due_", "mongo_", "process_", "lease_", "event_")
    base = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in exported()}
    for file in RUNBOOKS.glob("*.md"):
        said = file.read_text()
        named = {
            word for word in re.findall(r"[a-z][a-z0-9_]+_[a-z0-9_]+", said) if word.startswith(prefixes)
        }
        logged = {"event_retry", "outbox_term_ended", "due_failed"}
        labels = {"grpc_service", "grpc_method", "grpc_code"}
        assert named - exported() - base - logged - labels == set(), file.name
        for other in re.findall(r"see ([A-Z][A-Za-z]+)", said):
            assert other in NAMES, file.name


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_is_shown_firing_and_silent(name: str) -> None:
    """`promtool test rules` runs these; that they are there is checked here."""
    checks = [
        check for case in unit_tests() for check in case["alert_rule_test"] if check["alertname"] == name
    ]
    assert any(check["exp_alerts"] for check in checks)
    assert any(not check["exp_alerts"] for check in checks)


@pytest.mark.parametrize("rule", WAITING, ids=_id)
def test_an_alert_that_waits_is_shown_silent_until_the_very_minute(rule: dict[str, Any]) -> None:
    """So `promtool test rules` notices when it waits for less, or for more."""
    shown = [dict(_shown(case, rule)) for case in unit_tests()]
    assert any(case.get(at - 1) is False for case in shown for at, rings in case.items() if rings)


def _shown(case: dict[str, Any], rule: dict[str, Any]) -> Iterator[tuple[int, bool]]:
    """Yield the minutes at which a unit test looks for this rule's alert, and whether it expects it."""
    for check in case["alert_rule_test"]:
        if check["alertname"] == rule["alert"]:
            told = [alert["exp_labels"].items() for alert in check["exp_alerts"]]
            yield _minutes(check["eval_time"]), any(rule["labels"].items() <= labels for labels in told)


def _minutes(period: str) -> int:
    """Return a time of Prometheus in minutes; the unit tests write no other unit but hours."""
    return int(period[:-1]) * {"m": 1, "h": 60}[period[-1]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_dashboards_are_written_as_their_code_says(page: Page) -> None:
    """`make dashboards` writes them."""
    assert (FOLDER / f"{page.uid}.json").read_text() == text(page)


def test_no_dashboard_is_left_without_its_code() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == {page.uid for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_dashboards_read_only_metrics_that_somebody_exports(page: Page) -> None:
    for expression in _asked(json.loads(text(page))):
        assert _known(expression.replace("$__rate_interval", "5m")) == set()


def _asked(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and "expr" in node:
        yield node["expr"]
    for child in children:
        yield from _asked(child)


def test_a_metric_that_nobody_exports_is_found() -> None:
    assert _known("rate(grpc_server_handeld_total[5m])") == {"grpc_server_handeld_total"}
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        metrics_of("sum by (")


def test_every_service_is_scraped_and_missed_when_it_is_gone() -> None:
    scraped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"][0]
    targets = {target.partition(":")[0] for target in scraped["static_configs"][0]["targets"]}
    missed = next(rule["expr"] for rule in ALERTS if rule["alert"] == "ServiceMissing")
    wanted = {service.name for service in SERVICES}
    assert (targets, set(re.findall(r'service="(\w+)"', missed))) == (wanted, wanted)
