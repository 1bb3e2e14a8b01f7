"""Alerts and dashboards ask only for metrics that exist, and every alert tells its reader what to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import FOLDER, text
from deploy.grafana.pages import PAGES
from deploy.grafana.panels import Page
from deploy.local.services import SERVICES
from deploy.verify import monitoring
from deploy.verify.tree import Tree

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "deploy" / "runbooks"


def unit_tests() -> list[dict[str, Any]]:
    files = sorted((PROMETHEUS / "tests").glob("*.yml"))
    return [case for file in files for case in yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["tests"]]


RULES = monitoring.rules_of(ROOT)
ALERTS = [rule for rule in RULES if "alert" in rule]
WAITING = [rule for rule in ALERTS if "for" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})


def _id(rule: dict[str, Any]) -> str:
    return "-".join((rule["alert"], *rule["labels"].values()))


def test_no_exporter_is_listed_in_vain() -> None:
    asked = set().union(*(monitoring.metrics_of(rule["expr"]) for rule in RULES))
    assert set(monitoring.OTHERS) - asked == set()


@pytest.mark.parametrize("rule", ALERTS, ids=_id)
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"deploy/runbooks/{rule['alert']}.md"


def test_runbooks_name_only_alerts_and_metrics_that_exist() -> None:
    prefixes = ("grpc_", "kafka_consumer", "outbox_", "due_", "mongo_", "process_", "lease_", "event_")
    base = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in monitoring.exported()}
    for file in RUNBOOKS.glob("*.md"):
        said = file.read_text()
        named = {
            word for word in re.findall(r"[a-z][a-z0-9_]+_[a-z0-9_]+", said) if word.startswith(prefixes)
        }
        logged = {"event_retry", "outbox_term_ended", "due_failed"}
        labels = {"grpc_service", "grpc_method", "grpc_code"}
        assert named - monitoring.exported() - base - logged - labels == set(), file.name
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


def test_what_operators_watch_by_has_no_mistake() -> None:
    """`make verify-deploy` also plants some, and finds them."""
    assert list(monitoring.run(Tree())) == []


def test_every_service_is_scraped_and_missed_when_it_is_gone() -> None:
    scraped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"][0]
    targets = {target.partition(":")[0] for target in scraped["static_configs"][0]["targets"]}
    missed = next(rule["expr"] for rule in ALERTS if rule["alert"] == "ServiceMissing")
    wanted = {service.name for service in SERVICES}
    assert (targets, set(re.findall(r'service="(\w+)"', missed))) == (wanted, wanted)
