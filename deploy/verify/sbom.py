"""The bill of materials (CycloneDX) that lies in the image lists exactly what the lock file installs.

`python -m deploy.verify.sbom` writes it to build/sbom.json, from where the image takes it.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import ROOT, Tree

LOCK = "requirements.lock"
FILE = "build/sbom.json"


def write(tree: Tree, target: Path) -> Path:
    """Write the bill of what the tree's lock file names; the same bytes for the same file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    maker = [tools.find("cyclonedx-py"), "requirements", LOCK, "--output-reproducible"]
    tools.output([*maker, "--schema-version", "1.6", "--of", "JSON", "-o", str(target)], tree.root)
    return target


def locked(tree: Tree) -> set[str]:
    """Return name@version of every line, in the normal form of package names."""
    lines = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", (tree.root / LOCK).read_text(), re.MULTILINE)
    return {f"{re.sub(r'[-_.]+', '-', name).lower()}@{version}" for name, version in lines}


def run(tree: Tree) -> Iterator[str]:
    """Yield what only one of the two names, and whatever has no hash."""
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        parts = json.loads(write(tree, Path(folder) / "sbom.json").read_text())["components"]
    listed = {part["purl"].removeprefix("pkg:pypi/").partition("?")[0] for part in parts}
    for name in sorted(listed ^ locked(tree)):
        yield f"{name} is not in both the bill and {LOCK}"
    for part in parts:
        if not any(source.get("hashes") for source in part.get("externalReferences", ())):
            yield f"{part['name']} has no hash"


CHECK = Check(
    name="sbom",
    proves="the bill of materials lists exactly what is installed, with hashes",
    run=run,
    plants=(Plant("a package without a version", LOCK, "motor==", "motor>="),),
)


if __name__ == "__main__":
    print(write(Tree(), ROOT / FILE))
