"""Every package in the image has a licence that may be shipped, and deploy/LICENCES.md lists them all.

`python -m deploy.verify.licences` writes the list. Whatever is not listed in ALLOWED needs a decision first.
"""

import re
import sys
from collections.abc import Iterator

from deploy.verify import sbom, tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import ROOT, Tree

FILE = "deploy/LICENCES.md"
ALLOWED = {
    "0BSD",
    "3-Clause BSD License",
    "Apache License 2.0",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT License",
    "MIT-0",
    "PSF-2.0",
    "Python Software Foundation License",
    "Repoze Public License",  # Zope's older sibling, permissive
    "Zlib",
}
HEAD = """# Licences of the packages in the image

Written by `make licences` from what their authors declare.

"""


def listing(tree: Tree) -> str:
    """Return the table of all packages of the lock file that are installed on this platform."""
    names = sorted(part.partition("@")[0] for part in sbom.locked(tree))
    reader = [tools.find("pip-licenses"), "--python", sys.executable, "--format", "markdown"]
    return HEAD + tools.output([*reader, "--packages", *names], tree.root).strip() + "\n"


def run(tree: Tree) -> Iterator[str]:
    """Yield packages whose licence is not allowed, and a list that is not up to date."""
    text = (tree.root / FILE).read_text()
    if text != listing(tree):
        yield f"{FILE} is not what is installed: run make licences"
    rows = text.partition("|--")[2]
    for name, licence in re.findall(r"^\| (\S+) +\| \S+ +\| (.+?) +\|$", rows, re.MULTILINE):
        unknown = [part for part in re.split(r" AND | OR |; ", licence) if part not in ALLOWED]
        if unknown:
            yield f"{name}: {', '.join(unknown)} is not allowed"


CHECK = Check(
    name="licences",
    proves="every package in the image may be shipped",
    run=run,
    plants=(Plant("a licence that forbids it", FILE, "| Apache-2.0", "| AGPL-3.0"),),
)


if __name__ == "__main__":
    (ROOT / FILE).write_text(listing(Tree()))
