"""Builds the image without a daemon and runs it as a cluster would: no root, no rights, nothing to write to.

The pinned base cannot be fetched everywhere, so a Debian of the same release with the same Python stands in.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.verify import sbom
from deploy.verify.tools import MissingTool
from deploy.verify.tree import Tree

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("buildah", "podman", "mmdebstrap", "runc")
BASE, IMAGE = "localhost/mentoring-base:test", "localhost/mentoring-platform:test"
PACKAGES = "python3,python3-pip,python-is-python3,ca-certificates,libstdc++6"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
SETTINGS = '[engine]\nruntime="runc"\n[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n'


class CannotBuild(Exception):  # noqa: N818 -- a state of this machine, not a mistake of the image
    """Containers cannot be made or run here; the text says why."""


class Engine:
    """Builds and runs in one folder of settings."""

    def __init__(self, folder: Path) -> None:
        settings = folder / "containers.conf"
        settings.write_text(SETTINGS)
        self._folder = folder
        self.env = {**os.environ, "CONTAINERS_CONF": str(settings)}

    def build(self) -> None:
        """Make the image of this tree, or fail. CannotBuild where no container can run at all."""
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            raise CannotBuild(f"{', '.join(missing)} not installed")
        try:
            sbom.write(Tree(), ROOT / sbom.FILE)
        except MissingTool as tool:
            raise CannotBuild(str(tool)) from tool
        self._stand_in()
        trust = ("-v", f"{AUTHORITIES}:{AUTHORITIES}:ro", "--env", f"PIP_CERT={AUTHORITIES}")
        recipe = ("--build-arg", f"BASE={BASE}", "-f", "deploy/Dockerfile", "-t", IMAGE)
        how = ("--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never")
        done = self._run(["buildah", "bud", *how, *trust, *recipe, "."])
        assert done.returncode == 0, done.stdout + done.stderr

    def _stand_in(self) -> None:
        archive = self._folder / "base.tar"
        steps = (
            ["mmdebstrap", "--variant=essential", f"--include={PACKAGES}", "bookworm", str(archive)],
            ["podman", "import", str(archive), BASE],
            ["podman", "run", "--rm", "--network", "host", BASE, "python3", "--version"],
        )
        for step in steps:
            done = self._run(step)
            if done.returncode:
                raise CannotBuild(f"{' '.join(step[:2])}: {done.stderr.strip()[-300:]}")

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)

    def command(
        self, *argv: str, env: Mapping[str, str] | None = None, mounts: Sequence[Path] = ()
    ) -> list[str]:
        """Return what runs `argv` in the image with nothing but these settings and folders."""
        given = [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
        seen = [word for folder in mounts for word in ("-v", f"{folder}:{folder}:ro")]
        bare = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges")
        return ["podman", "run", "--rm", "--network", "host", *bare, *given, *seen, IMAGE, *argv]

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the image to its end."""
        return self._run(self.command(*argv))
