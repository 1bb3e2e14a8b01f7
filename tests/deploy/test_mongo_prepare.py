"""A fresh MongoDB is made ready: a replica set and users that reach only what is theirs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from deploy.local import ports
from deploy.local.mongod import OPTIONS, REPLICA_SET, locate
from deploy.local.process import Command, Process
from deploy.local.services import SERVICES as PROCESSES
from deploy.mongo import backup, prepare

Client = AsyncMongoClient[dict[str, Any]]


def write(folder: Path, word: str = "first") -> Path:
    folder.mkdir(exist_ok=True)
    for service in prepare.SERVICES:
        (folder / f"mongo_{service}").write_text(f"{word}-{service}\n")
    return folder


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[str]:
    """Host and port of a server that asks for passwords, of no replica set yet, without any user."""
    port, key, data = ports.free_port(), tmp_path / "members", tmp_path / "data"
    data.mkdir()
    key.write_text("the members know each other")
    key.chmod(0o400)
    auth = ("--auth", "--keyFile", str(key))
    argv = (str(locate()), "--dbpath", str(data), "--port", str(port), *OPTIONS, *auth)
    process = Process(Command("mongod", argv, tmp_path / "mongod.log"))
    await process.start(lambda: ports.accepts(port), 60)
    yield f"{ports.LOOPBACK}:{port}"
    await process.stop()


def client(host: str, **login: Any) -> Client:
    return AsyncMongoClient(f"mongodb://{host}/", directConnection=True, timeoutMS=10_000, **login)


async def prepared(host: str, folder: Path) -> None:
    """Prepare as root, whom the server's image makes in production and the first local client makes here."""
    async with client(host) as local:
        await prepare.initiate(local, REPLICA_SET, host)
        await local.admin.command("createUser", "root", pwd="top", roles=["root"])
    async with client(host, username="root", password="top") as root:
        await prepare.prepare(root, REPLICA_SET, host, folder)


@pytest.mark.servers
async def test_every_service_reaches_what_is_its_own_and_only_adds_to_its_audit_log(
    fresh: str, tmp_path: Path
) -> None:
    await prepared(fresh, write(tmp_path / "secrets"))
    async with client(fresh, username="matching", password="first-matching") as service:
        await service["matching"]["programs"].insert_one({"_id": 1})
        await service["matching_keys"]["keys"].insert_one({"_id": 1})
        await service["matching_audit"]["entries"].insert_one({"_id": 1})
        with pytest.raises(OperationFailure, match="not authorized"):
            await service["matching_audit"]["entries"].delete_one({"_id": 1})
        for other in ("profiles", "profiles_keys", "profiles_audit", "admin"):
            with pytest.raises(OperationFailure, match="not authorized"):
                await service[other]["people"].find_one()


@pytest.mark.servers
async def test_the_servers_root_copies_and_restores_what_services_own(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the container `backup` of docker-compose.yml does."""
    await prepared(fresh, write(tmp_path / "secrets"))
    word, copy = tmp_path / "mongo_root", str(tmp_path / "copy")
    word.write_text("top\n")
    monkeypatch.setenv("MONGO_URL", f"mongodb://{fresh}/?replicaSet={REPLICA_SET}")
    monkeypatch.setenv("MONGO_USERNAME", "root")
    monkeypatch.setenv("MONGO_PASSWORD_FILE", str(word))
    async with client(fresh, username="matching", password="first-matching") as service:
        await service["matching"]["programs"].insert_one({"_id": 1})
        await asyncio.to_thread(backup.main, ["dump", "data", copy])
        await service["matching"]["programs"].delete_one({"_id": 1})
        await asyncio.to_thread(backup.main, ["restore", copy, "--drop"])
        assert await service["matching"]["programs"].find_one() == {"_id": 1}


@pytest.mark.servers
async def test_a_second_run_changes_only_passwords(fresh: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "secrets")
    await prepared(fresh, folder)
    write(folder, "second")
    async with client(fresh, username="root", password="top") as root:
        await prepare.prepare(root, REPLICA_SET, fresh, folder)
    async with client(fresh, username="matching", password="second-matching") as service:
        await service["matching"]["programs"].insert_one({"_id": 1})


def test_every_missing_password_is_named_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "secrets")
    (folder / "mongo_matching").unlink()
    (folder / "mongo_profiles").write_text("\n")
    with pytest.raises(prepare.PrepareError, match=r"mongo_profiles.*mongo_matching"):
        prepare.passwords(folder)


def test_every_service_with_a_database_has_a_user() -> None:
    assert set(prepare.SERVICES) == {service.name for service in PROCESSES} - {"processor"}
