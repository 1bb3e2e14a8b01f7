"""Makes a replica set of a fresh server, and one user per service: `python -m deploy.mongo.prepare --help`.

A user may read and write the database of its service and the one with its keys, add to its audit log without
changing what is there, and nothing else. Run again, it changes nothing but passwords that differ.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from deploy import callgraph
from services.kernel.mongo.trail import ACTIONS

SERVICES = tuple(service.name for service in callgraph.load().using("mongodb"))
DATABASES = ("{service}", "{service}_keys")
"""What a service owns: its data, and the keys that its people's texts are sealed with."""
ALREADY_INITIALIZED, USER_EXISTS, ROLE_EXISTS = 23, 51003, 51002
ELECTION_SECONDS = 30.0

Client = AsyncMongoClient[dict[str, Any]]


class PrepareError(Exception):
    """Something to mend first; the message says what."""


def additions(service: str) -> list[dict[str, Any]]:
    """Return the privileges of who may add to a service's audit log."""
    return [{"resource": {"db": f"{service}_audit", "collection": ""}, "actions": [*ACTIONS]}]


def rights(service: str) -> list[dict[str, str]]:
    """Return the roles of a service's user."""
    own = [{"role": "readWrite", "db": name.format(service=service)} for name in DATABASES]
    return [*own, {"role": f"{service}-audit", "db": "admin"}]


def passwords(folder: Path, services: Sequence[str] = SERVICES) -> dict[str, str]:
    """Read `mongo_<service>` of every service. PrepareError names all that are missing or empty."""
    files = {service: folder / f"mongo_{service}" for service in services}
    found = {name: file.read_text().strip() if file.is_file() else "" for name, file in files.items()}
    missing = [str(files[name]) for name, text in found.items() if not text]
    if missing:
        raise PrepareError(f"no password in {', '.join(missing)}")
    return found


async def initiate(client: Client, name: str, host: str) -> None:
    """Make the server the first member of a replica set, unless it is one; return when it accepts writes."""
    try:
        members = [{"_id": 0, "host": host}]
        await client.admin.command("replSetInitiate", {"_id": name, "members": members})
    except OperationFailure as error:
        if error.code != ALREADY_INITIALIZED:
            raise
    async with asyncio.timeout(ELECTION_SECONDS):
        while not (await client.admin.command("hello"))["isWritablePrimary"]:  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(0.2)


async def users(client: Client, words: Mapping[str, str]) -> None:
    """Make every service's user exist with its password and exactly its rights."""
    for service, password in words.items():
        adding = {"privileges": additions(service), "roles": []}
        await _made(client, ("createRole", "updateRole"), f"{service}-audit", adding)
        wanted = {"pwd": password, "roles": rights(service)}
        await _made(client, ("createUser", "updateUser"), service, wanted)


async def _made(client: Client, commands: tuple[str, str], name: str, wanted: Mapping[str, Any]) -> None:
    create, update = commands
    try:
        await client.admin.command(create, name, **wanted)
    except OperationFailure as error:
        if error.code not in {USER_EXISTS, ROLE_EXISTS}:
            raise
        await client.admin.command(update, name, **wanted)


async def prepare(client: Client, replica_set: str, host: str, folder: Path) -> None:
    """Do all of it; nothing is changed when a password is missing."""
    words = passwords(folder)
    await initiate(client, replica_set, host)
    await users(client, words)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.mongo.prepare", description=__doc__)
    parser.add_argument("--host", required=True, help="host:port, also the member's name in the replica set")
    parser.add_argument("--replica-set", default="rs0", help="its name (%(default)s)")
    parser.add_argument("--user", help="who may make users; the server's root")
    parser.add_argument("--password-file", type=Path, help="file with that user's password")
    parser.add_argument(
        "--ca-file", type=Path, help="authorities of the server's certificate: switches TLS on"
    )
    parser.add_argument(
        "--passwords", type=Path, required=True, help="folder with a file mongo_<service> each"
    )
    return parser.parse_args()


async def _main(given: argparse.Namespace) -> None:
    login = (
        {"username": given.user, "password": given.password_file.read_text().strip()} if given.user else {}
    )
    secure = {"tls": True, "tlsCAFile": str(given.ca_file)} if given.ca_file else {}
    options: dict[str, Any] = {**login, **secure}
    client: Client = AsyncMongoClient(f"mongodb://{given.host}/", directConnection=True, **options)
    async with client:
        await prepare(client, given.replica_set, given.host, given.passwords)
    print(f"replica set {given.replica_set} and {len(SERVICES)} users are ready")


def main() -> None:
    """Run as a command."""
    try:
        asyncio.run(_main(_arguments()))
    except (PrepareError, OperationFailure, TimeoutError) as error:
        raise SystemExit(f"not prepared: {error or 'the replica set has elected nobody'}") from None


if __name__ == "__main__":
    main()
