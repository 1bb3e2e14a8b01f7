"""hadolint finds nothing to remark in the recipe of the image."""

from deploy.verify import tools
from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

FILE = "deploy/Dockerfile"


def run(tree: Tree) -> list[str]:
    """Judge deploy/Dockerfile."""
    return tools.complaints([tools.find("hadolint"), FILE], tree.root)


CHECK = Check(
    name="dockerfile",
    proves="the recipe of the image follows hadolint's rules",
    run=run,
    plants=(Plant("a working directory that is no absolute path", FILE, "WORKDIR /app", "WORKDIR app"),),
)
