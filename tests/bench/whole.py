"""The platform as a whole: import of a real export, time to start, memory of each process."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import psutil

from deploy.local import kafka
from deploy.local.stack import Stack
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.bench.calls import token
from tests.bench.figures import Figure

EXPORT = Path("deploy/local/data/hr_export.csv")
CHUNK = 64 * 1024
MIB = 1024 * 1024


async def import_people(stack: Stack) -> list[Figure]:
    """ImportPeople of the project's own export into an empty organization: rows per second."""
    file = await asyncio.to_thread(EXPORT.read_bytes)

    async def chunks() -> AsyncIterator[people.ImportPeopleRequest]:
        for at in range(0, len(file), CHUNK):
            yield people.ImportPeopleRequest(parent="organizations/bench", data=file[at : at + CHUNK])

    metadata = await token(stack, "hr-office", "hr_admin")
    async with grpc.aio.insecure_channel(stack.address("profiles")) as channel:
        began, last = time.perf_counter(), people.ImportPeopleResponse()
        async for answer in PersonServiceStub(channel).ImportPeople(chunks(), metadata=metadata, timeout=120):
            last = answer
        seconds = time.perf_counter() - began
    rows = last.summary.created
    return [Figure("ImportPeople", rows / seconds, "rows/s", note=f"{rows} rows in {seconds:.2f} s")]


async def start(data: Path, broker: kafka.Kind) -> list[Figure]:
    """Start the platform on a prepared data folder, as a second `make run` does: seconds and memory."""
    async with Stack(data, on="free", broker=broker, say=quiet):
        pass
    began = time.perf_counter()
    async with Stack(data, on="free", broker=broker, say=quiet) as stack:
        seconds = time.perf_counter() - began
        await asyncio.sleep(2)  # lets start-up garbage go before memory is read
        memory = [_memory(name, stack.pid(name)) for name in stack.names]
    return [
        Figure("start", seconds, "s", note="make run after set-up, until every service is ready"),
        *memory,
    ]


def _memory(name: str, pid: int | None) -> Figure:
    resident = psutil.Process(pid).memory_info().rss / MIB if pid is not None else 0.0
    return Figure(f"memory {name}", resident, "MiB resident")


def quiet(_: str) -> None:
    """Say nothing: the figures are what is printed."""
