"""Prometheus itself reads the rules without a remark, and its unit tests of every alert pass."""

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

FOLDER = "deploy/prometheus"
HOW = "install Prometheus, or Debian's package of that name"


def lint(tree: Tree) -> list[str]:
    """Judge every rule file."""
    files = [str(file) for file in sorted((tree.root / FOLDER / "rules").glob("*.yml"))]
    judge = [tools.find("promtool", HOW), "check", "rules", "--lint=all", "--lint-fatal"]
    return tools.complaints([*judge, *files], tree.root)


def examples(tree: Tree) -> list[str]:
    """Run the unit tests of every rule file."""
    files = [str(file) for file in sorted((tree.root / FOLDER / "tests").glob("*.yml"))]
    return tools.complaints([tools.find("promtool", HOW), "test", "rules", *files], tree.root)


LINT = Check(
    name="rules",
    proves="Prometheus reads every recording and alerting rule",
    run=lint,
    plants=(
        Plant(
            "an unclosed expression",
            f"{FOLDER}/rules/platform.yml",
            "max by (service) (",
            "max by (service (",
        ),
        Plant("a misspelt field", f"{FOLDER}/rules/platform.yml", "annotations:", "anotations:"),
    ),
)
EXAMPLES = Check(
    name="alerts",
    proves="every alert fires when it should and is silent when it should",
    run=examples,
    plants=(
        Plant("a threshold that never fires", f"{FOLDER}/rules/platform.yml", "> 120", "> 1200"),
        Plant("a threshold that always fires", f"{FOLDER}/rules/platform.yml", "> 120", "> 1"),
        Plant("an alert that does not wait", f"{FOLDER}/rules/platform.yml", "for: 2m", "for: 1m"),
    ),
)
