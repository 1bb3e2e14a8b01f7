import signal
import subprocess
import sys

import pytest

from services.kernel import crash

LOOP = """
import sys
from services.kernel import crash
if sys.argv[1]: crash.arm(sys.argv[1])
for round in range(5):
    crash.crash_point("after_lease_taken")
    print(round, flush=True)
"""


def run(armed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LOOP, armed], capture_output=True, text=True, check=False)


def test_an_armed_process_is_killed_at_the_chosen_visit_of_the_point() -> None:
    died = run("after_lease_taken:3")
    assert died.returncode == -signal.SIGKILL
    assert died.stdout.split() == ["0", "1"]


def test_without_a_count_the_first_visit_kills() -> None:
    assert not run("after_lease_taken").stdout


@pytest.mark.parametrize("armed", ["", "after_due_saved"])
def test_other_processes_pass(armed: str) -> None:
    passed = run(armed)
    assert (passed.returncode, len(passed.stdout.split())) == (0, 5)


@pytest.mark.parametrize("text", ["nowhere", "", "after_due_saved:0", "after_due_saved:x"])
def test_a_point_that_could_never_fire_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"crash point|invalid literal"):
        crash.parse(text)
