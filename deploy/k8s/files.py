"""Documents to files: the same sources, the same bytes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
Files = Mapping[str, str]
"""Content by path below `k8s/`."""

HEADER = "# Written by `make manifests`: change deploy/ and run that instead of editing here.\n"


class _Dumper(yaml.SafeDumper):
    """Block style with sequences indented, no anchors: what people write."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def text(documents: Iterable[Document]) -> str:
    """Return one file of documents."""
    parts = [yaml.dump(each, Dumper=_Dumper, sort_keys=False, width=120) for each in documents]
    return HEADER + "---\n".join(parts)


def kustomization(resources: Sequence[str], **more: Any) -> str:
    """Return a kustomization of the given files."""
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return text([{**kind, "resources": list(resources), **more}])


def component(**parts: Any) -> str:
    """Return a component of the given parts; empty ones are left out."""
    kind = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    return text([{**kind, **{name: part for name, part in parts.items() if part}}])


def written(folder: Path) -> dict[str, str]:
    """Return the files in a folder that this package wrote."""
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        content = path.read_text()
        if content.startswith(HEADER):
            found[str(path.relative_to(folder))] = content
    return found


def write(folder: Path, files: Files) -> None:
    """Make the written files of a folder exactly these."""
    for name in set(written(folder)) - set(files):
        (folder / name).unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
