"""Alertmanager itself reads who is told of alerts, and sends each severity where it should go."""

from collections.abc import Mapping
from typing import Final

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

FILE: Final = "deploy/alertmanager/alertmanager.yml"
HOW: Final = "install Alertmanager, or Debian's package prometheus-alertmanager"
ROUTES: Final[Mapping[str, str]] = {"critical": "on-call", "warning": "operators"}
"""Which receiver is told, by severity."""


def run(tree: Tree) -> list[str]:
    """Let it read the file, then ask for the way of an alert of each severity."""
    amtool, file = tools.find("amtool", HOW), str(tree.root / FILE)
    if found := tools.complaints([amtool, "check-config", file], tree.root):
        return found
    return [trouble for severity in ROUTES for trouble in _misled(amtool, file, severity, tree)]


def _misled(amtool: str, file: str, severity: str, tree: Tree) -> list[str]:
    asked = [amtool, "config", "routes", "test", f"--config.file={file}", f"severity={severity}"]
    told = tools.output(asked, tree.root).strip()
    return [] if told == ROUTES[severity] else [f"{FILE}: {severity} alerts go to {told}"]


CHECK = Check(
    name="alerting",
    proves="Alertmanager reads who is told of alerts, and pages for critical ones",
    run=run,
    plants=(
        Plant("a misspelt field", FILE, "group_wait: 30s", "group_wiat: 30s"),
        Plant("a receiver that is none", FILE, "receiver: on-call", "receiver: nobody"),
        Plant(
            "critical alerts that page nobody",
            FILE,
            'severity="critical"]\n      rec',
            'severity="crit"]\n      rec',
        ),
    ),
)
