"""Prometheus' rule files as resources for its operator, unchanged."""

from pathlib import Path
from typing import Final

import yaml

from deploy.k8s.files import Document
from deploy.k8s.platform import ROOT, labels

FOLDER: Final = ROOT / "deploy" / "prometheus" / "rules"


def load(folder: Path = FOLDER) -> list[Document]:
    """Return one resource per file, none while there is none."""
    return [_resource(path) for path in sorted(folder.glob("*.yml"))]


def _resource(path: Path) -> Document:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": f"mentoring-{path.stem}", "labels": labels("mentoring", "monitoring")},
        "spec": {"groups": yaml.safe_load(path.read_text())["groups"]},
    }
