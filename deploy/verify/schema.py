"""Kubernetes' own kinds follow the schemas of the oldest and of the newest version that is supported."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from deploy.verify import custom_resources, tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

VERSIONS: Final = ("1.32", "1.37")
_UNKNOWN: Final = re.compile(r"Couldn't find schema for kind (?P<kind>\S+) with api version (?P<version>\S+)")
_PASSED: Final = re.compile(r"^INFO .* passed for resource ")


def run(tree: Tree) -> Iterator[str]:
    """Judge every overlay, strictly: a field that the version does not know is a mistake."""
    judge = tools.find("kubernetes-validate")
    files = [str(path) for path in tree.rendered.values()]

    def judged(version: str) -> list[str]:
        done = tools.run([judge, "-k", version, "--strict", *files], tree.root)
        return [f"{version}: {line}" for line in _told(done.stdout + done.stderr)]

    with ThreadPoolExecutor() as side_by_side:
        for found in side_by_side.map(judged, VERSIONS):
            yield from found


def _told(said: str) -> Iterator[str]:
    """Yield what is wrong. A kind without a schema is only a warning there, and nothing would look at it."""
    for line in said.splitlines():
        unknown = _UNKNOWN.search(line)
        known = unknown and (unknown["version"], unknown["kind"]) in custom_resources.kinds()
        if not known and not _PASSED.match(line):
            yield line


CHECK = Check(
    name="schema",
    proves=f"manifests follow Kubernetes {' and '.join(VERSIONS)}, no field unknown",
    run=run,
    plants=(
        Plant("a misspelt field", "k8s/base/profiles/deployment.yaml", "minReadySeconds", "minReadySecond"),
        Plant("a kind of nobody", "k8s/base/profiles/service.yaml", "kind: Service\n", "kind: Sevice\n"),
    ),
)
