"""The real servers of a run: each starts when a test first asks for it, once for all workers of the run."""

import asyncio
import os
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator
from multiprocessing.connection import Client, Listener
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from deploy.kafka import topics
from deploy.local import kafka
from deploy.local.mongod import Mongod
from services.kernel.kafka import Cluster

MEMORY: Final = Path("/dev/shm")
FORGETFUL: Final = ("--setParameter", "minSnapshotHistoryWindowInSeconds=0", "--syncdelay", "10")
"""Tests drop hundreds of databases: their files go within 10 s, not after 5 min, and few are open at once."""
ROOM: Final = 2 << 30
"""Bytes that must be free in memory for the servers to keep their files there."""


class Servers:
    """One mongod and one broker, or those that MONGO_URL and KAFKA_BOOTSTRAP name."""

    def __init__(self, kind: kafka.Kind, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._data: Path | None = None
        self._mongod: Mongod | None = None
        self._broker: kafka.Broker | None = None
        self._choice: kafka.Choice | None = None
        self._bootstrap = ""
        self._fallen: list[str] = []

    @property
    def lines(self) -> list[str]:
        """Which broker the run used and which server ended before it was stopped, for people."""
        chosen = self._choice
        used = [] if chosen is None else [chosen.why or f"Kafka: Apache Kafka from {chosen.jars}"]
        return used + self._fallen

    async def mongo_url(self) -> str:
        """Return the URL of a one-node replica set. Raises StartFailed."""
        given = os.environ.get("MONGO_URL")
        if given:
            return given
        if self._mongod is None:
            log = self._folder / "mongod.log"
            server = Mongod(self._data_folder() / "mongod", log, more=FORGETFUL)
            await server.start()
            self._mongod = server
        return self._mongod.url

    async def kafka_choice(self) -> kafka.Choice:
        """Return which broker this run uses. Raises StartFailed."""
        self._choice = self._choice or await kafka.choose(self._kind)
        return self._choice

    async def kafka_bootstrap(self) -> str:
        """Return the address of a broker that has the platform's topics. Raises StartFailed."""
        if not self._bootstrap:
            address = await self._broker_address(await self.kafka_choice())
            await topics.apply(Cluster(address))
            self._bootstrap = address
        return self._bootstrap

    async def _broker_address(self, choice: kafka.Choice) -> str:
        if choice.kind is kafka.Kind.EXTERNAL:
            return choice.bootstrap
        server = kafka.broker(choice, self._data_folder(), self._folder / "kafka.log")
        await server.start()
        self._broker = server
        return server.address

    def _data_folder(self) -> Path:
        """Return a folder, in memory if there is room: syncs are free there, and nothing need survive."""
        if self._data is None:
            roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
            parent = MEMORY if roomy else self._folder
            self._data = Path(mkdtemp(prefix="mentoring-tests-", dir=parent))
        return self._data

    async def stop(self) -> None:
        """Stop what was started and remove what it stored; logs stay in the folder."""
        for server in (self._broker, self._mongod):
            if server is None:
                continue
            process = server.process
            if not process.running:
                code = await process.wait()
                self._fallen.append(process.story(f"ended with code {code} before the tests did"))
            await server.stop()
        if self._data is not None:
            shutil.rmtree(self._data)


class Desk(threading.Thread):
    """Keeps the servers for the workers of a run: answers one of them after the other.

    The thread that starts a server must outlive it, so this one starts and stops them all.
    """

    def __init__(self, servers: Servers) -> None:
        super().__init__(name="servers", daemon=True)
        self._servers = servers
        self._listener = Listener(family="AF_UNIX")
        self.address = str(self._listener.address)

    def run(self) -> None:
        """Answer until told to close."""
        with asyncio.Runner() as runner:
            for connection, name in self._questions():
                connection.send(runner.run(_outcome(getattr(self._servers, name))))
            runner.run(self._servers.stop())

    def _questions(self) -> Iterator[tuple[Any, str]]:
        while True:
            with self._listener.accept() as connection:
                name = connection.recv()
                if not name:
                    return
                yield connection, name

    def close(self) -> None:
        """Stop the servers and wait for their end."""
        with Client(self.address) as connection:
            connection.send("")
        self.join()
        self._listener.close()


class Remote:
    """The servers as a worker sees them: each question goes to the desk at this address."""

    def __init__(self, desk: str) -> None:
        self._desk = desk

    async def mongo_url(self) -> str:
        """Return what `Servers.mongo_url` does."""
        return str(await asyncio.to_thread(self._ask, "mongo_url"))

    async def kafka_choice(self) -> kafka.Choice:
        """Return what `Servers.kafka_choice` does."""
        choice: kafka.Choice = await asyncio.to_thread(self._ask, "kafka_choice")
        return choice

    async def kafka_bootstrap(self) -> str:
        """Return what `Servers.kafka_bootstrap` does."""
        return str(await asyncio.to_thread(self._ask, "kafka_bootstrap"))

    def _ask(self, name: str) -> Any:
        with Client(self._desk) as connection:
            connection.send(name)
            value, error = connection.recv()
        if error is not None:
            raise error
        return value


async def _outcome(method: Callable[[], Awaitable[Any]]) -> tuple[Any, Exception | None]:
    try:
        return await method(), None
    except Exception as error:  # noqa: BLE001 -- it is raised where it was asked for
        return None, error
