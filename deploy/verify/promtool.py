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
        got = subprocess.run(
            ["apt-get", "download", PACKAGE], cwd=folder, capture_output=True, text=True, check=False
        )
        archives = list(Path(folder).glob("*.deb"))
        if got.returncode or not archives:
            return f"apt-get download {PACKAGE} failed (apt-get update may help): {got.stderr.strip()[-200:]}"
        subprocess.run(["dpkg-deb", "-x", archives[0], folder], check=True)
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(folder) / PROGRAM, target)
    return ""


def main() -> None:
    """Fetch it unless it is there; say so if it cannot be had, for the checks then report NOT PROVEN."""
    if shutil.which("promtool", path=str(PLACES[1])) or shutil.which("promtool"):
        return
    if trouble := fetch(PLACES[1]):
        print(f"promtool: {trouble}")


if __name__ == "__main__":
    main()
