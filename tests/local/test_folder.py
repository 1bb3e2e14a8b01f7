"""The data folder: one platform at a time, and others find it only while it really runs."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.folder import Folder, InUse, NotRunning, State

STATE = State(
    pid=1,
    grpc={"profiles": "127.0.0.1:50051"},
    metrics={"profiles": "127.0.0.1:9101"},
    mongo="mongodb://127.0.0.1:27017",
    kafka="127.0.0.1:9092",
    kafka_kind="apache",
    issuer="http://127.0.0.1:8081",
    mailbox="http://127.0.0.1:8025",
    smtp="127.0.0.1:1025",
    clock_file="/data/clock",
)


def test_state_is_found_while_the_folder_is_held_and_not_after(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    with folder.held():
        folder.publish(STATE)
        assert Folder(tmp_path / "data").running() == STATE
    with pytest.raises(NotRunning, match="make run"):
        folder.running()


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.held():
        with pytest.raises(InUse, match="already runs"), Folder(tmp_path).held():
            pass
        folder.publish(STATE)
        assert folder.running() == STATE, "the refused one must not remove the state of the running one"
    with folder.held():
        pass


def test_nothing_runs_before_the_first_start_and_while_starting(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(NotRunning):
        folder.running()
    with folder.held(), pytest.raises(NotRunning):
        folder.running()


def test_a_killed_platform_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    """Its state file is still there, its lock is not."""
    Folder(tmp_path).publish(STATE)
    program = (
        "import signal, sys; from pathlib import Path; from deploy.local.folder import Folder\n"
        "with Folder(Path(sys.argv[1])).held():\n    print('held', flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert Folder(tmp_path).running() == STATE
        holder.send_signal(signal.SIGKILL)
    with pytest.raises(NotRunning):
        Folder(tmp_path).running()
    with Folder(tmp_path).held():
        pass
