"""The programs that judge. None is needed to run the platform, so none is in `.venv`."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
PLACES = (_ROOT / ".venv-ops" / "bin", _ROOT / ".cache" / "ops" / "bin")
"""Where tools are installed without root: hash-checked packages, and what cannot come as one."""


class MissingTool(Exception):  # noqa: N818 - nothing is wrong: something cannot be looked at
    """A program is not here, so that what it judges stays unproven; the message says how to get it."""


class ToolFailed(Exception):  # noqa: N818 - read aloud: "tool failed"
    """A program refused its input; the message is what it said."""


def where(name: str) -> str | None:
    """Return the path of a program, None if it is nowhere."""
    return shutil.which(name, path=":".join(map(str, PLACES))) or shutil.which(name)


def find(name: str, how: str = "make verify-deploy installs it") -> str:
    """Return the path of a program. Raises MissingTool, with `how` to get it."""
    found = where(name)
    if found is None:
        raise MissingTool(f"{name} is not there: {how}")
    return found


def run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it said, whatever its exit code."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def output(command: Sequence[str], cwd: Path) -> str:
    """Return the standard output. Raises ToolFailed if the exit code is not zero."""
    done = run(command, cwd)
    if done.returncode:
        raise ToolFailed(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def complaints(command: Sequence[str], cwd: Path) -> list[str]:
    """Return the lines of a program that exits with zero when all is well, none if it did."""
    done = run(command, cwd)
    if not done.returncode:
        return []
    return (done.stdout + done.stderr).strip().splitlines() or [f"{command[0]} exits {done.returncode}"]
