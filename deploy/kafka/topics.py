"""Makes the topics of `topics.yaml` exist: `python -m deploy.kafka.topics --bootstrap host:9092`.

Encryption and login come from the environment, as for services: KAFKA_SECURITY_PROTOCOL and its companions.
"""

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from pydantic import ValidationError

from services.kernel.config import mistakes
from services.kernel.events.dead_letters import SUFFIX
from services.kernel.kafka import Cluster
from services.kernel.links import KafkaTool

FILE = Path(__file__).resolve().with_name("topics.yaml")
REQUEST_MS = 10_000
CREATED, EXISTS, UNKNOWN = 0, 36, 3
VISIBLE_SECONDS = 10.0


class TopicsError(Exception):
    """A topic was refused or has another partition count, or a setting is wrong; one line each."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_ms` None keeps records for ever; `cleanup` is `delete` or `compact`."""

    name: str
    partitions: int
    writer: str
    readers: tuple[str, ...]
    cleanup: str = "delete"
    retention_ms: int | None = None

    def configs(self) -> dict[str, str]:
        """Return the broker's settings of the topic."""
        kept = -1 if self.retention_ms is None else self.retention_ms
        return {"cleanup.policy": self.cleanup, "retention.ms": str(kept)}


def load(file: Path = FILE) -> tuple[Topic, ...]:
    """Every topic of the file, dead-letter topics included."""
    data = yaml.safe_load(file.read_text())
    return (*_events(data), *_compacted(data))


def _events(data: dict[str, Any]) -> Iterator[Topic]:
    for entry in (*data["events"], *data["internal"]):
        readers = tuple(entry["readers"])
        name, kept = entry["name"], entry["retention_ms"]
        yield Topic(name, data["partitions"], entry["writer"], readers, retention_ms=kept)
        dead = data["dead_letters"]
        yield Topic(f"{name}{SUFFIX}", dead["partitions"], "readers", (), retention_ms=dead["retention_ms"])


def _compacted(data: dict[str, Any]) -> Iterator[Topic]:
    for entry in data["compacted"]:
        readers = tuple(entry["readers"])
        yield Topic(entry["name"], data["partitions"], entry["writer"], readers, cleanup="compact")


def cluster(bootstrap: str) -> Cluster:
    """Return how to reach brokers by the environment's KAFKA_ settings. Raises TopicsError for wrong ones."""
    try:
        return KafkaTool(kafka_bootstrap=bootstrap).cluster()
    except ValidationError as error:
        raise TopicsError("\n".join(mistakes(error))) from None


async def apply(brokers: Cluster, topics: Sequence[Topic] | None = None, *, replicas: int = 1) -> list[str]:
    """Create what is missing and return its names, once every topic is visible. Raises TopicsError."""
    wanted = load() if topics is None else tuple(topics)
    async with admin(brokers) as client:
        before = await _partitions(client, wanted)
        missing = [topic for topic in wanted if topic.name not in before]
        await _create(client, missing, replicas)
        found = await _visible(client, wanted)
    differing = [
        f"{topic.name} has {found[topic.name]} partitions instead of {topic.partitions}"
        for topic in wanted
        if found[topic.name] != topic.partitions
    ]
    if differing:
        raise TopicsError("\n".join(differing))
    return [topic.name for topic in missing]


async def _create(client: AIOKafkaAdminClient, topics: Sequence[Topic], replicas: int) -> None:
    if not topics:
        return
    answer = await client.create_topics(
        [NewTopic(t.name, t.partitions, replicas, topic_configs=t.configs()) for t in topics]
    )
    refused = [
        f"{name}: {for_code(code).__name__} {text or ''}".strip()
        for name, code, text in answer.topic_errors
        if code not in {CREATED, EXISTS}
    ]
    if refused:
        raise TopicsError("\n".join(refused))


async def _visible(client: AIOKafkaAdminClient, topics: Sequence[Topic]) -> dict[str, int]:
    """Partition counts, once the broker's own metadata has caught up with its answers."""
    async with asyncio.timeout(VISIBLE_SECONDS):
        while len(found := await _partitions(client, topics)) < len(topics):  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.05)
    return found


async def _partitions(client: AIOKafkaAdminClient, topics: Sequence[Topic]) -> dict[str, int]:
    existing = set(await client.list_topics())
    names = [topic.name for topic in topics if topic.name in existing]
    described = await client.describe_topics(names) if names else []
    return {entry["topic"]: len(entry["partitions"]) for entry in described if not entry["error_code"]}


async def partitions(brokers: Cluster, name: str) -> int:
    """Return how many partitions a topic has, 0 when there is no such topic. KafkaError."""
    async with admin(brokers) as client:
        return (await _partitions(client, [Topic(name, 0, "", ())])).get(name, 0)


async def reachable(brokers: Cluster) -> bool:
    """Whether a broker answers the admin protocol there now."""
    try:
        with _quiet():
            async with admin(brokers):
                return True
    except (KafkaError, OSError):
        return False


@asynccontextmanager
async def admin(brokers: Cluster) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a connected admin client. KafkaError."""
    client = AIOKafkaAdminClient(**brokers.options(), request_timeout_ms=REQUEST_MS)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client from logging refused connections as errors while a broker is still starting."""
    logger = logging.getLogger("aiokafka")
    before, logger.level = logger.level, logging.CRITICAL
    try:
        yield
    finally:
        logger.setLevel(before)


def main() -> None:
    """Run as a command; exit code 1 when the broker refuses."""
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka.topics", description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="the broker's host:port")
    parser.add_argument("--replicas", type=int, default=1, help="copies of each partition (3 in production)")
    chosen = parser.parse_args()
    try:
        created = asyncio.run(apply(cluster(chosen.bootstrap), replicas=chosen.replicas))
    except TopicsError as error:
        raise SystemExit(str(error)) from None
    print(f"topics are there ({len(created)} created)")


if __name__ == "__main__":
    main()
