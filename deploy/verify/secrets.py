"""No key, password or token lies in what operators are given, and none in the code.

In Python, `make lint` also looks at what is assigned to names such as `password` (S105 to S107).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

GIVEN: Final = ("deploy", "k8s", "docker-compose.yml", "Makefile", "README.md")
CODE: Final = ("services", "deploy", "protos", ".ci", "pyproject.toml")
OTHERS: Final = r"\.(py|pyc|csv|jinja)$"
"""What is given beside the code."""
MADE: Final = r"__pycache__/|services/pb/|\.csv$"
"""Nobody writes by hand what is made."""
DIGESTS: Final = "@sha256:"
NAMES: Final = r"^([a-z][a-z._/-]*|https?://\S+|openssl .*)$"
"""What is none: names of secrets, addresses (a password in one is another find), what makes secrets up."""
BY_LOOKS: Final = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
"""What only looks at names or at randomness finds too much in code."""


def given(tree: Tree) -> Iterator[str]:
    """Judge what operators are given; a line with `pragma: allowlist secret` says why beside it."""
    left_out = ("--exclude-files", OTHERS, "--exclude-lines", DIGESTS, "--exclude-secrets", NAMES)
    return _found(tree, GIVEN, left_out)


def code(tree: Tree) -> Iterator[str]:
    """Judge the code: keys and tokens of the shapes that issuers give them."""
    left_out = ["--exclude-files", MADE]
    for detector in BY_LOOKS:
        left_out += ["--disable-plugin", detector]
    return _found(tree, CODE, left_out)


def _found(tree: Tree, places: tuple[str, ...], options: Iterable[str]) -> Iterator[str]:
    there = [place for place in places if (tree.root / place).exists()]
    search = [tools.find("detect-secrets"), "scan", "--all-files", *options, *there]
    for file, secrets in json.loads(tools.output(search, tree.root))["results"].items():
        for secret in secrets:
            yield f"{file}:{secret['line_number']}: {secret['type']}"


_PRODUCTION: Final = "ENVIRONMENT: production"
IN_WHAT_IS_GIVEN: Final = Check(
    name="secrets",
    proves="no key, password or token lies in what operators are given",
    run=given,
    plants=(
        Plant(
            "a cloud access key",
            "docker-compose.yml",
            _PRODUCTION,
            f"{_PRODUCTION}\n  AWS_ACCESS_KEY_ID: AKIA{'Z7Q2' * 4}",
        ),
        Plant(
            "a password",
            "docker-compose.yml",
            _PRODUCTION,
            f"{_PRODUCTION}\n  GF_SECURITY_ADMIN_PASSWORD: {'Correct4' * 2}",
        ),
        Plant(
            "a private key",
            "k8s/overlays/prod/replicas.yaml",
            "apiVersion",
            f"# -----BEGIN {'PRIVATE'} KEY-----\napiVersion",
        ),
    ),
)
IN_THE_CODE: Final = Check(
    name="secrets-code",
    proves="no key or token lies in the code",
    run=code,
    plants=(Plant("a token", "services/kernel/config.py", '"""', f'"""gh{"p_"}{"a1B2c3" * 6} '),),
)
