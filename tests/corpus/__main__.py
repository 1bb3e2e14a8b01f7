"""Keeps what this release tells and stores, for all later ones: `python -m tests.corpus write`.

`check` says which event types are newer than the last release kept: none, when a release is tagged.
"""

import argparse

from tests.corpus import releases


def main() -> None:
    """Run as a command; exit code 1 when the release is there already, or when types are missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="keep those of the version in pyproject.toml; never overwrites")
    commands.add_parser("check", help="list the event types that the last release kept does not have")
    if parser.parse_args().command == "check":
        missing = releases.missing()
        print("\n".join(missing) or f"{releases.releases()[-1]} has every event type")
        raise SystemExit(bool(missing))
    try:
        written = releases.write(releases.version())
    except FileExistsError:
        raise SystemExit(
            f"release {releases.version()} is kept already and never changes: "
            "raise `version` in pyproject.toml for a new one"
        ) from None
    size = sum(path.stat().st_size for path in written)
    print(f"release {releases.version()}: {len(written)} files, {size} bytes")


if __name__ == "__main__":
    main()
