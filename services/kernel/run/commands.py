"""What an operator lets a service do once: beside running processes, then the command ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from services.kernel.config import Settings
from services.kernel.probes import Health
from services.kernel.run.privacy import with_privacy
from services.kernel.run.process import Build
from services.kernel.run.resources import Resources, opened


class Command(NamedTuple):
    """`run` returns a line to print; `meaning` is for the help."""

    meaning: str
    run: Callable[[Resources], Awaitable[str]]


async def carry_out(settings: Settings, command: Command, output: Path | None = None) -> int:
    """Run a command and print what it says, or write that to a file; return the exit code."""
    async with opened(settings, Health()) as resources:
        await resources.database.ping()
        said = await command.run(resources)
    if output is None:
        print(said)  # noqa: T201 -- the answer to who typed the command
    else:
        await asyncio.to_thread(_write, output, said)
    return 0


def _write(output: Path, said: str) -> None:
    """Replace a file at once: whoever reads it meanwhile, or after a crash, finds the old or the new one."""
    partial = output.with_name(f"{output.name}.partial")
    partial.write_text(f"{said}\n" if said else "")
    partial.replace(output)


def migration(build: Build) -> Command:
    """Return the command that makes the indexes of what `build` makes, however long that takes."""

    async def migrate(resources: Resources) -> str:
        with_privacy(build(resources.settings, resources), resources.database)
        await resources.database.migrate()
        return "the database has every index of this build"

    return Command("make the indexes that this build needs", migrate)


async def rewrap_keys(resources: Resources) -> str:
    """Let the first master key of DATA_KEY_FILE wrap every key; then the others may go."""
    vault = resources.database.vault
    if vault is None:
        raise SystemExit("DATA_KEY_FILE is not set: there are no keys")
    return f"{await vault.rewrap()} keys wrapped by the first master key"


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"rewrap-keys": Command("let the first key of DATA_KEY_FILE wrap all keys of people", rewrap_keys)}
)
"""What every service can do."""
