"""Users of the database beside those of services: one with a new password, and one who copies everything."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.mongo import copies
from services.kernel.clock import SystemClock
from services.kernel.links import MongoLink
from services.kernel.mongo import Database
from tests.certificates import Authority
from tests.security.servers import Passwords, SecuredMongod

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PATIENCE = 90.0
RENEWED, COPIER = "renewed", "copier"


def link(mongod: SecuredMongod, authority: Authority, passwords: Passwords, user: str) -> MongoLink:
    return MongoLink(
        environment="production",
        mongo_url=mongod.url,
        mongo_ca_file=authority.file,
        mongo_username=user,
        mongo_password_file=passwords.of(user),
    )


async def connects_anew(database: Database) -> None:
    """Ask until an answer came over a connection that there was not before. PyMongoError, TimeoutError."""
    known = {await connection(database)}
    async with asyncio.timeout(PATIENCE):
        while await connection(database) in known:
            pass


async def connection(database: Database) -> int:
    """Return the server's number of the connection that was asked over."""
    return int((await database.client.admin.command("hello"))["connectionId"])


async def test_a_new_password_of_the_database_needs_no_restart(
    mongod: SecuredMongod, authority: Authority, passwords: Passwords
) -> None:
    """The file first, then the server: at no time is a new connection refused."""
    short = {"maxIdleTimeMS": 1, "minPoolSize": 0}
    async with mongod.client("root") as root:
        await mongod.add(root, RENEWED, [])
        given = link(mongod, authority, passwords, RENEWED)
        kept = {**given.mongo_options(), "password": passwords.text(RENEWED)}
        old: MongoClient[Any] = MongoClient(mongod.url, **kept)
        async with Database(
            given.mongo_url, RENEWED, SystemClock(), options={**given.mongo_options(), **short}
        ) as database:
            await connects_anew(database)
            await asyncio.to_thread(passwords.of(RENEWED).write_text, "another-secret\n")
            await connects_anew(database)
            await root.admin.command("updateUser", RENEWED, pwd="another-secret")
            await connects_anew(database)
        with old, pytest.raises(OperationFailure, match="Authentication failed"):
            await asyncio.to_thread(old.admin.command, "ping")


async def test_who_copies_databases_reads_all_of_them_and_changes_none(
    mongod: SecuredMongod, authority: Authority, passwords: Passwords, tmp_path: Path
) -> None:
    async with mongod.client("root") as root:
        await root["profiles"]["papers"].insert_one({"_id": 1})
        await mongod.add(root, COPIER, [{"role": "backup", "db": "admin"}])
    given = link(mongod, authority, passwords, COPIER)
    await asyncio.to_thread(_copy, given, tmp_path / "data")
    assert (tmp_path / "data" / "profiles" / "papers.bson").stat().st_size > 0


def _copy(given: MongoLink, folder: Path) -> None:
    with MongoClient(given.mongo_url, document_class=RawBSONDocument, **given.mongo_options()) as client:
        names = copies.databases(client, "data")
        assert "profiles" in names
        copies.dump(client, names, folder)
        assert copies.verify(client, folder) != []
        with pytest.raises(OperationFailure, match="not authorized"):
            client["profiles"]["papers"].delete_one({"_id": 1})
