"""The dashboards as ConfigMaps, which the sidecar of Grafana's Helm chart finds by their label."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.k8s.files import Document
from deploy.k8s.platform import ROOT, labels

FOLDER: Final = ROOT / "deploy" / "grafana" / "dashboards"
FOUND_BY: Final = {"grafana_dashboard": "1"}


def load(folder: Path = FOLDER) -> Iterator[Document]:
    """Yield a ConfigMap per dashboard."""
    for path in sorted(folder.glob("*.json")):
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": f"dashboard-{path.stem}",
                "labels": labels("mentoring", "monitoring") | FOUND_BY,
            },
            "data": {path.name: path.read_text()},
        }
