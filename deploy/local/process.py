"""One child process in a group of its own that cannot outlive its supervisor."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TETHER = Path(__file__).with_name("tether.py")
TAIL_BYTES = 2000
POLL_SECONDS = 0.02


class StartFailed(Exception):  # noqa: N818 - read aloud: "start failed"
    """A process ended or stayed silent before it was ready; the text carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, from the repository's root.

    `env` is added to the supervisor's environment; output is appended to `log`.
    `stop_seconds` is the time between SIGTERM and SIGKILL; `orphan_signal` is sent when the supervisor dies.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 30.0
    orphan_signal: signal.Signals = signal.SIGKILL


class Process:
    """A command that can be started, stopped, killed and started again.

    Must be used from the main thread: the kernel sends the orphan signal when the *thread* that started the
    child ends.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        self._child: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.name

    @property
    def pid(self) -> int | None:
        """Process id while running."""
        return self._child.pid if self._child is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._child is not None and self._child.returncode is None

    async def start(self, ready: Callable[[], Awaitable[bool]], within: float) -> None:
        """Start and wait until `ready()`. Raises StartFailed, with nothing left running."""
        if self.running:
            raise StartFailed(f"{self.name} is already running")
        await self._spawn()
        try:
            await self.until(ready, within)
        except BaseException:
            await self.kill()
            raise

    async def _spawn(self) -> None:
        tether = (
            sys.executable,
            "-I",
            "-S",
            str(TETHER),
            str(os.getpid()),
            str(int(self.command.orphan_signal)),
        )
        self.command.log.parent.mkdir(parents=True, exist_ok=True)
        with self.command.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *tether,
                *self.command.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **self.command.env},
                start_new_session=True,
            )

    async def until(self, ready: Callable[[], Awaitable[bool]], within: float) -> None:
        """Wait for `ready()` for `within` seconds at most. Raises StartFailed, also when the child ends."""
        deadline = time.monotonic() + within
        while not await ready():
            if not self.running:
                raise StartFailed(self.story(f"ended with code {await self.wait()} while starting"))
            if time.monotonic() > deadline:
                raise StartFailed(self.story(f"was not ready after {within:.0f} s"))
            await asyncio.sleep(POLL_SECONDS)

    def story(self, what: str) -> str:
        """Return what happened to the process and the end of its log, for people."""
        return f"{self.name} {what}; end of {self.command.log}:\n{tail(self.command.log)}"

    async def wait(self) -> int:
        """Exit code once ended; negative numbers are signals."""
        if self._child is None:
            return 0
        return await self._child.wait()

    async def stop(self) -> int:
        """Send SIGTERM, after `stop_seconds` SIGKILL to the group. Return the code, 0 when never started."""
        if self._child is None:
            return 0
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.command.stop_seconds):
                return await self._child.wait()
        return await self.kill()

    async def kill(self) -> int:
        """SIGKILL to the whole group, also to what the child itself left behind."""
        if self._child is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return await self._child.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.running and self._child is not None:
            self._child.send_signal(number)


def tail(log: Path) -> str:
    """Return the last lines of a log, at most 2,000 bytes."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return file.read().decode(errors="replace")
