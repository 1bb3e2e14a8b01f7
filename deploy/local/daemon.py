"""A Python program of this repository as one process of the platform."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from deploy.local.process import Command, Process

START_SECONDS = 90.0


class Daemon:
    """Starts its command, with `extra` added to its environment, and waits for `ready`."""

    def __init__(self, command: Command, ready: Callable[[], Awaitable[bool]]) -> None:
        self.name = command.name
        self.extra: dict[str, str] = {}
        self.process = Process(command)
        self._plain = command
        self._ready = ready

    async def start(self) -> None:
        """Start and wait until it serves. Raises StartFailed."""
        self.process.command = replace(self._plain, env={**self._plain.env, **self.extra})
        await self.process.start(self._ready, START_SECONDS)

    async def stop(self) -> int:
        """Stop in order."""
        return await self.process.stop()

    async def kill(self) -> int:
        """SIGKILL."""
        return await self.process.kill()
