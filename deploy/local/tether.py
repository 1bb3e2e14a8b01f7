"""Runs a command that dies with its parent: `python tether.py PARENT_PID SIGNAL COMMAND…`.

Linux only sends the signal; elsewhere the command simply replaces this process. A file of its own, run by
path and without site-packages, because it must set the signal between fork and exec of the command.
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1
MOST_FILES = 65_536
"""Open files a command may have, if its user may: shells often begin with 1,024, of which mongod dies."""


def main(parent: int, death_signal: int, command: list[str]) -> None:
    """Replace this process by `command`; leave with code 1 when the parent is already gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, min(MOST_FILES, most)), most))
    os.execvp(command[0], command)  # noqa: S606 - replacing this process is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
