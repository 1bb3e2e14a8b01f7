"""Copies databases into a folder and back: `python -m deploy.mongo.backup dump|restore|verify`.

A dump shows all databases as they were at one moment, while services write. Indexes are not kept: services
make theirs. MONGO_URL and its companions come from the environment, as for services.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bson.raw_bson import RawBSONDocument
from pydantic import Field, ValidationError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.mongo.backup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    dumping = commands.add_parser("dump", help="copy databases into a new folder")
    dumping.add_argument(
        "part",
        choices=("data", "keys"),
        help=f"the databases of services, or those whose names end in {KEYS}",
    )
    dumping.add_argument("folder", type=Path)
    dumping.add_argument("--database", action="append", default=[], help="only this one; may be repeated")
    restoring = commands.add_parser("restore", help="copy a folder back, then verify it")
    restoring.add_argument("folder", type=Path)
    restoring.add_argument("--drop", action="store_true", help="replace databases that hold documents")
    verifying = commands.add_parser("verify", help="compare counts and hashes of the databases with a folder")
    verifying.add_argument("folder", type=Path)
    return parser


def _obey(chosen: argparse.Namespace, client: Client) -> list[Copied]:
    if chosen.command == "dump":
        return dump(client, databases(client, chosen.part, chosen.database), chosen.folder)
    if chosen.command == "restore":
        return restore(client, chosen.folder, drop=chosen.drop)
    return verify(client, chosen.folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command; exit code 1 says on standard error what is wrong."""
    chosen = _parser().parse_args(arguments)
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
