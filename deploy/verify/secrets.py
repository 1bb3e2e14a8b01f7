"""No key, password or token lies in what is shipped. Tests are not searched: they make up their own."""

import json
from collections.abc import Iterator

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

PLACES = ("deploy", "k8s", "protos", "services", "docker-compose.yml", "Makefile", "README.md")
GENERATED = r"^services/pb/|\.csv$"


def run(tree: Tree) -> Iterator[str]:
    """Yield a line per finding; a line with `pragma: allowlist secret` says why beside it."""
    places = [place for place in PLACES if (tree.root / place).exists()]
    search = [tools.find("detect-secrets"), "scan", "--all-files", "--exclude-files", GENERATED, *places]
    found = json.loads(tools.output(search, tree.root))["results"]
    for file, secrets in found.items():
        for secret in secrets:
            yield f"{file}:{secret['line_number']}: {secret['type']}"


CHECK = Check(
    name="secrets",
    proves="no key, password or token lies in what is shipped",
    run=run,
    plants=(
        Plant(
            "a cloud access key",
            "docker-compose.yml",
            "ENVIRONMENT: production",
            f"ENVIRONMENT: production\n  AWS_ACCESS_KEY_ID: AKIA{'Z7Q2' * 4}",
        ),
    ),
)
