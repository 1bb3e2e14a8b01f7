"""Processes that do the work, a consumer group of them, and the topics around it."""

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.kafka import topics
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Command, Process
from services.kernel.events import encode
from services.kernel.kafka import Cluster, Producer, Record
from services.processor.agents.reading import TOLD
from services.processor.agents.worker import HEARD, waiting
from tests.bench.groups import LOOK_SECONDS, PATIENCE, at_rest
from tests.bench.processor.events import Lives
from tests.processor.stream import own_topics

FAUST = ("-c", "import sys; group = sys.argv.pop(); from services.processor.__main__ import run; run(group)")
PLAIN = ("-m", "tests.bench.processor.plain")
START_SECONDS = 90.0
AT_ONCE = 2_000
WARM = 200
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bench:
    """A broker to measure on, and what has to be known of it."""

    bootstrap: str
    folder: Path
    producer: Producer

    async def group(self) -> str:
        """Return a new group with its topics, which begins where the events end now."""
        group = f"bench-{uuid.uuid4().hex[:8]}"
        await topics.apply(Cluster(self.bootstrap), own_topics(group))
        ends = await self.ends(*HEARD)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=group, enable_auto_commit=False
        )
        async with consumer:
            consumer.assign(list(ends))
            await consumer.commit(ends)
        return group

    async def ends(self, *names: str) -> dict[TopicPartition, int]:
        """Return where topics end."""
        known = {topic.name: topic.partitions for topic in topics.load()}
        count = known[HEARD[0]]
        places = [TopicPartition(name, number) for name in names for number in range(count)]
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap) as consumer:
            return dict(await consumer.end_offsets(places))

    async def told(self) -> int:
        """Return how many decisions the topic holds."""
        return sum((await self.ends(TOLD)).values())

    async def publish(self, records: Sequence[Record]) -> None:
        """Publish, a batch at a time."""
        for start in range(0, len(records), AT_ONCE):
            await self.producer.publish(records[start : start + AT_ONCE])

    @asynccontextmanager
    async def members(self, argv: Sequence[str], group: str, count: int = 1) -> AsyncIterator["Members"]:
        """Run members of a group until the block ends; all of them work when it begins."""
        made = [self._member(argv, group, number) for number in range(count)]
        try:
            for one in made:
                await one.start(_at_once, START_SECONDS)
            if count > 1:  # the embedded broker has one member only
                await at_rest(self.bootstrap, group, count)
            await self._warm(group)
            yield Members(made)
        finally:
            for one in made:
                await one.kill()

    async def _warm(self, group: str) -> None:
        """Let every partition tell something."""
        before = await self.told()
        await self.publish([encode(Lives(group).missed(number, 0)) for number in range(WARM)])
        await self.until(before + WARM)

    async def until(self, told: int) -> None:
        """Wait until the topic holds so many decisions."""
        async with asyncio.timeout(PATIENCE):
            while await self.told() < told:  # noqa: ASYNC110 -- only asking tells
                await asyncio.sleep(LOOK_SECONDS)

    async def worked_off(self, group: str) -> None:
        """Wait until a group has committed all that it was told, and then all that it made wait.

        Not until there are so many decisions: the plain loop keeps no order between topics, and so decides
        otherwise now and then.
        """
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group, enable_auto_commit=False)
        async with reader, asyncio.timeout(PATIENCE):
            for names in (HEARD, (waiting(group),)):
                ends = await self.ends(*names)
                while not await _committed(reader, ends):  # noqa: ASYNC110 -- only asking tells
                    await asyncio.sleep(LOOK_SECONDS)

    async def last_told(self) -> float:
        """Return when the last decision was sent, in seconds since 1970."""
        last = 0.0
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap) as consumer:
            ends = await self.ends(TOLD)
            consumer.assign(list(ends))
            for place, end in ends.items():
                if end > 0:
                    consumer.seek(place, end - 1)
                    last = max(last, (await consumer.getone(place)).timestamp / 1000)
        return last

    def _member(self, argv: Sequence[str], group: str, number: int) -> Process:
        env = {
            "ENVIRONMENT": "development",
            "METRICS_ADDRESS": f"{LOOPBACK}:{free_port()}",
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "MONGO_URL": "mongodb://unused",
            **dict.fromkeys(("OIDC_ISSUER", "OIDC_JWKS_URL", "OIDC_TOKEN_URL"), "http://unused"),
        }
        log = self.folder / f"{group}-{number}.log"
        return Process(Command(group, (sys.executable, *argv, group), log, env))


class Members:
    """Processes that can be held still while their work is laid out."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes

    @property
    def pids(self) -> list[int]:
        """Return those that run."""
        return [one.pid for one in self._processes if one.pid is not None]

    def hold(self) -> None:
        """Stop them where they are; the group misses them after ten seconds."""
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def go(self) -> float:
        """Let them work; return when that was, in seconds since 1970."""
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)
        return time.time()

    def recovered(self) -> float:
        """Return the seconds that the first recovery took, from the log."""
        lines = self._processes[0].command.log.read_text().splitlines()
        told = [json.loads(line) for line in lines if '"recovered"' in line]
        return float(told[0]["seconds"])

    def processor_seconds(self) -> float:
        """Return the processor time that they have used."""
        times = [psutil.Process(pid).cpu_times() for pid in self.pids]
        return sum(one.user + one.system for one in times)

    def resident(self) -> float:
        """Return their memory in MiB."""
        return sum(psutil.Process(pid).memory_info().rss for pid in self.pids) / MIB


async def _committed(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    return all([(await reader.committed(place) or 0) >= end for place, end in ends.items()])


async def _at_once() -> bool:
    return True
