"""Every overlay renders, and every component is part of one that does."""

from collections.abc import Iterator
from typing import Final

import yaml

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tools import ToolFailed
from deploy.verify.tree import Tree

_DEV: Final = "k8s/overlays/dev"


def run(tree: Tree) -> Iterator[str]:
    """Render all and look for what nobody renders."""
    tools.find("kubectl")
    try:
        rendered = tree.rendered
    except ToolFailed as failed:
        yield str(failed)
        return
    if not rendered:
        yield "there is no overlay"
    there = {path.parent.name for path in tree.root.glob("k8s/components/*/kustomization.yaml")}
    yield from (f"no overlay uses the component {name}" for name in sorted(there - set(_used(tree))))


def _used(tree: Tree) -> Iterator[str]:
    for path in tree.root.glob("k8s/*/*/kustomization.yaml"):
        for used in yaml.safe_load(path.read_text()).get("components", ()):
            yield used.rpartition("/")[2]


CHECK = Check(
    name="overlays",
    proves="kustomize renders every overlay, and every component is in one",
    run=run,
    plants=(
        Plant("a file that is not there", "k8s/base/profiles/kustomization.yaml", "network.yaml", "net.yaml"),
        Plant("a patch of nothing", "k8s/overlays/prod/replicas.yaml", "name: processor", "name: procesor"),
        Plant(
            "a component left out",
            "k8s/overlays/dev/kustomization.yaml",
            "- ../../components/dev-servers",
            "",
        ),
    ),
)
