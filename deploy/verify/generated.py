"""What is written by `make manifests` is as its sources say: topics, call graph, sizes, rules."""

from collections.abc import Iterator

from deploy.k8s import files, manifests, platform
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree


def run(tree: Tree) -> Iterator[str]:
    """Compare every written file with what its sources make now."""
    wanted = manifests.all_files(platform.load())
    there = files.written(tree.root / "k8s")
    for name in sorted({*wanted, *there}):
        if wanted.get(name) != there.get(name):
            yield f"k8s/{name} is not what its sources say: run `make manifests`"


CHECK = Check(
    name="generated",
    proves="written manifests are what the call graph, topics, sizes and rules say",
    run=run,
    plants=(
        Plant("a limit changed by hand", "k8s/base/profiles/deployment.yaml", "memory: 512Mi", "memory: 1Gi"),
        Plant("a right added by hand", "k8s/components/strimzi/users.yaml", "- Describe", "- Alter"),
    ),
)
