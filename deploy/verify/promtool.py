"""Puts promtool beside the other tools: `python -m deploy.verify.promtool`.

It comes in Debian's package `prometheus`, which apt verifies; unpacking it needs no root.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.verify.tools import PLACES

PACKAGE = "prometheus"
PROGRAM = "usr/bin/promtool"


def fetch(target: Path) -> str:
    """Write promtool into the folder; return "" or why it cannot be had here."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "it comes from Debian's package archive, and this is no Debian"
    with tempfile.TemporaryDirectory(prefix="promtool-") as folder:
        trouble = _downloaded(folder) and _downloaded(folder, *_own_lists(folder))
        if trouble:
            return f"apt-get download {PACKAGE} failed: {trouble}"
        (archive,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(folder) / PROGRAM, target)
    return ""


def _downloaded(folder: str, *options: str) -> str:
    """Download the package; return "" or why not."""
    got = subprocess.run(
        ["apt-get", *options, "download", PACKAGE], cwd=folder, capture_output=True, text=True, check=False
    )
    return got.stderr.strip()[-200:] if got.returncode else ""


def _own_lists(folder: str) -> tuple[str, ...]:
    """Fetch what packages there are into the folder, for a machine with old lists or none; needs no root."""
    options = ("-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache")
    for part in ("lists/partial", "cache"):
        (Path(folder) / part).mkdir(parents=True)
    subprocess.run(["apt-get", *options, "update"], capture_output=True, check=False)
    return options


def main() -> None:
    """Fetch it unless it is there; say so if it cannot be had, for the checks then report NOT PROVEN."""
    if shutil.which("promtool", path=str(PLACES[1])) or shutil.which("promtool"):
        return
    if trouble := fetch(PLACES[1]):
        print(f"promtool: {trouble}")


if __name__ == "__main__":
    main()
