"""Child processes: started when ready, gone when told, never left behind."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local import ports
from deploy.local.process import ROOT, Command, Process, StartFailed, tail

STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_in(folder: Path, behaviour: str = "", stop_seconds: float = 30.0) -> tuple[Process, int]:
    """Return a stand-in service and the port its health is on."""
    port = ports.free_port()
    env = {"METRICS_ADDRESS": f"127.0.0.1:{port}", "STAND_IN": behaviour}
    command = Command("stand-in", (sys.executable, str(STAND_IN)), folder / "log", env, stop_seconds)
    return Process(command), port


async def test_start_waits_for_ready_and_stop_lets_it_drain(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path)
    await process.start(lambda: ports.answers_ok(port, "/readyz"), 30)
    assert process.pid is not None
    assert await process.stop() == 0
    assert not process.running
    assert "drained" in tail(tmp_path / "log")


async def test_it_starts_again_on_the_same_port_after_a_kill(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path)
    await process.start(lambda: ports.answers_ok(port, "/readyz"), 30)
    first = process.pid
    assert await process.kill() == -signal.SIGKILL
    await process.start(lambda: ports.answers_ok(port, "/readyz"), 30)
    assert process.pid != first
    await process.stop()


async def test_a_process_that_ends_while_starting_shows_its_log(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path, "broken")
    with pytest.raises(StartFailed, match=r"(?s)code 3.*a setting is wrong"):
        await process.start(lambda: ports.answers_ok(port, "/readyz"), 30)


@pytest.mark.servers
async def test_a_process_that_never_gets_ready_is_not_left_running(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path, "silent")
    with pytest.raises(StartFailed, match="not ready"):
        await process.start(lambda: ports.answers_ok(port, "/readyz"), 0.5)
    assert not process.running


async def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path, "stubborn", stop_seconds=0.2)
    await process.start(lambda: ports.answers_ok(port, "/readyz"), 30)
    assert await process.stop() == -signal.SIGKILL


async def test_a_running_process_is_not_started_twice(tmp_path: Path) -> None:
    process, port = stand_in(tmp_path)
    await process.start(lambda: ports.accepts(port), 30)
    with pytest.raises(StartFailed, match="already running"):
        await process.start(lambda: ports.accepts(port), 30)
    await process.stop()


async def test_stopping_what_never_started_is_harmless(tmp_path: Path) -> None:
    process, _ = stand_in(tmp_path)
    assert await process.stop() == await process.kill() == await process.wait() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.servers
def test_children_die_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    """The supervisor gets no chance to clean up: SIGKILL right after it started its child."""
    program = f"""
import asyncio, sys
from pathlib import Path
from deploy.local.process import Command, Process
async def main():
    child = Process(Command("sleeper", ("sleep", "600"), Path({str(tmp_path / "log")!r})))
    async def ready():
        return True
    await child.start(ready, 5)
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_server_may_open_many_files_where_the_shell_allows_few(tmp_path: Path) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    tether = (sys.executable, str(ROOT / "deploy" / "local" / "tether.py"), str(os.getpid()), "9")
    asked = subprocess.run(
        (*tether, "sh", "-c", "ulimit -n"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, most)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(asked.stdout) == min(65_536, most)


def test_the_tether_runs_nothing_for_a_parent_that_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    tether = ROOT / "deploy" / "local" / "tether.py"
    not_the_parent = str(os.getppid())
    done = subprocess.run([sys.executable, str(tether), not_the_parent, "9", "touch", str(made)], check=False)
    assert done.returncode == 1
    assert not made.exists()


def test_free_ports_are_distinct_and_free() -> None:
    found = {ports.free_port() for _ in range(50)}
    assert len(found) == 50
    assert all(ports.is_free(port) for port in found)


async def test_a_reserved_port_is_for_servers_only() -> None:
    """Servers come and go on it; an outgoing connection never gets it, not even one to the port itself."""
    with ports.reserve(None) as held:
        port: int = held.getsockname()[1]
        for _ in range(2):
            assert not await ports.accepts(port)
            async with await asyncio.start_server(lambda _r, w: w.close(), ports.LOOPBACK, port):
                assert await ports.accepts(port)
    assert ports.is_free(port)


async def test_a_taken_port_is_replaced_and_a_free_one_kept() -> None:
    wanted = ports.free_port()
    assert ports.prefer(wanted) == wanted
    server = await asyncio.start_server(lambda _r, w: w.close(), ports.LOOPBACK, wanted)
    async with server:
        assert ports.prefer(wanted) != wanted
        assert await ports.accepts(wanted)
    assert not await ports.accepts(wanted)
