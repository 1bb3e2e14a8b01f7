"""The sources that manifests follow from."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from deploy import callgraph
from deploy.callgraph import Callgraph, Process
from deploy.kafka import access, topics
from deploy.kafka.access import Access
from deploy.kafka.topics import Topic

ROOT = Path(__file__).resolve().parents[2]
PART_OF = "mentoring"
"""Namespace, and label of everything."""
IMAGE = "mentoring-platform"
"""What kustomize's `images` renames to a registry's name with tag and digest."""


@dataclass(frozen=True, slots=True)
class Platform:
    """All sources. `version` is the one that is developed here."""

    graph: Callgraph
    access: tuple[Access, ...]
    topics: tuple[Topic, ...]
    version: str

    def hears(self, process: Process) -> tuple[str, ...]:
        """Return the topics whose lag a process works off."""
        follows = "events" in process.roles or not process.roles
        rights = {one.user: one for one in self.access}[process.service]
        return rights.hears if follows else ()


def load() -> Platform:
    """Read all sources."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return Platform(callgraph.load(), access.load(), topics.load(), project["version"])


def labels(name: str, component: str) -> dict[str, str]:
    """Return the labels that select a process's pods; `name` is the service's."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": PART_OF,
    }


def component_of(process: Process) -> str:
    """Return what a process is in its service."""
    return "worker" if process.is_worker else "api"


def process_labels(process: Process) -> dict[str, str]:
    """Return the labels that select a process's pods."""
    return labels(process.service, component_of(process))
