"""The command line of every service."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NoReturn

from services.kernel.config import Settings
from services.kernel.host import enter
from services.kernel.run.commands import COMMANDS, Command, carry_out, migration
from services.kernel.run.process import Build, serve
from services.kernel.run.roles import MEANINGS, Role

_NONE: Final[Mapping[str, Command]] = MappingProxyType({})


def main(
    name: str, build: Build, argv: Sequence[str] | None = None, *, commands: Mapping[str, Command] = _NONE
) -> NoReturn:
    """Run service `name` until SIGTERM or SIGINT, or one of its commands; never returns.

    Exits 0 after a clean stop, 1 when a part failed or could not start, 2 for wrong arguments or settings.
    """
    known = {"migrate": migration(build), **COMMANDS, **commands}
    chosen, output = _chosen(name, argv, known)
    if isinstance(chosen, Command):
        enter(name, Settings, lambda settings: carry_out(settings, chosen, output))
    enter(name, Settings, lambda settings: serve(settings, build, chosen))


def _chosen(
    name: str, argv: Sequence[str] | None, commands: Mapping[str, Command]
) -> tuple[frozenset[Role] | Command, Path | None]:
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{name}",
        description="Settings come from the environment; wrong ones are all reported at once.",
    )
    told = ", ".join(f"{role}: {meaning}" for role, meaning in MEANINGS.items())
    once = ", ".join(f"{word}: {command.meaning}" for word, command in commands.items())
    parser.add_argument(
        "role", nargs="*", help=f"what this process does, everything by default ({told}); or once: {once}"
    )
    parser.add_argument(
        "--output", type=Path, help="with what is done once: a file that gets what it says, all at once"
    )
    parsed = parser.parse_args(argv)
    given: list[str] = parsed.role
    if len(given) == 1 and given[0] in commands:
        return commands[given[0]], parsed.output
    if parsed.output is not None:
        parser.error("--output is for what is done once")
    unknown = set(given) - set(Role)
    if unknown:
        parser.error(f"unknown role: {', '.join(sorted(unknown))}")
    return frozenset(Role(role) for role in given) or frozenset(Role), None
