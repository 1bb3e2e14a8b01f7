"""No key or password lies in what operators are given. In Python, `make lint` looks (S105 to S107)."""

import json
from collections.abc import Iterator

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

PLACES = ("deploy", "k8s", "docker-compose.yml", "Makefile", "README.md")
OTHERS = r"\.(py|csv|jinja)$"
DIGESTS = "@sha256:"
"""Names of secrets are no secrets: what only looks at names is off, and so are digests of images."""


def run(tree: Tree) -> Iterator[str]:
    """Yield a line per finding; a line with `pragma: allowlist secret` says why beside it."""
    places = [place for place in PLACES if (tree.root / place).exists()]
    left_out = ("--exclude-files", OTHERS, "--exclude-lines", DIGESTS, "--disable-plugin", "KeywordDetector")
    search = [tools.find("detect-secrets"), "scan", "--all-files", *left_out, *places]
    found = json.loads(tools.output(search, tree.root))["results"]
    for file, secrets in found.items():
        for secret in secrets:
            yield f"{file}:{secret['line_number']}: {secret['type']}"


CHECK = Check(
    name="secrets",
    proves="no key, password or token lies in what operators are given",
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
