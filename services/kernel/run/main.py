"""The command line of every service."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from services.kernel.config import Settings
from services.kernel.host import enter
from services.kernel.run.process import Build, serve
from services.kernel.run.roles import MEANINGS, Role


def main(name: str, build: Build, argv: Sequence[str] | None = None) -> NoReturn:
    """Run service `name` until SIGTERM or SIGINT; never returns.

    Exits 0 after a clean stop, 1 when a part failed or could not start, 2 for wrong arguments or settings.
    """
    roles = _roles(name, argv)
    enter(name, Settings, lambda settings: serve(settings, build, roles))


def _roles(name: str, argv: Sequence[str] | None) -> frozenset[Role]:
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{name}",
        description="Settings come from the environment; wrong ones are all reported at once.",
    )
    told = ", ".join(f"{role}: {meaning}" for role, meaning in MEANINGS.items())
    parser.add_argument("role", nargs="*", help=f"what this process does, everything by default ({told})")
    given: list[str] = parser.parse_args(argv).role
    unknown = set(given) - set(Role)
    if unknown:
        parser.error(f"unknown role: {', '.join(sorted(unknown))}")
    return frozenset(Role(role) for role in given) or frozenset(Role)
