"""Puts Prometheus's programs beside the other tools: `python -m deploy.verify.debian`.

They come in Debian's packages, which apt verifies; unpacking them needs no root.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.verify import tools

PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "prometheus": ("promtool", "prometheus"),
    "prometheus-alertmanager": ("amtool", "prometheus-alertmanager"),
}
"""What each package has under usr/bin that is used here."""
_HERE: Final = tools.PLACES[1].parent
SHARE: Final = _HERE / "share"
"""Where packages' usr/share lies: Alertmanager of Debian reads its templates there and nowhere else."""


def fetch(package: str, target: Path) -> str:
    """Write what a package has into `bin` and `share` of a folder; return "" or why it cannot be had."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "it comes from Debian's package archive, and this is no Debian"
    with tempfile.TemporaryDirectory(prefix=f"{package}-") as folder:
        trouble = _downloaded(package, folder) and _downloaded(package, folder, *_own_lists(folder))
        if trouble:
            return f"apt-get download {package} failed: {trouble}"
        (archive,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        unpacked = Path(folder, "usr")
        # Programs come last: where they are, all is there.
        shutil.copytree(unpacked / "share", target / "share" / package, symlinks=True, dirs_exist_ok=True)
        (target / "bin").mkdir(exist_ok=True)
        for program in PROGRAMS[package]:
            shutil.copy2(unpacked / "bin" / program, target / "bin")
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
        if not all(map(tools.where, programs)) and (trouble := fetch(package, _HERE)):
            print(f"{', '.join(programs)}: {trouble}")


if __name__ == "__main__":
    main()
