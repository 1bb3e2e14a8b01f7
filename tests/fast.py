"""`make test-fast`: the tests that need no server, by one pytest per core, each with its share of the files.

The workers of one pytest cost half as much again: each collects every file, and every result goes through a
pipe. Files that the markers leave out as a whole are not even imported.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SLOW = ("servers", "e2e", "chaos", "kernels")
MOST = 4
"""Processes at once; more of them spend their time on starting."""
_WHOLE_FILE = re.compile(rf"^pytestmark = (\[[^\]]*|.*)\bmark\.({'|'.join(SLOW)})\b", re.MULTILINE)


def files(root: Path) -> list[Path]:
    """Return the files with fast tests: folder by folder, in each the largest first."""
    found = [path for path in root.rglob("test_*.py") if not _WHOLE_FILE.search(path.read_text())]
    return sorted(found, key=lambda path: (path.parent, -path.stat().st_size))


def shares(found: list[Path], number: int) -> list[list[Path]]:
    """Deal the files out and back again, so that every share has as much of each folder."""
    circle = [*range(number), *reversed(range(number))]
    dealt: list[list[Path]] = [[] for _ in range(number)]
    for place, path in enumerate(found):
        dealt[circle[place % len(circle)]].append(path)
    return [share for share in dealt if share]


def tested(share: list[Path]) -> subprocess.CompletedProcess[str]:
    """Run the fast tests of these files; return what pytest says, and its exit code."""
    markers = " and ".join(f"not {name}" for name in SLOW)
    # The cache of failures is one file, which all would write.
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=fast")
    command = (*pytest, "-m", markers, *map(str, share))
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def main() -> int:
    """Run every share and print what it says. Return the worst exit code."""
    number = min(os.cpu_count() or 1, MOST)
    worst = 0
    with ThreadPoolExecutor(number) as pool:
        for done in pool.map(tested, shares(files(Path("tests")), number)):
            sys.stdout.write(done.stdout)
            worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
