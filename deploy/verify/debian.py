"""Puts Prometheus's programs beside the other tools: `python -m deploy.verify.debian`.

They come in Debian's packages, which apt verifies; unpacking them needs no root.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.verify.tools import PLACES

PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "prometheus": ("promtool", "prometheus"),
    "prometheus-alertmanager": ("amtool", "prometheus-alertmanager"),
}
"""What each package has under usr/bin that is used here."""
SHARE: Final = PLACES[1].parent / "share"
"""Where packages' usr/share lies: Alertmanager of Debian reads its templates there and nowhere else."""


def fetch(package: str, target: Path) -> str:
    """Write a package's programs into the folder; return "" or why they cannot be had here."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "it comes from Debian's package archive, and this is no Debian"
    with tempfile.TemporaryDirectory(prefix=f"{package}-") as folder:
        trouble = _downloaded(package, folder) and _downloaded(package, folder, *_own_lists(folder))
        if trouble:
            return f"apt-get download {package} failed: {trouble}"
        (archive,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        target.mkdir(parents=True, exist_ok=True)
        for program in PROGRAMS[package]:
            shutil.copy2(Path(folder, "usr", "bin", program), target)
        shutil.copytree(Path(folder, "usr", "share"), SHARE / package, symlinks=True)
    return ""


def _downloaded(package: str, folder: str, *options: str) -> str:
    """Download the package; return "" or why not."""
    got = subprocess.run(
        ["apt-get", *options, "download", package], cwd=folder, capture_output=True, text=True, check=False
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
    """Fetch what is not there; say so if it cannot be had, for the checks then report NOT PROVEN."""
    for package, programs in PROGRAMS.items():
        fetched = (SHARE / package).is_dir()
        if fetched or all(shutil.which(program) for program in programs):
            continue
        if trouble := fetch(package, PLACES[1]):
            print(f"{', '.join(programs)}: {trouble}")


if __name__ == "__main__":
    main()
