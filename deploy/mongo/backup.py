"""Copies databases into a folder and back: `python -m deploy.mongo.backup dump|restore|verify`.

A dump shows all databases as they were at one moment, while services write. Indexes are not kept: services
make theirs. MONGO_URL and its companions come from the environment, as for services.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bson.raw_bson import RawBSONDocument
from pydantic import Field, ValidationError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.mongo import keeping
from deploy.mongo.copies import KEYS, BackupError, Client, Copied, databases, dump, restore, verify
from services.kernel.config import mistakes
from services.kernel.links import MongoLink


class MongoTool(MongoLink):
    """What the command needs of the environment."""

    environment: Literal["development", "production"] = Field(
        default="development", description="as for services"
    )


def _client() -> Client:
    """Connect by the environment's MONGO_ settings. BackupError for wrong ones."""
    try:
        tool = MongoTool()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        raise BackupError("\n".join(mistakes(error))) from None
    return MongoClient(tool.mongo_url, document_class=RawBSONDocument, w="majority", **tool.mongo_options())


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m deploy.mongo.backup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True)
    dumping = commands.add_parser("dump", help="copy databases into a new folder")
    dumping.add_argument(
        "part",
        choices=("data", "keys"),
        help=f"the databases of services, or those whose names end in {KEYS}",
    )
    dumping.add_argument("folder", type=Path)
    dumping.add_argument(
        "--keep",
        type=_number,
        help="copy into a new folder inside of this one, named by part and time, and remove all but the "
        "latest so many whole ones of the part",
    )
    dumping.add_argument("--database", action="append", default=[], help="only this one; may be repeated")
    restoring = commands.add_parser("restore", help="copy a folder back, then verify it")
    restoring.add_argument("folder", type=Path)
    restoring.add_argument("--drop", action="store_true", help="replace databases that hold documents")
    verifying = commands.add_parser("verify", help="compare counts and hashes of the databases with a folder")
    verifying.add_argument("folder", type=Path)
    return made


def _number(text: str) -> int:
    """Return how many backups to keep: none would leave nothing to restore."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a number from 1 on")
    return int(text)


def _obey(chosen: argparse.Namespace, client: Client) -> list[Copied]:
    if chosen.command == "dump":
        return _dump(chosen, client)
    if chosen.command == "restore":
        return restore(client, chosen.folder, drop=chosen.drop)
    return verify(client, chosen.folder)


def _dump(chosen: argparse.Namespace, client: Client) -> list[Copied]:
    """Copy, and only then remove older ones."""
    names = databases(client, chosen.part, chosen.database)
    if chosen.keep is None:
        return dump(client, names, chosen.folder)
    folder = keeping.next_folder(chosen.folder, chosen.part, datetime.now(UTC))
    copied = dump(client, names, folder)
    for path in keeping.remove_outdated(chosen.folder, chosen.part, chosen.keep):
        print(f"removed {path}")
    return copied


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command; exit code 1 says on standard error what is wrong."""
    chosen = parser().parse_args(arguments)
    try:
        with _client() as client:
            copied = _obey(chosen, client)
    except (BackupError, PyMongoError, OSError) as error:
        raise SystemExit(f"{chosen.command}: {error}") from None
    for one in copied:
        print(f"{one.sha256[:16]}  {one.documents:>9}  {one.database}.{one.collection}")
    print(f"{chosen.command}: {sum(one.documents for one in copied)} documents")


if __name__ == "__main__":
    main()
