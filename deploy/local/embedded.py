"""The embedded broker behind a front that lets readers wait: `python -m deploy.local.embedded --help`.

The broker of the wheel answers every fetch at once, so that a reader with nothing to read asks thousands of
times a second. The front takes the clients' connections and asks the broker again, now and then, until there
is something or the client's longest wait is over, as Apache Kafka does. It understands the version of Fetch
that aiokafka speaks with this broker; all others pass through as they are. A connection has one request
under way at a time, so a produce request that wants no answer (`acks=0`) would block its connection.
"""

import argparse
import asyncio
import contextlib
import importlib.metadata
import signal
import struct
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.coordination import FindCoordinatorRequest_v1
from aiokafka.protocol.fetch import FetchRequest_v11, FetchResponse_v11
from aiokafka.protocol.metadata import MetadataRequest_v1

from deploy.local import kafka, ports
from deploy.local.process import Command, Process, StartFailed

AGAIN_SECONDS: Final = 0.02
"""Between two questions for one reader: what it adds to the way of an event, at most."""
NAMING: Final = {FindCoordinatorRequest_v1.API_KEY, MetadataRequest_v1.API_KEY}
"""Requests whose answers name the broker's address."""
LENGTH: Final = struct.Struct(">i")
CORRELATION_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a connection; frames are Kafka's: four bytes of length, then the rest."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, frame: bytes) -> None:
        """Write a frame."""
        self.writer.write(LENGTH.pack(len(frame)) + frame)
        await self.writer.drain()

    async def receive(self) -> bytes:
        """Return the next frame. Raises IncompleteReadError at the end of the connection."""
        (length,) = LENGTH.unpack(await self.reader.readexactly(LENGTH.size))
        return await self.reader.readexactly(length)

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return its answer."""
        await self.send(request)
        return await self.receive()


class Front:
    """Listens on `port` for clients of the broker that listens on `behind`."""

    def __init__(self, port: int, behind: int) -> None:
        self._port = port
        self._behind = behind

    async def listen(self) -> asyncio.Server:
        """Take connections from now on."""
        return await asyncio.start_server(self._converse, ports.LOOPBACK, self._port)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client, broker = (
            Peer(reader, writer),
            Peer(*await asyncio.open_connection(ports.LOOPBACK, self._behind)),
        )
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # either of them went
                while True:
                    await client.send(await self._answer(await client.receive(), broker))
        finally:
            writer.close()
            broker.writer.close()

    async def _answer(self, request: bytes, broker: Peer) -> bytes:
        body = BytesIO(request)
        api_key, api_version, *_ = RequestHeader_v1.SCHEMA.decode(body)
        if api_key in NAMING:
            return self._renamed(await broker.ask(request))
        if (api_key, api_version) == (FetchRequest_v11.API_KEY, FetchRequest_v11.API_VERSION):
            return await _patient(request, FetchRequest_v11.decode(body).max_wait_time / 1000, broker)
        return await broker.ask(request)

    def _renamed(self, answer: bytes) -> bytes:
        """Name the front where the broker names itself: in all versions the port follows the host."""
        host = ports.LOOPBACK.encode()
        return answer.replace(host + LENGTH.pack(self._behind), host + LENGTH.pack(self._port))


async def _patient(request: bytes, wait: float, broker: Peer) -> bytes:
    """Return the first answer with something in it, or the last one of the next `wait` seconds."""
    end = asyncio.get_running_loop().time() + wait
    while _is_empty(answer := await broker.ask(request)):
        left = end - asyncio.get_running_loop().time()
        if left <= 0:
            break
        await asyncio.sleep(min(AGAIN_SECONDS, left))
    return answer


def _is_empty(answer: bytes) -> bool:
    """Whether an answer to Fetch has neither records nor an error."""
    fetched = FetchResponse_v11.decode(answer[CORRELATION_BYTES:])
    return not fetched.error_code and not any(
        error or records for _, partitions in fetched.topics for _, error, *_, records in partitions
    )


async def serve(port: int, data: Path, log: Path) -> int:
    """Run the broker and its front until SIGTERM, SIGINT or the broker's end; return the broker's code."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    behind = ports.free_port()
    options = (
        "--only",
        "kafka",
        "--host",
        ports.LOOPBACK,
        "--kafka-port",
        str(behind),
        "--data-dir",
        str(data),
    )
    broker = Process(Command("kafka", (str(_binary()), "start", *options), log))
    await broker.start(lambda: kafka.serves(behind), kafka.START_SECONDS)
    front = await Front(port, behind).listen()
    waiting = {asyncio.create_task(broker.wait()), asyncio.create_task(stop.wait())}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    front.close()
    return await broker.stop()


def _binary() -> Path:
    for file in importlib.metadata.files("noida-db") or []:
        if file.parent.name == "noida_db" and file.stem == "noida-db":
            binary = Path(str(file.locate()))
            binary.chmod(0o755)
            return binary
    raise StartFailed("the embedded broker is not installed: run `make setup`, or set KAFKA_BOOTSTRAP")


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.embedded", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder the broker keeps its records in")
    parser.add_argument("--log", type=Path, required=True, help="file the broker writes to")
    args = parser.parse_args()
    try:
        code = asyncio.run(serve(args.port, args.data, args.log))
    except StartFailed as failed:
        sys.exit(str(failed))
    sys.exit(code)


if __name__ == "__main__":
    main()
