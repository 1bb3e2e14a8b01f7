"""Everywhere that a text might lie: databases, topics, logs, metrics; and what operators do with them."""

import asyncio
import os
import sys
from collections.abc import Sequence

import aiohttp
from aiokafka import AIOKafkaConsumer
from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from deploy.local.daemon import Daemon
from services.kernel.clock import SystemClock
from services.kernel.mongo import Database
from services.kernel.mongo.model import request_cause
from tests.e2e.writing import ANN, CHAT_HOST, MARK, World

KEEPERS = ("profiles", "matching", "mentorships", "scheduling", "notifications", "recognition")

Dump = dict[tuple[str, str], list[bytes]]


async def dump(world: World) -> Dump:
    """Return every document of the platform's databases as stored, by database and collection."""
    found: Dump = {}
    async with Database(world.stack.state.mongo, "dump", SystemClock()) as database:
        for service in KEEPERS:
            for name in (service, f"{service}_keys"):
                kept = database.client[name]
                for collection in await kept.list_collection_names():
                    raw = kept.get_collection(collection, codec_options=CodecOptions(RawBSONDocument))
                    found[name, collection] = [bytes(one.raw) async for one in raw.find()]
    return found


def left(found: Dump) -> list[tuple[tuple[str, str], str]]:
    """Return where something of Ann's lies that is no text of hers, and what it is."""
    mine = request_cause(ANN.person)
    places: list[tuple[tuple[str, str], str]] = []
    for place, documents in found.items():
        for document in map(decode, documents):
            causes = [document.get("created", {}), *document.get("seen", ())]
            checks = {
                "chat": CHAT_HOST in str(document.get("state")),
                "request id": str(document["_id"]).partition("/")[2].startswith(mine),
                "digest": any(one.get("h") and one["id"].startswith(mine) for one in causes),
            }
            places += [(place, what) for what, there in checks.items() if there]
    return places


async def restore(world: World, backup: Dump, databases: Sequence[str]) -> None:
    """Bring databases back to what they were, while no service runs: they remember keys."""
    await asyncio.gather(*(world.stack.down(name) for name in KEEPERS))
    async with Database(world.stack.state.mongo, "restore", SystemClock()) as database:
        for (name, collection), documents in backup.items():
            if name in databases and collection not in {"leases", "request_ids"}:
                kept = database.client[name][collection]
                await kept.delete_many({})
                if documents:
                    await kept.insert_many([RawBSONDocument(one) for one in documents])
    await asyncio.gather(*(world.stack.restart(name) for name in KEEPERS))


async def records(world: World) -> bytes:
    """Return every byte of every topic."""
    async with AIOKafkaConsumer(bootstrap_servers=world.stack.state.kafka) as consumer:
        topics = [topic for topic in await consumer.topics() if not topic.startswith("__")]
    found = bytearray()
    async with AIOKafkaConsumer(*topics, bootstrap_servers=world.stack.state.kafka) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        await consumer.seek_to_beginning(*ends)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    found += (record.key or b"") + (record.value or b"")
                    found += b"".join(value or b"" for _, value in record.headers)
    assert b"mentoring.profiles.v1.PersonCreated" in found
    return bytes(found)


async def metrics(world: World) -> bytes:
    """Return what every process says of itself."""
    async with aiohttp.ClientSession() as session:
        pages = [
            await (await session.get(f"http://{address}/metrics")).read()
            for address in world.stack.state.metrics.values()
        ]
    return b"".join(pages)


def logs(world: World) -> bytes:
    return b"".join(file.read_bytes() for file in (world.stack.folder.path / "logs").iterdir())


def plain(found: bytes) -> list[bytes]:
    """Return what can be read of anybody's texts."""
    return [found[at : at + 40] for at in range(len(found)) if found.startswith(MARK.encode(), at)][:5]


async def command(world: World, name: str, stdin: str = "") -> str:
    """Run a command of the profiles as an operator does, beside the running services."""
    unit = world.stack._unit("profiles")
    assert isinstance(unit, Daemon)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.profiles", name),
        env={**os.environ, **unit.process.command.env, "METRICS_ADDRESS": "127.0.0.1:0"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0, out.decode()
    return out.decode()
