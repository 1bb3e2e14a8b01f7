"""Checkov's rules for Kubernetes. What is waived is waived here or beside the resource, with the reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

WAIVED: Final = {
    "CKV_K8S_11": "a CPU limit throttles the event loop in the middle of a call; requests share it fairly",
    "CKV_K8S_15": "a digest is the same bytes every time: pulling again only waits for the registry",
}
WAIVED_IN: Final = {
    ("dev", "CKV_K8S_43"): "runs what was built on this machine a moment ago, which has no digest yet",
}


def run(tree: Tree) -> Iterator[str]:
    """Judge every overlay."""
    files = [part for path in tree.rendered.values() for part in ("--file", str(path))]
    options = ["--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json"]
    judge = [tools.find("checkov"), *files, *options, "--skip-check", ",".join(WAIVED)]
    done = tools.run(judge, tree.root)
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        yield f"checkov said nothing that can be read: {done.stderr.strip()[-500:]}"
        return
    yield from _told(told)


def _told(told: dict[str, Any]) -> Iterator[str]:
    if not told["summary"]["passed"]:
        yield "checkov looked at nothing"
    for one in told["results"]["failed_checks"]:
        overlay = Path(one["file_path"]).stem
        if (overlay, one["check_id"]) not in WAIVED_IN:
            yield f"{overlay}: {one['resource']}: {one['check_id']} {one['check_name']}"
    for one in told["results"].get("skipped_checks", ()):
        if not one["check_result"].get("suppress_comment"):
            yield f"{one['resource']}: {one['check_id']} is skipped without a reason"


CHECK = Check(
    name="policy",
    proves="pods are as closed as checkov's rules ask; every waiver has its reason",
    run=run,
    plants=(
        Plant(
            "a container that may write on its image",
            "k8s/base/profiles/deployment.yaml",
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: false",
        ),
    ),
)
