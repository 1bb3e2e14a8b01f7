"""The files under judgement: the repository, or a copy in which mistakes are planted."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml

from deploy.verify import tools

ROOT = Path(__file__).resolve().parents[2]


_LOADER = yaml.CSafeLoader  # ten times as fast as the one in Python


class PlantError(Exception):
    """A mistake cannot be planted, because the text it would replace is not there."""


@dataclass(frozen=True)
class Tree:
    """A root folder with the repository's files, and what kustomize makes of its overlays."""

    root: Path = ROOT
    only: str | None = None
    """The one overlay to look at, None for all: enough to see a planted mistake, and soon."""

    @classmethod
    def copied(cls, source: Path, target: Path) -> Self:
        """Copy every file that git knows or would take, and nothing ignored."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=source,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (source / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, target / name)
        return cls(target)

    @contextmanager
    def changed(self, file: str, old: str, new: str) -> Iterator["Tree"]:
        """Give this tree with one text replaced, for a while. PlantError if it is not in the file."""
        path = self.root / file
        before = path.read_text()
        if old not in before:
            raise PlantError(f"{file} does not hold {old!r} any more: plant another mistake")
        path.write_text(before.replace(old, new, 1))
        try:
            yield Tree(self.root, only=_overlay_of(file))
        finally:
            path.write_text(before)

    @property
    def overlays(self) -> tuple[str, ...]:
        """The names of the overlays to look at."""
        if self.only is not None:
            return (self.only,)
        return tuple(sorted(path.parent.name for path in self.root.glob("k8s/overlays/*/kustomization.yaml")))

    @cached_property
    def rendered(self) -> dict[str, Path]:
        """One file per overlay, as kustomize renders it. Raises ToolFailed with what kustomize says."""
        kubectl = tools.find("kubectl")
        folder = self.root / "build" / "k8s"
        folder.mkdir(parents=True, exist_ok=True)

        def render(name: str) -> Path:
            file = folder / f"{name}.yaml"
            file.write_text(tools.output([kubectl, "kustomize", f"k8s/overlays/{name}"], self.root))
            return file

        with ThreadPoolExecutor() as side_by_side:
            return dict(zip(self.overlays, side_by_side.map(render, self.overlays), strict=True))

    @cached_property
    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """The resources of each overlay."""
        return {
            name: [one for one in yaml.load_all(path.read_text(), Loader=_LOADER) if one]
            for name, path in self.rendered.items()
        }


def _overlay_of(file: str) -> str:
    """Return an overlay that a file is part of: its own, or the one that has nearly everything."""
    parts = Path(file).parts
    return parts[2] if parts[:2] == ("k8s", "overlays") else "prod"
