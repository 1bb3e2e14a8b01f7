"""The compose file follows the published schema of compose files."""

import sys

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree


def run(tree: Tree) -> list[str]:
    """Judge docker-compose.yml; the schema comes with the judge, which is in `.venv`."""
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return tools.complaints([*judge, "docker-compose.yml"], tree.root)


CHECK = Check(
    name="compose",
    proves="docker-compose.yml follows the compose schema",
    run=run,
    plants=(Plant("a misspelt field of a service", "docker-compose.yml", "command:", "comand:"),),
)
