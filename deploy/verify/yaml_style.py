"""Every YAML file for operators parses, repeats no key and looks alike; the rules are in `.yamllint.yaml`."""

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

PLACES = ("deploy", "docker-compose.yml", "k8s")


def run(tree: Tree) -> list[str]:
    """Judge every file."""
    there = [place for place in PLACES if (tree.root / place).exists()]
    return tools.complaints([tools.find("yamllint"), "--strict", "--format", "parsable", *there], tree.root)


CHECK = Check(
    name="yaml",
    proves="YAML files parse, repeat no key and look alike",
    run=run,
    plants=(
        Plant(
            "a key given twice",
            "docker-compose.yml",
            "name: mentoring\n",
            "name: mentoring\nname: mentoring\n",
        ),
    ),
)
